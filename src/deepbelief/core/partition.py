"""The exact partition function and model averages of small machines.

A machine with a Bernoulli layer of n units is a mixture of 2ⁿ simple distributions, one for each state of that layer:
the other layer is integrated out by its log-partition. With Gaussian units on both sides the joint distribution is one
multivariate Gaussian, and everything has a closed form at any size.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from deepbelief.core.arrays import Array, like, namespace, product, to_numpy, tree_map
from deepbelief.core.functions import logsumexp
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import Bernoulli

MAX_ENUMERATED_UNITS = 22
_STATES_AT_ONCE = 4096


@dataclass(frozen=True)
class _States:
    """Some states of the enumerated layer, the conditional means of the other, and log(Z p(state)) of each."""

    v: Array
    h: Array
    visible_means: bool
    hidden_means: bool
    log_weight: Array


def log_partition(machine: Machine, parameters: Parameters) -> float:
    """Return log Z = log ∫∫ exp(−E(v, h)) dv dh, exactly.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters

    Returns
    -------
    float
        In nats.

    Raises
    ------
    ValueError
        If no Bernoulli layer is small enough to enumerate, or a Gaussian machine has no finite Z.
    """
    if _enumerated_layer(machine, parameters) is None:
        precision, field = _joint_gaussian(machine, parameters)
        mean = np.linalg.solve(precision, field)
        log_determinant = np.linalg.slogdet(precision)[1]
        return float(field @ mean / 2 + len(field) * math.log(2 * math.pi) / 2 - log_determinant / 2)
    return float(np.logaddexp.reduce([float(logsumexp(part.log_weight)) for part in _states(machine, parameters)]))


def model_statistics(machine: Machine, parameters: Parameters) -> Parameters:
    """Return the exact average of −∂E/∂parameters under the model, shaped like the parameters.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters

    Returns
    -------
    Parameters

    Raises
    ------
    ValueError
        As :func:`log_partition`.
    """
    if _enumerated_layer(machine, parameters) is None:
        return _gaussian_statistics(machine, parameters)
    log_z = log_partition(machine, parameters)
    total = tree_map(lambda leaf: 0 * leaf, parameters)
    for part in _states(machine, parameters):
        share = machine.statistics(
            parameters,
            part.v,
            part.h,
            visible_means=part.visible_means,
            hidden_means=part.hidden_means,
            row_weights=namespace(part.v).exp(part.log_weight - log_z),
        )
        total = tree_map(lambda a, b: a + b, total, share)
    return total


def _enumerated_layer(machine: Machine, parameters: Parameters) -> str | None:
    """Name the smaller Bernoulli layer, or None if both layers are Gaussian."""
    n_visible, n_hidden = parameters.weights.shape
    sizes = {"visible": n_visible, "hidden": n_hidden}
    bernoulli = [name for name in sizes if isinstance(getattr(machine, name), Bernoulli)]
    if not bernoulli:
        return None
    smallest = min(bernoulli, key=lambda name: sizes[name])
    if sizes[smallest] > MAX_ENUMERATED_UNITS:
        raise ValueError(
            f"The exact partition function needs a Bernoulli layer of at most {MAX_ENUMERATED_UNITS} units; "
            f"the {smallest} layer has {sizes[smallest]}."
        )
    return smallest


def _states(machine: Machine, parameters: Parameters) -> Iterator[_States]:
    """Enumerate the smaller Bernoulli layer in blocks that fit in memory."""
    xp = namespace(parameters.weights)
    layer = _enumerated_layer(machine, parameters)
    n_units = parameters.weights.shape[layer == "hidden"]
    bits = np.arange(n_units)
    for start in range(0, 2**n_units, _STATES_AT_ONCE):
        numbers = np.arange(start, min(start + _STATES_AT_ONCE, 2**n_units))
        states = like((numbers[:, None] >> bits) & 1, parameters.weights)
        if layer == "visible":
            log_weight = -machine.free_energy(parameters, states)
            yield _States(states, machine.forward(parameters, states), False, True, log_weight)
        else:
            gamma = machine.visible.log_partition(parameters.visible, product(states, parameters.weights.T))
            log_weight = xp.sum(gamma, axis=-1) - machine.hidden.potential(parameters.hidden, states)
            yield _States(machine.reverse(parameters, states), states, True, False, log_weight)


def _joint_gaussian(machine: Machine, parameters: Parameters) -> tuple[Array, Array]:
    """Return precision matrix and field of the joint Gaussian of (v, h)."""
    weights = to_numpy(parameters.weights).astype(float)
    visible = {name: to_numpy(value).astype(float) for name, value in parameters.visible.items()}
    hidden = {name: to_numpy(value).astype(float) for name, value in parameters.hidden.items()}
    variances = [
        machine.visible.variance(visible, visible["bias"]),
        machine.hidden.variance(hidden, hidden["bias"]),
    ]
    precision = np.block([[np.diag(1 / variances[0]), -weights], [-weights.T, np.diag(1 / variances[1])]])
    if np.linalg.eigvalsh(precision)[0] <= 0:
        raise ValueError(
            "With these weights the Gaussian machine has no distribution (its energy falls without bound); "
            "train with a lower learning rate or more weight decay."
        )
    return precision, np.concatenate([visible["bias"], hidden["bias"]])


def _gaussian_statistics(machine: Machine, parameters: Parameters) -> Parameters:
    """Return the model averages of a machine with Gaussian units on both sides, from its moments."""
    precision, field = _joint_gaussian(machine, parameters)
    covariance = np.linalg.inv(precision)
    mean = covariance @ field
    n_visible = parameters.weights.shape[0]
    second_moments = covariance + np.outer(mean, mean)

    def averages(unit_parameters: dict[str, Array], units: slice) -> dict[str, Array]:
        result = {"bias": mean[units]}
        if "log_precision" in unit_parameters:
            squares = np.diagonal(second_moments)[units]
            result["log_precision"] = -np.exp(to_numpy(unit_parameters["log_precision"])) * squares / 2
        return {name: like(value, unit_parameters[name]) for name, value in result.items()}

    return Parameters(
        weights=like(second_moments[:n_visible, n_visible:], parameters.weights),
        visible=averages(parameters.visible, slice(None, n_visible)),
        hidden=averages(parameters.hidden, slice(n_visible, None)),
    )
