"""From the flat settings that users type to the values that the core works with."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from deepbelief.core.arrays import Array
from deepbelief.core.gradients import (
    N_REPLICAS,
)
from deepbelief.core.parallel import Group, current_group
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant, Linear, Schedule
from deepbelief.core.units import UNITS, units_named
from deepbelief.errors import ParallelError
from deepbelief.estimators.annotations import MachineSettings, RandomSource, StepSettings
from deepbelief.estimators.tables import MIXED, types_named

if TYPE_CHECKING:
    from deepbelief.estimators.feedforward import FeedForward

Constraints = dict[str, Any]


class _UnitNames(StrOptions):
    """Names of unit types, and what `also` takes besides them."""

    def __init__(self, options: set[str], also: Callable[[str], object]) -> None:
        super().__init__(options)
        self._also = also

    def is_satisfied_by(self, val: object) -> bool:
        return isinstance(val, str) and (val in self.options or self._also(val) is not None)


VISIBLE = [_UnitNames({"auto", MIXED, *UNITS}, types_named)]
HIDDEN = [_UnitNames({name for name, units in UNITS.items() if not units.number}, units_named)]
SEEDS = 100  # rows from whose hidden states `sample` starts
MOST_PASSES = 100  # that "auto" stands for: with hardly any rows, more of them teach nothing new


@dataclass(frozen=True)
class Passes:
    """What ``"auto"`` stands for: `usual` passes over the data, or as many more as it takes to make `steps` steps.

    Parameters
    ----------
    usual : int
        Passes over many rows.
    steps : int, default=0
        The least number of steps.
    """

    usual: int
    steps: int = 0


POSITIVE_INTEGER = [Interval(Integral, 1, None, closed="left")]
EPOCHS = [Interval(Integral, 0, None, closed="left")]
RATE = [Interval(Real, 0, None, closed="neither")]
PENALTY = [Interval(Real, 0, None, closed="left")]
PRECISIONS = [StrOptions({"highest", "high", "medium"})]
SHARE = [Interval(Real, 0, 1, closed="left")]

TRAINING_CONSTRAINTS: Constraints = {
    "learning_rate": [StrOptions({"auto"}), *RATE],
    "learning_rate_schedule": [StrOptions({"constant", "linear"})],
    "batch_size": [StrOptions({"auto"}), *POSITIVE_INTEGER],
    "n_iter": [StrOptions({"auto"}), *EPOCHS],
    "gradient": [StrOptions({"cd", "pcd", "tempered", "exact"})],
    "n_gibbs_steps": [*POSITIVE_INTEGER, tuple, list],
    "sample_everything": ["boolean"],
    "centered": ["boolean"],
    "initial_weight_scale": [StrOptions({"auto"}), *PENALTY],
    "initial_momentum": SHARE,
    "momentum": SHARE,
    "weight_decay": [StrOptions({"auto"}), *PENALTY],
    "optimizer": [StrOptions({"momentum", "adam"})],
    "l1": PENALTY,
    "group_l1": PENALTY,
    "max_norm": [None, *RATE],
    "sparsity_target": [None, *RATE],
    "sparsity_cost": PENALTY,
    "binarize": ["boolean"],
    "n_averaged": EPOCHS,
    "monitor_likelihood": ["boolean"],
    "warm_start": ["boolean"],
    "device": [str],
    "precision": PRECISIONS,
    "verbose": ["verbose"],
    "random_state": ["random_state"],
}


def n_passes(estimator: StepSettings, setting: int | str, automatic: Passes, n_rows: int) -> int:
    """Return the number of passes over the data.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    setting : int or "auto"
        What the user asks for.
    automatic : Passes
        What ``"auto"`` means.
    n_rows : int
        The number of rows.

    Returns
    -------
    int
    """
    if not isinstance(setting, str):
        return setting
    steps_in_pass = -(-n_rows // training_group(estimator, n_rows)[1])
    return max(automatic.usual, min(MOST_PASSES, -(-automatic.steps // steps_in_pass)))


def seed_rows(rows: Rows, streams: RandomStreams) -> Array:
    """Return rows drawn at random, at most a hundred: (n_seeds, n_features).

    Parameters
    ----------
    rows : Rows
    streams : RandomStreams

    Returns
    -------
    array, shape (n_seeds, n_features)
    """
    order = streams.stream("seeds").permutation(len(rows))
    return rows.take(np.sort(order[:SEEDS]))


def layer_sizes(setting: object) -> tuple[int, ...]:
    """Return `hidden_layer_sizes` as a tuple, or refuse it in a sentence.

    Parameters
    ----------
    setting : int or sequence of int
        The setting ``hidden_layer_sizes``.

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError
        If it is not one or more positive integers.
    """
    sizes = np.atleast_1d(np.asarray(setting, dtype=object))
    if sizes.ndim != 1 or not len(sizes) or not all(is_size(n) for n in sizes):
        raise ValueError(
            f"hidden_layer_sizes must be one or more positive integers, such as (500, 500); got {setting!r}."
        )
    return tuple(int(n) for n in sizes)


def is_size(n: object) -> bool:
    """Tell whether something is a positive whole number.

    Parameters
    ----------
    n : object

    Returns
    -------
    bool
    """
    return isinstance(n, int | np.integer) and not isinstance(n, bool) and int(n) > 0


def require_count(name: str, value: object) -> None:
    """Refuse what is no positive whole number.

    Parameters
    ----------
    name : str
        What messages call it.
    value : object

    Raises
    ------
    ValueError
        If `value` is not a positive whole number.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}.")


