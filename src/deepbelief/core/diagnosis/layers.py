"""Rules about the weights and the hidden units of one layer: are they of use?"""

import numpy as np

from deepbelief.core.arrays import namespace, to_numpy
from deepbelief.core.diagnosis.evidence import Evidence
from deepbelief.core.finding import GUIDE, Checks, Finding
from deepbelief.core.units import UnitParameters, Units

OFF, ON = 0.01, 0.99  # beyond these a probability counts as off, or on
FLAT = 1e-3  # mean slope below which a binary unit hardly answers to a change of its input; 0.25 is the steepest
RARE = 0.05  # a unit that is on, or off, for so few rows has its slope where there are none
STILL = 1e-6  # of its own standard deviation: a real-valued unit whose mean varies by less does not vary at all
ALIKE = 0.999  # |cosine| above which two units have the same weights
FEW_FEATURES = 6  # among fewer, many units must point the same way
UNITS_LIMIT = 0.1  # a unit lost here and there is normal: this share is not
WEIGHT_LIMIT = 50.0
PAIRS_AT_ONCE = 2**22  # of units, compared with each other

_NOTHING = "They learn nothing any more: use a lower learning rate"
_BIASES = "They are mere biases: use a lower learning rate"
_NO_GRADIENT = "Their gradient vanishes: use a lower learning rate, more weight decay, or inputs of smaller range"
_SAME_WORK = "They do the same work: use initial weights that are random and not too small, or fewer hidden units"


def large_weights(evidence: Evidence, limit: float = WEIGHT_LIMIT) -> Checks:
    """Judge the size of the weights, in standard deviations of the units where these are real-valued.

    The deviation of hidden units is the one on the rows: without input, some would have means that no row leads to.

    Parameters
    ----------
    evidence : Evidence
        What the layer makes of some rows.
    limit : float, default=WEIGHT_LIMIT

    Yields
    ------
    is_over : bool
        Whether the limit was passed.
    finding : Finding
    """
    machine, parameters = evidence.layer.machine, evidence.layer.parameters
    visible = _deviation(machine.visible, parameters.visible)
    hidden = _width(machine.hidden) if machine.hidden.is_bounded else evidence.slopes() ** 0.5
    largest = float(abs(evidence.weights * np.reshape(visible, (-1, 1)) * hidden).max())
    yield (
        largest > limit,
        Finding(
            name="exploding-weights",
            where=evidence.where,
            value=largest,
            threshold=limit,
            evidence=f"the largest weight is {largest:.3g} (limit {limit:g})",
            advice="Training ran away: use a lower learning rate, and inputs in [0, 1] or of about unit variance",
            source=f"{GUIDE}, §7",
        ),
    )


def _deviation(units: Units, parameters: UnitParameters) -> float | np.ndarray:
    """Return the standard deviation of units without input; of bounded ones the width of their range."""
    if units.is_bounded:
        return _width(units)
    nothing = namespace(parameters["bias"]).zeros_like(parameters["bias"])[None, :]
    return to_numpy(units.variance(parameters, nothing))[0].astype(float) ** 0.5


def _width(units: Units) -> float:
    return units.bounds[1] - units.bounds[0]


def stuck_units(evidence: Evidence, limit: float = UNITS_LIMIT) -> Checks:
    """Judge whether the hidden units respond to the rows; `limit` is the share of them that need not.

    Parameters
    ----------
    evidence : Evidence
        What the layer makes of some rows.
    limit : float, default=UNITS_LIMIT

    Yields
    ------
    is_over : bool
        Whether the limit was passed.
    finding : Finding
    """
    if not evidence.layer.machine.hidden.is_bounded:
        still = evidence.hidden.std(axis=0) < STILL * np.sqrt(evidence.slopes())
        yield _share_of_units(evidence, "dead-hidden-units", still, "have the same mean for every row", limit, _NOTHING)
        return
    dead, always_on = _dead(evidence), _always_on(evidence)
    off = f"are off for every row (probability below {OFF:g})"
    on = f"are on for every row (probability above {ON:g})"
    yield _share_of_units(evidence, "dead-hidden-units", dead, off, limit, _NOTHING)
    yield _share_of_units(evidence, "always-on-hidden-units", always_on, on, limit, _BIASES)


def saturated_units(evidence: Evidence) -> Checks:
    """Judge whether the hidden units answer to small changes; unbounded ones always do.

    Parameters
    ----------
    evidence : Evidence
        What the layer makes of some rows.

    Yields
    ------
    iterator of (bool, Finding)
    """
    units = evidence.layer.machine.hidden
    if units.is_bounded:
        mean = _shares(evidence).mean(axis=0)
        is_rare = np.minimum(mean, 1 - mean) < RARE
        width = units.bounds[1] - units.bounds[0]
        saturated = (evidence.slopes() < FLAT * width**2) & ~is_rare & ~_dead(evidence) & ~_always_on(evidence)
        what = f"switch hard between {units.bounds[0]:g} and {units.bounds[1]:g} (mean slope below {FLAT:g})"
        yield _share_of_units(evidence, "saturated-hidden-units", saturated, what, UNITS_LIMIT, _NO_GRADIENT)


def _dead(evidence: Evidence) -> np.ndarray:
    return _shares(evidence).max(axis=0) < OFF


def _always_on(evidence: Evidence) -> np.ndarray:
    return _shares(evidence).min(axis=0) > ON


def _shares(evidence: Evidence) -> np.ndarray:
    """Return the means of bounded hidden units as shares of their range: (n_rows, n_hidden)."""
    low, high = evidence.layer.machine.hidden.bounds
    return (evidence.hidden - low) / (high - low)


def duplicates(evidence: Evidence) -> Checks:
    """Judge whether several hidden units have learned the same feature.

    Parameters
    ----------
    evidence : Evidence
        What the layer makes of some rows.

    Yields
    ------
    is_over : bool
        Whether the limit was passed.
    finding : Finding
    """
    if evidence.weights.shape[0] < FEW_FEATURES:
        return
    unit = evidence.weights / np.maximum(np.linalg.norm(evidence.weights, axis=0), np.finfo(float).tiny)
    alike = _largest_cosines(unit) > ALIKE
    what = f"have the weights of another unit (|cosine| above {ALIKE:g})"
    yield _share_of_units(evidence, "duplicate-hidden-units", alike, what, UNITS_LIMIT, _SAME_WORK, "§8")


def _largest_cosines(unit: np.ndarray) -> np.ndarray:
    """Return the largest |cosine| of each column with another one; not all at once, for which memory may lack room."""
    n_units = unit.shape[1]
    at_once, largest = max(1, PAIRS_AT_ONCE // n_units), np.empty(n_units)
    for first in range(0, n_units, at_once):
        cosines = abs(unit[:, first : first + at_once].T @ unit)
        np.fill_diagonal(cosines[:, first:], 0)
        largest[first : first + at_once] = cosines.max(axis=1)
    return largest


def _share_of_units(
    evidence: Evidence, name: str, units: np.ndarray, what: str, limit: float, advice: str, section: str = "§16.1"
) -> tuple[bool, Finding]:
    share = float(units.mean())
    return share > limit, Finding(
        name=name,
        where=evidence.where,
        value=share,
        threshold=limit,
        evidence=f"{int(units.sum())} of {len(units)} hidden units {what}; the limit is {limit:.0%}",
        advice=advice,
        source=f"{GUIDE}, {section}",
    )
