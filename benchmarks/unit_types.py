"""Unit types on data of which is known what there is to find: a Potts model, topics, a table; and what a step costs.

``python benchmarks/unit_types.py [potts topics table speed]`` writes ``results/unit_types.json``, one entry for each;
entries that are not asked for stay as they are.
"""

import argparse
import json
import statistics
import time
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from deepbelief import RBM
from deepbelief.core.gauge import zero_sum
from deepbelief.core.gradients import ContrastiveDivergence, PersistentContrastiveDivergence
from deepbelief.core.optimizers import Constant, sgd
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.training import start, train
from deepbelief.core.units import UNITS, units_named

RESULTS = Path(__file__).parent / "results" / "unit_types.json"
SEEDS = (0, 1, 2)

# --- a Potts model ----------------------------------------------------------------------------------------------------

N_SITES, N_STATES, N_CONTACTS, RANK, N_SAMPLES, N_SWEEPS = 30, 21, 40, 2, 40_000, 200
STRENGTH = 0.7


def planted_potts(rng):
    """Return couplings (n_sites, n_sites, n_states, n_states) in the zero-sum gauge, fields, and samples of the model.

    40 of the 435 pairs are coupled, each by a random matrix of rank 2. Samples come from Gibbs chains that start at
    random, all sites in turn, 200 times.
    """
    couplings = np.zeros((N_SITES, N_SITES, N_STATES, N_STATES))
    pairs = [(i, j) for i in range(N_SITES) for j in range(i)]
    contacts = [pairs[k] for k in rng.choice(len(pairs), N_CONTACTS, replace=False)]
    for i, j in contacts:
        left, right = rng.normal(size=(2, N_STATES, RANK))
        coupling = STRENGTH * (left - left.mean(axis=0)) @ (right - right.mean(axis=0)).T / RANK**0.5
        couplings[i, j], couplings[j, i] = coupling, coupling.T
    fields = rng.normal(0, 0.3, (N_SITES, N_STATES))
    x = rng.integers(N_STATES, size=(N_SAMPLES, N_SITES))
    neighbours = [[j for j in range(N_SITES) if couplings[i, j].any()] for i in range(N_SITES)]
    for _ in range(N_SWEEPS):
        for i in range(N_SITES):
            field = fields[i] + sum((couplings[j, i][x[:, j]] for j in neighbours[i]), np.zeros((N_SAMPLES, N_STATES)))
            x[:, i] = (field + rng.gumbel(size=field.shape)).argmax(axis=1)
    return couplings, fields, x


def couplings_of(rbm):
    """Return the couplings of a machine with Gaussian hidden units, in the zero-sum gauge.

    With these units summed out, log p(v) is a Potts model with the couplings W Wᵀ, exactly.
    """
    parameters = zero_sum(rbm._machine(), rbm._parameters())
    order = np.concatenate([np.arange(columns.start, columns.stop) for columns in rbm._scaling.columns])
    weights = parameters.weights[order].reshape(N_SITES, N_STATES, -1)
    return np.einsum("iah,jbh->ijab", weights, weights)


def potts(seed):
    """Return how well the couplings of all pairs, and those of the coupled ones, are recovered."""
    couplings, _, x = planted_potts(np.random.default_rng(seed))
    rbm = RBM(
        POTTS_HIDDEN,
        visible="categorical",
        hidden="gaussian",
        n_iter=POTTS_PASSES,
        batch_size=100,
        learning_rate=POTTS_RATE,
        learning_rate_schedule="linear",
        weight_decay=POTTS_DECAY,
        random_state=seed,
    ).fit(x)
    found = couplings_of(rbm)
    above = np.triu_indices(N_SITES, 1)
    true, found = couplings[above], found[above]
    coupled = np.abs(true).sum(axis=(1, 2)) > 0
    strongest = np.argsort(-np.linalg.norm(found, axis=(1, 2)))[:N_CONTACTS]
    return {
        "correlation": float(np.corrcoef(true.ravel(), found.ravel())[0, 1]),
        "correlation_of_the_coupled": float(np.corrcoef(true[coupled].ravel(), found[coupled].ravel())[0, 1]),
        "contacts_among_the_strongest": float(coupled[strongest].mean()),
    }


POTTS_HIDDEN, POTTS_PASSES, POTTS_RATE, POTTS_DECAY = 100, 30, 0.02, 1e-3