def schedule(rate: float, kind: str, n_epochs: int, done: int) -> Schedule:
    """Return the schedule of a learning rate: constant, or linearly falling to zero over the `n_epochs` after `done`.

    Parameters
    ----------
    rate : float
        Learning rate at the beginning.
    kind : {"constant", "linear"}
    n_epochs, done : int
        Passes to come, and passes made before.

    Returns
    -------
    callable
        Takes the time in epochs, returns the learning rate.
    """
    return Linear(rate, 0.0, max(n_epochs, 1), begin=done) if kind == "linear" else Constant(rate)


def batch_size(setting: int | str, n_rows: int) -> int:
    """Return the number of rows in one step.

    ``"auto"`` is 100, less where an epoch would have fewer than 50 steps, but never below 10.

    Parameters
    ----------
    setting : int or "auto"
        What the user asks for.
    n_rows : int
        The number of rows.

    Returns
    -------
    int
    """
    return min(100, max(10, n_rows // 50)) if isinstance(setting, str) else setting


def training_group(estimator: StepSettings, n_rows: int) -> tuple[Group, int]:
    """Return the processes that an estimator trains with, and the rows of a step, of which each has an equal share.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    n_rows : int
        The number of rows.

    Returns
    -------
    group : Group
    batch_size : int
        Rows of a step, over all processes.

    Raises
    ------
    ParallelError
        If the shares cannot be equal, or the processes would not draw the same numbers.
    """
    group, size = current_group(), batch_size(estimator.batch_size, n_rows)
    rounded = -(-size // group.size) * group.size
    if rounded != size and not isinstance(estimator.batch_size, str):
        raise ParallelError(
            f"{group.size} processes cannot have equal shares of batches of {size} rows; set the batch size to a "
            f"multiple of {group.size}, such as {rounded}."
        )
    if group.size > 1 and not isinstance(estimator.random_state, Integral):
        raise ParallelError(
            f"{group.size} processes train one model, so they must draw the same numbers: set random_state to an "
            f"integer (got {estimator.random_state!r})."
        )
    return group, rounded


def n_chains(estimator: "MachineSettings | FeedForward", n_rows: int) -> int:
    """Return the number of persistent chains: the rows of a step, even where there are fewer; 0 if there are none.

    Replicas at several temperatures count as so many chains.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    n_rows : int
        The number of rows.

    Returns
    -------
    int
    """
    return training_group(estimator, n_rows)[1] * {"pcd": 1, "tempered": N_REPLICAS}.get(estimator.gradient, 0)


def random_streams(random_state: RandomSource) -> RandomStreams:
    """Return the random streams for scikit-learn's `random_state`: an int, a RandomState, or None for a new seed.

    Parameters
    ----------
    random_state : int, RandomState instance or None

    Returns
    -------
    RandomStreams
    """
    if isinstance(random_state, Integral):
        return RandomStreams(int(random_state))
    return RandomStreams(int(check_random_state(random_state).randint(np.iinfo(np.int32).max)))
