"""What is measured of a machine after each epoch: reconstructions, free energies, the likelihood, singular values."""

import warnings

import numpy as np

from deepbelief.core.arrays import Array, cast, namespace, to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.holes import completed
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.trajectory import Trajectory
from deepbelief.core.units.base import average

N_SINGULAR_VALUES = 5  # of the weights, that are measured


def reconstruction_error(machine: Machine, parameters: Parameters, batch: Batch) -> float:
    """Return the mean over all known values of (v − E[v | E[h | v]])².

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    batch : Batch

    Returns
    -------
    float
    """
    return _measured(machine, parameters, batch)[0]


def _measured(machine: Machine, parameters: Parameters, batch: Batch) -> tuple[float, Array]:
    """Return the reconstruction error, and the free energy of each row with its holes filled in."""
    v = completed(machine, parameters, batch)
    squares = (batch.v - machine.reconstruct(parameters, v)) ** 2
    counted = namespace(v).ones_like(v) if batch.mask is None else cast(batch.mask, v)
    if batch.weights is not None:
        counted = counted * batch.weights[:, None]
    return float((squares * counted).sum() / counted.sum()), machine.free_energy(parameters, v)


def measured(machine: Machine, parameters: Parameters, monitored: Batch, validation: Batch | None) -> dict[str, float]:
    """Return what is measured of a machine after a pass.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    monitored : Batch
        Rows learned from.
    validation : Batch or None
        Rows held out.

    Returns
    -------
    dict of float
        By name; see :func:`~deepbelief.core.training.train`.
    """
    # What is not finite is reported by the caller; a learned precision can underflow to 0 just before.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        error, energies = _measured(machine, parameters, monitored)
        mean = average(energies, monitored.relative_shares)
        metrics = {
            "reconstruction_error": error,
            "free_energy": float(mean),
            "free_energy_spread": float(average((energies - mean) ** 2, monitored.relative_shares) ** 0.5),
        }
        if validation is not None:
            error, energies = _measured(machine, parameters, validation)
            metrics["validation_reconstruction_error"] = error
            metrics["validation_free_energy"] = float(average(energies, validation.relative_shares))
            metrics["free_energy_gap"] = metrics["validation_free_energy"] - metrics["free_energy"]
    return metrics


def likelihoods(metrics: dict[str, float], trajectory: Trajectory, *, lost: bool) -> dict[str, float]:
    """Return mean log-likelihoods, from mean free energies and the partition function; none where that is lost.

    Parameters
    ----------
    metrics : dict of float
        What :func:`measured` returned.
    trajectory : Trajectory
    lost : bool
        Whether the partition function was lost in this pass.

    Returns
    -------
    dict of float
        In nats, by name.
    """
    if lost:
        warnings.warn(
            "The log-likelihood is no longer measured: with these weights the machine has no distribution; train with "
            "a lower learning rate or more weight decay.",
            UserWarning,
            stacklevel=2,
        )
    if trajectory.is_lost:
        return {}
    names = {"log_likelihood": "free_energy", "validation_log_likelihood": "validation_free_energy"}
    found = {name: -metrics[energy] - trajectory.value for name, energy in names.items() if energy in metrics}
    return {"log_partition": trajectory.value} | found


def singular_values(parameters: Parameters) -> dict[str, float]:
    """Return the largest singular values of the weights, `N_SINGULAR_VALUES` of them, under names.

    Parameters
    ----------
    parameters : Parameters

    Returns
    -------
    dict of float
    """
    weights = to_numpy(parameters.weights).astype(float)
    smaller = weights @ weights.T if weights.shape[0] <= weights.shape[1] else weights.T @ weights
    values = np.sqrt(np.clip(np.linalg.eigvalsh(smaller)[::-1][:N_SINGULAR_VALUES], 0, None))
    return {f"singular_value_{number}": float(value) for number, value in enumerate(values, start=1)}
