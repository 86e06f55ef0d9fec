"""Rules about the samples of a stack: do its chains mix, do samples resemble the data, and are they copies of rows?

They are for stacks that are meant to be distributions. Limits are far out: that chains of a good machine mix slowly,
or that its samples are somewhat blurred, is no fault.
"""

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.drawing import DrawnRows
from deepbelief.core.finding import Checks, Finding
from deepbelief.core.resemblance import adversarial_accuracy, copied

STAYS_LIMIT = 0.9  # of the spread of chains that is between them
TOLD_LIMIT = 0.99  # AA_truth and AA_syn, both
MEAN_LIMIT = 0.7  # standard deviations by which the means of features are off, root mean squared
COPY_SHARE = 0.25  # of the distance between a row and its neighbour: a sample that is as near to the row is a copy
COPIES_LIMIT = 0.5
FEWEST = 20  # rows: among fewer, there is nothing to be judged
BLANK = 1e-12


def rules(drawn: DrawnRows, rows: np.ndarray) -> Checks:
    """Judge chains and samples of a stack beside rows of data, (n_rows, n_visible).

    Parameters
    ----------
    drawn : DrawnRows
    rows : ndarray, shape (n_rows, n_visible)

    Yields
    ------
    iterator of (bool, Finding)
    """
    data, samples = to_numpy(rows).astype(float), drawn.samples.astype(float)
    varying = data.std(axis=0) > BLANK
    if len(samples) < FEWEST or not varying.any() or not np.isfinite(samples).all():
        return
    data, samples = data[:, varying], samples[:, varying]
    yield from _chains(drawn)
    yield from _unlike(data, samples)
    yield from _copies(data, samples)


def _chains(drawn: DrawnRows) -> Checks:
    yield (
        drawn.stays > STAYS_LIMIT,
        Finding(
            name="chains-do-not-mix",
            where="the samples",
            value=drawn.stays,
            threshold=STAYS_LIMIT,
            evidence=(
                f"after {drawn.mixing.n_steps} sweeps, {drawn.stays:.0%} of the spread of the chains is between those "
                f"that started at different rows (limit {STAYS_LIMIT:.0%})"
            ),
            advice=(
                "Samples say where their chains began, not what was learned: draw with method='tempered', use more "
                "weight decay, or train with gradient='tempered'"
            ),
            source="Gelman & Rubin, Inference from iterative simulation using multiple sequences (1992)",
        ),
    )


def _unlike(data: np.ndarray, samples: np.ndarray) -> Checks:
    accuracy = adversarial_accuracy(data, samples)
    told = min(accuracy.truth, accuracy.synthetic)
    off = float(np.sqrt(np.mean(np.square(samples.mean(axis=0) - data.mean(axis=0)) / data.var(axis=0))))
    yield (
        told > TOLD_LIMIT and off > MEAN_LIMIT,
        Finding(
            name="samples-unlike-data",
            where="the samples",
            value=off,
            threshold=MEAN_LIMIT,
            evidence=(
                f"the means of features are {off:.2g} standard deviations off in samples (limit {MEAN_LIMIT:g}), and "
                f"the nearest neighbour tells samples from rows in {told:.0%} of the cases (limit {TOLD_LIMIT:.0%})"
            ),
            advice=("Chains leave the data and stay away: train with gradient='pcd', and use a lower learning rate"),
            source="Yale et al., Generation and evaluation of privacy preserving synthetic health data (2020)",
        ),
    )


def _copies(data: np.ndarray, samples: np.ndarray) -> Checks:
    share = copied(data, samples, COPY_SHARE)
    yield (
        share > COPIES_LIMIT,
        Finding(
            name="copies-of-rows",
            where="the samples",
            value=share,
            threshold=COPIES_LIMIT,
            evidence=(
                f"{share:.0%} of the samples lie within {COPY_SHARE:g} of the distance from a row to its neighbour "
                f"(limit {COPIES_LIMIT:.0%})"
            ),
            advice="The machine knows rows by heart: use fewer hidden units, fewer passes, or more rows",
            source="Yale et al., Generation and evaluation of privacy preserving synthetic health data (2020)",
        ),
    )
