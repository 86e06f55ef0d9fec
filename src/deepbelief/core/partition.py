"""The exact partition function and model averages of small machines.

A machine with a layer of finitely many states is a mixture of as many simple distributions, one for each state of that
layer: the other layer is integrated out by its log-partition. With Gaussian units on both sides the joint distribution
is one multivariate Gaussian, and everything has a closed form at any size.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from deepbelief.core.arrays import Array, like, namespace, to_numpy
from deepbelief.core.functions import logsumexp
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.trees import tree_map
from deepbelief.core.units import Activity, Units

MAX_STATES = 2**22
NO_DISTRIBUTION = (
    "With these weights the machine has no distribution (its energy falls without bound); train with a lower learning "
    "rate or more weight decay."
)
_STATES_AT_ONCE = 4096


@dataclass(frozen=True)
class _States:
    """Some states of the enumerated layer, the conditional means of the other, and log(Z p(state)) of each."""

    visible: Activity
    hidden: Activity
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
        If no layer has few enough states to enumerate, or a Gaussian machine has no finite Z.
    """
    if _enumerated_layer(machine, parameters) is None:
        precision, field = _joint_gaussian(machine, parameters)
        mean = np.linalg.solve(precision, field)
        log_determinant = np.linalg.slogdet(precision)[1]
        return float(field @ mean / 2 + len(field) * math.log(2 * math.pi) / 2 - log_determinant / 2)
    return float(np.logaddexp.reduce([float(logsumexp(part.log_weight)) for part in _states(machine, parameters)]))


def has_exact_partition(machine: Machine, parameters: Parameters) -> bool:
    """Tell whether :func:`log_partition` can do without an estimate.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters

    Returns
    -------
    bool
    """
    return fewest_states(machine, parameters) <= MAX_STATES or _precisions(machine, parameters) is not None


def fewest_states(machine: Machine, parameters: Parameters) -> float:
    """Return the number of states of the layer that has fewer, infinite if neither layer can be enumerated.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters

    Returns
    -------
    float
    """
    return min(_counts(machine, parameters).values())


def require_distribution(machine: Machine, parameters: Parameters) -> None:
    """Refuse Gaussian machines whose partition function is infinite.

    Other machines without a distribution are noticed only when their chains grow without bound.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters

    Raises
    ------
    ValueError
        If the precision matrix of (v, h) is not positive definite.
    """
    if _precisions(machine, parameters) is not None:
        _joint_gaussian(machine, parameters)


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
            part.visible,
            part.hidden,
            row_weights=namespace(part.log_weight).exp(part.log_weight - log_z),
        )
        total = tree_map(lambda a, b: a + b, total, share)
    return total


def n_states(units: Units, n_units: int) -> float:
    """Return how many states a layer has; infinity if they are not finitely many.

    Parameters
    ----------
    units : Units
    n_units : int
        The number of units in the layer.

    Returns
    -------
    float
    """
    sites = units.sites(n_units)
    return math.inf if sites is None else math.prod(len(values) for values in sites)


def _enumerated_layer(machine: Machine, parameters: Parameters) -> str | None:
    """Name the layer with fewer states, or None if both layers are Gaussian."""
    n_visible, n_hidden = parameters.weights.shape
    counts = _counts(machine, parameters)
    smallest = min(counts, key=lambda name: counts[name])
    if counts[smallest] <= MAX_STATES:
        return smallest
    if _precisions(machine, parameters) is not None:
        return None
    n_units = {"visible": n_visible, "hidden": n_hidden}[smallest]
    found = (
        "neither layer has" if math.isinf(counts[smallest]) else f"the {smallest} layer, of {n_units} units, has not"
    )
    raise ValueError(
        f"The exact partition function needs a layer of at most {MAX_STATES:,} states, which is at most "
        f"{int(math.log2(MAX_STATES))} units of two states each; {found}."
    )


def _counts(machine: Machine, parameters: Parameters) -> dict[str, float]:
    """Return the number of states of either layer."""
    n_visible, n_hidden = parameters.weights.shape
    return {"visible": n_states(machine.visible, n_visible), "hidden": n_states(machine.hidden, n_hidden)}


def _precisions(machine: Machine, parameters: Parameters) -> tuple[Array, Array] | None:
    """Return γ of both layers, if both are Gaussian."""
    visible, hidden = machine.visible.precision(parameters.visible), machine.hidden.precision(parameters.hidden)
    return None if visible is None or hidden is None else (visible, hidden)


def all_states(units: Units, n_units: int, other: Array) -> Array:
    """Return all states of a layer, the first site changing fastest, as an array like `other`: (n_states, n_units).

    Parameters
    ----------
    units : Units
    n_units : int
        The number of units in the layer.
    other : array
        An array of the library, on the device and with the dtype wanted.

    Returns
    -------
    array, shape (n_states, n_units)

    Examples
    --------
    >>> import numpy as np
    >>> from deepbelief.core.partition import all_states
    >>> from deepbelief.core.units import Bernoulli
    >>> all_states(Bernoulli(), 2, np.zeros(0)).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    """
    sites = units.sites(n_units) or []
    return like(_decoded(np.arange(math.prod(len(values) for values in sites)), sites), other)


def _states(machine: Machine, parameters: Parameters) -> Iterator[_States]:
    """Enumerate the layer with fewer states, in blocks that fit in memory."""
    xp = namespace(parameters.weights)
    layer = _enumerated_layer(machine, parameters)
    units = machine.visible if layer == "visible" else machine.hidden
    sites = units.sites(parameters.weights.shape[layer == "hidden"]) or []
    total = math.prod(len(values) for values in sites)
    for start in range(0, total, _STATES_AT_ONCE):
        numbers = np.arange(start, min(start + _STATES_AT_ONCE, total))
        states = like(_decoded(numbers, sites), parameters.weights)
        if layer == "visible":
            inputs = machine.hidden_inputs(parameters, states)
            log_weight = -machine.free_energy(parameters, states)
            yield _States(Activity(states), machine.hidden.activity(parameters.hidden, inputs), log_weight)
        else:
            inputs = machine.visible_inputs(parameters, states)
            gamma = machine.visible.log_partition(parameters.visible, inputs)
            log_weight = xp.sum(gamma, axis=-1) - machine.hidden.potential(parameters.hidden, states)
            yield _States(machine.visible.activity(parameters.visible, inputs), Activity(states), log_weight)


def _decoded(numbers: np.ndarray, sites: Sequence[np.ndarray]) -> np.ndarray:
    """Return the states with these numbers, the first site changing fastest: (n_states, n_units)."""
    columns = []
    for values in sites:
        columns.append(values[numbers % len(values)])
        numbers = numbers // len(values)
    return np.concatenate(columns, axis=1)


def _joint_gaussian(machine: Machine, parameters: Parameters) -> tuple[Array, Array]:
    """Return precision matrix and field of the joint Gaussian of (v, h)."""
    weights = to_numpy(parameters.weights).astype(float)
    visible: dict[str, Array] = {name: to_numpy(value).astype(float) for name, value in parameters.visible.items()}
    hidden: dict[str, Array] = {name: to_numpy(value).astype(float) for name, value in parameters.hidden.items()}
    precisions = _precisions(machine, Parameters(weights, visible, hidden))
    assert precisions is not None  # all other machines have been refused
    precision = np.block([[np.diag(precisions[0]), -weights], [-weights.T, np.diag(precisions[1])]])
    if np.linalg.eigvalsh(precision)[0] <= 0:
        raise ValueError(NO_DISTRIBUTION)
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
