"""What estimators take, as annotations say it; docstrings say more."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike

# An integer seed, a generator, NumPy's older one, or None for other numbers each time.
RandomSource = int | np.integer | np.random.Generator | np.random.RandomState | None
GibbsSteps = int | Sequence[int]  # in every pass, or in the first and in the last one
RowWeights = ArrayLike | None  # a number of at least 0 for each row; None if all rows count the same
Targets = ArrayLike | None  # what is to be predicted of each row; also a DataFrame
SparseMatrix: TypeAlias = scipy.sparse.sparray | scipy.sparse.spmatrix  # of any format
# Rows as users hand them over, not checked yet: arrays, lists, DataFrames of pandas and others, sparse matrices.
Data: TypeAlias = ArrayLike | SparseMatrix
# Rows that were checked: finite numbers, and NaN for what is not known.
Matrix: TypeAlias = np.ndarray | scipy.sparse.csr_array | scipy.sparse.csr_matrix


class StepSettings(Protocol):
    """The settings that say which rows one step of training takes."""

    batch_size: int | str
    random_state: RandomSource


class MachineSettings(StepSettings, Protocol):
    """The settings that machines are trained by: those of an RBM, and of a net, which hands them to its layers."""

    learning_rate: float | str
    learning_rate_schedule: str
    gradient: str
    n_gibbs_steps: GibbsSteps
    sample_everything: bool
    centered: bool
    initial_weight_scale: float | str
    initial_momentum: float
    momentum: float
    weight_decay: float | str
    optimizer: str
    l1: float
    group_l1: float
    max_norm: float | None
    sparsity_target: float | None
    sparsity_cost: float
    binarize: bool
    n_averaged: int
    monitor_likelihood: bool
    precision: str
