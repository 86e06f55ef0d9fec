"""How probable data are under a model; its partition function is exact, or estimated by annealing both ways."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepbelief.core.annealing import PartitionEstimate
from deepbelief.errors import DataError, ModelError
from deepbelief.estimators import RBM
from deepbelief.estimators.fitted import net_of
from deepbelief.experiment.opening import Estimator, open_data_for, open_machines
from deepbelief.experiment.sources import naming

ERRORS_APART = 3.0  # standard errors by which estimates may differ and still agree
NATS_APART = 1.0  # and nats
N_UNLIKELY = 10  # rows that are named because hardly any others are like them


@dataclass(frozen=True)
class Likelihood:
    """The log-likelihood of data under a machine, in nats.

    Parameters
    ----------
    mean_log_likelihood : float
        Over rows; with the exact log Z, or with the estimate on the way up with twice the temperatures.
    standard_error : float
        Of that mean, for the choice of the rows alone.
    n_rows : int
        Rows that were measured.
    log_partition : tuple of PartitionEstimate
        The exact one, or four estimates: up and down, and up and down with twice the temperatures.
    agrees : bool
        Whether all of them say the same, as far as their errors go.
    verdict : str
        The same in a sentence.
    n_left_out : int
        Rows in which something is missing: of them it cannot be said how probable they are.
    """

    mean_log_likelihood: float
    standard_error: float
    n_rows: int
    log_partition: tuple[PartitionEstimate, ...]
    agrees: bool
    verdict: str
    n_left_out: int = 0


@dataclass(frozen=True)
class Scores:
    """How likely a model finds rows, the least likely first.

    Parameters
    ----------
    rows : list of int
        The number of each row in the data, the first being 1.
    scores : list of float
        In nats.
    measure : {"log_likelihood", "minus_free_energy"}
        The second is the first less a constant that is not known.
    n_left_out : int
        Rows in which something is missing: of them it cannot be said how likely they are.
    """

    rows: list[int]
    scores: list[float]
    measure: str
    n_left_out: int = 0


def likelihood(model: Path, data: str, seed: int = 0) -> Likelihood:
    """Measure how probable data are under a model.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run: of one machine.
    data : str
        See :func:`deepbelief.datasets.load`.
    seed : int
        Of the chains.

    Returns
    -------
    Likelihood
        In nats.

    Raises
    ------
    DataError, ModelError
        If either cannot be used, they do not fit together, or the model has no likelihood that can be computed.
    """
    estimator = open_machines(model)
    rbm = the_machine(estimator, model)
    images = open_data_for(estimator, model, data, with_target=False).images
    whole = ~np.isnan(images).any(axis=1)
    if not whole.any():
        raise DataError(
            f"{data}: something is missing in every row, and how probable a row is can be said of whole rows only; "
            "fill them with impute"
        )
    images = images[whole]
    with naming(data):
        energies = rbm.free_energy(images)
    first = rbm.log_partition(random_state=seed, X=images)
    estimates, n_temperatures = [first], first.n_temperatures
    if first.method != "exact":
        for method, n in (
            ("reverse-ais", n_temperatures),
            ("ais", 2 * n_temperatures),
            ("reverse-ais", 2 * n_temperatures),
        ):
            estimates.append(rbm.log_partition(method, n_temperatures=n, random_state=seed, X=images))
    best = first if len(estimates) == 1 else estimates[2]
    agrees, verdict = _judged(estimates)
    values = -energies - best.value
    return Likelihood(
        mean_log_likelihood=float(np.mean(values)),
        standard_error=float(np.std(values) / math.sqrt(len(values))),
        n_rows=len(values),
        log_partition=tuple(estimates),
        agrees=agrees,
        verdict=verdict,
        n_left_out=int((~whole).sum()),
    )


def score(model: Path, data: str) -> Scores:
    """Rank rows by how likely a model finds them, the least likely first.

    Of a machine whose partition function can be enumerated this is the log-likelihood. Of others it is −F(v), which
    ranks rows in the same way; of a net with several layers, that of its bottom machine.

    Parameters
    ----------
    model : Path
    data : str
        See :func:`deepbelief.datasets.load`.

    Returns
    -------
    Scores

    Raises
    ------
    DataError, ModelError
        If either cannot be used, or they do not fit together.
    """
    estimator = open_machines(model)
    images = open_data_for(estimator, model, data, with_target=False).images
    if _lengths_differ(estimator, images):
        raise DataError(
            f"{data}: documents of different lengths cannot be ranked by likelihood, as each length has a partition "
            "function of its own; rank them with --by reconstruction"
        )
    if np.isnan(images).any(axis=1).all():
        raise DataError(
            f"{data}: something is missing in every row, and how likely a row is can be said of whole rows only; fill "
            "them with impute, or rank them with --by reconstruction"
        )
    with naming(data):
        return ranked(estimator, images)


def ranked(estimator: Estimator, images: np.ndarray) -> Scores:
    """Rank rows by how likely an estimator finds them, see :func:`score`. Rows with holes are left out.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    images : ndarray of shape (n_rows, n_features)
        At least one of them is whole.

    Returns
    -------
    Scores
    """
    whole = np.flatnonzero(~np.isnan(images).any(axis=1))
    n_left_out = len(images) - len(whole)
    images = images[whole] if n_left_out else images
    rbm = machines_of(estimator)[0]
    is_known = len(machines_of(estimator)) == 1 and rbm.has_exact_partition
    values = rbm.log_likelihood(images) if is_known else -rbm.free_energy(images)
    order = np.argsort(values, kind="stable")
    return Scores(
        rows=(whole[order] + 1).tolist(),
        scores=values[order].tolist(),
        measure="log_likelihood" if is_known else "minus_free_energy",
        n_left_out=n_left_out,
    )


def least_likely(estimator: Estimator, images: np.ndarray) -> Scores | None:
    """Return the rows that an estimator finds least likely, of those in which nothing is missing; None if none is.

    Of a row with holes it cannot be said how likely it is, nor which of two documents of different lengths is likelier.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    images : ndarray of shape (n_rows, n_features)

    Returns
    -------
    Scores or None
    """
    if np.isnan(images).any(axis=1).all() or _lengths_differ(estimator, images):
        return None
    found = ranked(estimator, images)
    return replace(found, rows=found.rows[:N_UNLIKELY], scores=found.scores[:N_UNLIKELY])


def machines_of(estimator: Estimator) -> list[RBM]:
    """Return the RBMs of a model, from the bottom up; of a classifier those that pretraining left.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor

    Returns
    -------
    list of RBM
    """
    net: Any = net_of(estimator)
    return list(getattr(net, "rbms_", [net]))


def the_machine(estimator: Estimator, model: Path) -> RBM:
    """Return the only RBM of a model.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    model : Path
        A model file, or the directory of a run.

    Returns
    -------
    RBM

    Raises
    ------
    ModelError
        If there are several.
    """
    machines = machines_of(estimator)
    if len(machines) > 1:
        raise ModelError(
            f"{model}: this net has {len(machines)} layers, and of a deep belief net no likelihood can be computed, "
            "as its lower layers would have to be summed out; train one with a single layer, or rank rows with score"
        )
    return machines[0]


def _lengths_differ(estimator: Estimator, images: np.ndarray) -> bool:
    """Tell whether rows are documents of different lengths."""
    is_of_documents = machines_of(estimator)[0].visible_ == "replicated-softmax"
    return is_of_documents and len(np.unique(images.sum(axis=1))) > 1


def _judged(estimates: list[PartitionEstimate]) -> tuple[bool, str]:
    """Tell whether estimates agree, and say it in a sentence."""
    if len(estimates) == 1:
        return True, "The partition function is exact, by enumeration."
    up, down, more_up, more_down = estimates
    doubt = more_up.doubt or more_down.doubt
    if doubt:
        return False, doubt
    for one, other, what in (
        (more_up, more_down, "The two directions"),
        (up, more_up, "On the way up, the estimates with once and twice the temperatures"),
        (down, more_down, "On the way down, the estimates with once and twice the temperatures"),
    ):
        apart, error = abs(one.value - other.value), math.hypot(one.standard_error, other.standard_error)
        if apart > min(ERRORS_APART * error, NATS_APART):
            return False, (
                f"{what} disagree: they are {apart:.2f} nats apart, with a standard error of {error:.2f}; the chains "
                "have not met all of the distribution, so trust none of the estimates to better than that."
            )
    apart = abs(more_up.value - more_down.value)
    return True, f"Both directions agree, to {apart:.2f} nats, and so do once and twice the temperatures."
