"""Rules about one layer: are its units of use, and does what comes down resemble what went up?"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.finding import GUIDE, Checks, Finding
from deepbelief.core.stack import Layer

OFF, ON = 0.01, 0.99  # beyond these a probability counts as off, or on
FLAT = 1e-3  # mean slope p (1 − p) below which a unit hardly answers to a change of its input
ALIKE = 0.999  # |cosine| above which two units have the same weights
FEW_FEATURES = 6  # among fewer, many units must point the same way
UNITS_LIMIT = 0.1  # a unit lost here and there is normal: this share is not
SAME_LIMIT = 0.05
NOISE_LIMIT = 0.3
MEAN_IMAGE_LIMIT = 1.05  # a layer that gives the mean image for every row has its own finding
WEIGHT_LIMIT = 50.0
PAIRS_AT_ONCE = 2**22  # of units, compared with each other
BLANK = 1e-12  # variance of inputs that do not vary


@dataclass(frozen=True)
class Evidence:
    """What a layer makes of some rows, as NumPy arrays at float64.

    Parameters
    ----------
    number : int
        Of the layer, from 1.
    layer : Layer
    rows : array, shape (n_rows, n_visible)
    """

    number: int
    layer: Layer
    rows: np.ndarray

    @property
    def where(self) -> str:
        """What findings call the layer."""
        return f"layer {self.number}"

    @cached_property
    def inputs(self) -> np.ndarray:
        """The rows, shape (n_rows, n_visible)."""
        return to_numpy(self.rows).astype(float)

    @cached_property
    def weights(self) -> np.ndarray:
        """The weights, shape (n_visible, n_hidden)."""
        return to_numpy(self.layer.parameters.weights).astype(float)

    @cached_property
    def hidden(self) -> np.ndarray:
        """The hidden probabilities, shape (n_rows, n_hidden)."""
        return to_numpy(self.layer.machine.forward(self.layer.parameters, self.rows)).astype(float)

    @cached_property
    def reconstructions(self) -> np.ndarray:
        """What comes down again, shape (n_rows, n_visible)."""
        machine, parameters = self.layer.machine, self.layer.parameters
        return to_numpy(machine.reverse(parameters, machine.forward(parameters, self.rows))).astype(float)


def rules(evidence: Evidence) -> Checks:
    """Judge one layer by what it makes of some rows."""
    yield _large_weights(evidence)
    yield from _units(evidence)
    if evidence.weights.shape[0] >= FEW_FEATURES:
        yield _duplicates(evidence)
    # Inputs that do not vary are the fault of the data, or of the layer below, which has its own findings.
    if evidence.inputs.var(axis=0).sum() > BLANK:
        yield from _reconstructions(evidence)


def _large_weights(evidence: Evidence) -> tuple[bool, Finding]:
    largest = float(abs(evidence.weights).max())
    return largest > WEIGHT_LIMIT, Finding(
        name="exploding-weights",
        where=evidence.where,
        value=largest,
        threshold=WEIGHT_LIMIT,
        evidence=f"the largest weight is {largest:.3g} (limit {WEIGHT_LIMIT:g})",
        advice="Training ran away: use a lower learning rate, and inputs in [0, 1] or of about unit variance",
        source=f"{GUIDE}, §7",
    )


def _units(evidence: Evidence) -> Checks:
    lowest, highest = evidence.hidden.min(axis=0), evidence.hidden.max(axis=0)
    slope = (evidence.hidden * (1 - evidence.hidden)).mean(axis=0)
    dead, always_on = highest < OFF, lowest > ON
    kinds = {
        "dead-hidden-units": (
            dead,
            f"are off for every row (probability below {OFF:g})",
            "They learn nothing any more: use a lower learning rate, and hidden biases that start at 0",
        ),
        "always-on-hidden-units": (
            always_on,
            f"are on for every row (probability above {ON:g})",
            "They are mere biases: use a lower learning rate, and hidden biases that start at 0",
        ),
        "saturated-hidden-units": (
            (slope < FLAT) & ~dead & ~always_on,
            f"switch hard between 0 and 1 (mean slope below {FLAT:g})",
            "Their gradient vanishes: use a lower learning rate, more weight decay, or inputs of smaller range",
        ),
    }
    for name, (units, what, advice) in kinds.items():
        yield _share_of_units(evidence, name, units, what, advice, f"{GUIDE}, §16.1")


def _duplicates(evidence: Evidence) -> tuple[bool, Finding]:
    unit = evidence.weights / np.maximum(np.linalg.norm(evidence.weights, axis=0), np.finfo(float).tiny)
    return _share_of_units(
        evidence,
        "duplicate-hidden-units",
        _largest_cosines(unit) > ALIKE,
        f"have the weights of another unit (|cosine| above {ALIKE:g})",
        "Small random initial weights break the symmetry between units; with those, use a lower learning rate or "
        "fewer units",
        f"{GUIDE}, §8",
    )


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
    evidence: Evidence, name: str, units: np.ndarray, what: str, advice: str, source: str
) -> tuple[bool, Finding]:
    share = float(units.mean())
    return share > UNITS_LIMIT, Finding(
        name=name,
        where=evidence.where,
        value=share,
        threshold=UNITS_LIMIT,
        evidence=f"{int(units.sum())} of {len(units)} hidden units {what}; the limit is {UNITS_LIMIT:.0%}",
        advice=advice,
        source=source,
    )


def _reconstructions(evidence: Evidence) -> Checks:
    inputs, outputs = evidence.inputs, evidence.reconstructions
    variance = inputs.var(axis=0).sum()
    spread = float(outputs.var(axis=0).sum() / variance)
    yield (
        spread < SAME_LIMIT,
        Finding(
            name="identical-reconstructions",
            where=evidence.where,
            value=spread,
            threshold=SAME_LIMIT,
            evidence=(
                f"reconstructions vary {spread:.2%} as much as the inputs they belong to (limit {SAME_LIMIT:.0%})"
            ),
            advice=(
                "The layer does not tell its inputs apart: train longer, and check that the learning rate is neither "
                "so low that weights stay where they began nor so high that units are stuck"
            ),
            source=f"{GUIDE}, §5: the reconstruction error, here as its parts",
        ),
    )
    ratio = float(((inputs - outputs) ** 2).mean() / inputs.var(axis=0).mean())
    likeness, limit = _likeness(inputs, outputs), max(NOISE_LIMIT, _likeness(inputs, inputs.mean(axis=0)[None]))
    yield (
        # A layer of few units explains little and may be right all the same: its error says so.
        likeness < limit and ratio > MEAN_IMAGE_LIMIT,
        Finding(
            name="noise-like-reconstructions",
            where=evidence.where,
            value=likeness,
            threshold=limit,
            evidence=(
                f"a reconstruction correlates {likeness:.2f} with its input, at the median; the limit is {limit:.2f}, "
                f"what the mean image reaches, or {NOISE_LIMIT:g}"
            ),
            advice="What comes down is noise, as from a layer that is untrained or diverged: train it again",
            source=f"{GUIDE}, §5",
        ),
    )
    yield (
        ratio > MEAN_IMAGE_LIMIT,
        Finding(
            name="worse-than-mean-image",
            where=evidence.where,
            value=ratio,
            threshold=MEAN_IMAGE_LIMIT,
            evidence=(
                f"the reconstruction error is {ratio:.3g} times that of the mean image (limit {MEAN_IMAGE_LIMIT:g}), "
                "which is the same for every row"
            ),
            advice="A single picture would do better: train longer, or with another learning rate",
            source="the mean is the best constant prediction under squared error",
        ),
    )


def _likeness(inputs: np.ndarray, outputs: np.ndarray) -> float:
    """Return the median over rows of the correlation across features; a flat row correlates with nothing: 0."""
    a, b = inputs - inputs.mean(axis=1, keepdims=True), outputs - outputs.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(np.median((a * b).sum(axis=1) / np.maximum(norms, BLANK)))
