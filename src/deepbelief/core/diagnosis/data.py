"""Rules about the data: are they what the machine was made for, and what it was trained on?"""

from dataclasses import dataclass

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.diagnosis.evidence import Evidence
from deepbelief.core.diagnosis.training import Training
from deepbelief.core.finding import GUIDE, Checks, Finding
from deepbelief.core.rows import Rows
from deepbelief.core.spectrum import spectrum
from deepbelief.core.trees import all_finite
from deepbelief.core.units import Bernoulli, Gaussian, Units

# New data may go a little beyond the range that `fit` saw, here and there.
SLACK = 0.01
OUTSIDE_LIMIT = 0.01
# Pixels 0..16 read as if they were 0..255 span a sixteenth of the range, and are as good as blank.
NARROW_LIMIT = 0.2
# Pictures have constant borders; when most of a picture never changes, something went wrong on the way here.
CONSTANT_LIMIT = 0.5
FEW_ROWS = 10  # among fewer, features agree by chance
DWARFED = 1e-3  # of the widest range: a feature that spans less is next to constant beside it
DWARFED_LIMIT = 0.05
# Standard deviations that units of variance 1 can do with. Below, the data drown in the units' noise; above, a step
# that suits the wide features is none for the others.
FLATTEST, WIDEST = 0.1, 10.0
WIDE_LIMIT = 0.1
INVERTED_LIMIT = 0.5  # error on inverted rows over that on rows as they are


@dataclass(frozen=True)
class Extent:
    """How far the values of each feature lie apart, over all rows.

    Parameters
    ----------
    lowest, highest : ndarray of shape (n_features,)
    outside : float
        Share of all values that lie outside [0, 1], by more than `SLACK`.
    """

    lowest: np.ndarray
    highest: np.ndarray
    outside: float

    @classmethod
    def of(cls, rows: Rows) -> "Extent":
        """Measure rows as the machine sees them, in one pass over them.

        Parameters
        ----------
        rows : Rows

        Returns
        -------
        Extent
        """
        lowest, highest = np.full(rows.n_features, np.inf), np.full(rows.n_features, -np.inf)
        outside = 0
        for chunk in rows.chunks():
            values = to_numpy(chunk)
            lowest, highest = np.minimum(lowest, values.min(0)), np.maximum(highest, values.max(0))
            outside += int(((values < -SLACK) | (values > 1 + SLACK)).sum())
        return cls(lowest, highest, outside / (len(rows) * rows.n_features))


def rules(evidence: Evidence, rows: Rows, training: Training) -> Checks:
    """Judge the range of all rows, and what the bottom layer, whose evidence it is, makes of some of them.

    Parameters
    ----------
    evidence : Evidence
        What the layer makes of some rows.
    rows : Rows
    training : Training

    Yields
    ------
    iterator of (bool, Finding)
        Whether each limit was passed, with the finding.
    """
    visible, extent = evidence.layer.machine.visible, Extent.of(rows)
    if isinstance(visible, Bernoulli):
        yield _outside(extent)
        yield _narrow(extent)
    if len(rows) >= FEW_ROWS:
        yield _constant(extent)
        # What can only be counted, or has two values, has no scale of its own.
        has_scale = visible.takes(np.full((1, len(extent.lowest)), 0.5))[0]
        if has_scale.any():
            yield from _different_ranges(extent, has_scale, visible)
        if visible == Gaussian():  # of variance 1
            yield from _not_standardised(evidence)
    if not training.centred and training.learning_rate is not None:
        yield _uncentred(evidence, training.learning_rate)
    if isinstance(visible, Bernoulli) and all_finite(evidence.layer.parameters):
        yield _inverted(evidence)


def _outside(extent: Extent) -> tuple[bool, Finding]:
    share, low, high = extent.outside, extent.lowest.min(), extent.highest.max()
    return share > OUTSIDE_LIMIT, Finding(
        name="inputs-outside-range",
        where="the data",
        value=share,
        threshold=OUTSIDE_LIMIT,
        evidence=(
            f"{share:.0%} of the values lie outside [0, 1] (limit {OUTSIDE_LIMIT:.0%}), from {low:g} to {high:g}"
        ),
        advice=(
            "Binary units take probabilities: scale these data as the training data were scaled, or train with "
            "visible='auto', which standardises such features"
        ),
        source=f"{GUIDE}, §2 and §13.2",
    )


def _narrow(extent: Extent) -> tuple[bool, Finding]:
    low, high = extent.lowest.min(), extent.highest.max()
    span = float(high - low)
    return span < NARROW_LIMIT, Finding(
        name="inputs-in-narrow-range",
        where="the data",
        value=span,
        threshold=NARROW_LIMIT,
        evidence=f"all values lie between {low:g} and {high:g}, a range of {span:.2g} (limit {NARROW_LIMIT:g})",
        advice="Binary units see next to no contrast: bring the values to [0, 1] by their own range",
        source=f"{GUIDE}, §2: inputs stand for probabilities",
    )


def _constant(extent: Extent) -> tuple[bool, Finding]:
    n_constant, n_features = int((extent.lowest == extent.highest).sum()), len(extent.lowest)
    share = n_constant / n_features
    return share > CONSTANT_LIMIT, Finding(
        name="constant-features",
        where="the data",
        value=share,
        threshold=CONSTANT_LIMIT,
        evidence=f"{n_constant} of {n_features} features never change (limit {CONSTANT_LIMIT:.0%})",
        advice="There is little to learn from: check how the data were read, and leave constant features out",
        source="a feature without variance has zero covariance with every hidden unit",
    )


def _different_ranges(extent: Extent, has_scale: np.ndarray, visible: Units) -> Checks:
    ranges = (extent.highest - extent.lowest)[has_scale]
    ranges = ranges[ranges > 0]
    if len(ranges):
        n_dwarfed = int((ranges < DWARFED * ranges.max()).sum())
        share = n_dwarfed / len(ranges)
        yield (
            share > DWARFED_LIMIT,
            Finding(
                name="features-of-different-ranges",
                where="the data",
                value=share,
                threshold=DWARFED_LIMIT,
                evidence=(
                    f"{n_dwarfed} of {len(ranges)} features span less than a thousandth of what the widest one spans, "
                    f"as the units see them (limit {DWARFED_LIMIT:.0%})"
                ),
                advice=(
                    "The units see next to nothing of these: standardise every feature, as visible='auto' does with "
                    "values beyond [0, 1]"
                    if visible.bounds[0] != 0 or visible.is_bounded
                    else "The units see next to nothing of these: divide every feature by its standard deviation"
                ),
                source=f"{GUIDE}, §13.2: real-valued features of variance 1",
            ),
        )


def _not_standardised(evidence: Evidence) -> Checks:
    deviations = evidence.inputs.std(axis=0)
    deviations = deviations[deviations > 0]
    if len(deviations):
        n_wide, typical = int((deviations > WIDEST).sum()), float(np.median(deviations))
        flat = typical < FLATTEST
        evidence_of = (
            f"a typical feature has a standard deviation of {typical:.2g} (limit {FLATTEST:g})"
            if flat
            else f"{n_wide} of {len(deviations)} features have a standard deviation above {WIDEST:g} (limit "
            f"{WIDE_LIMIT:.0%} of them), up to {deviations.max():.3g}"
        )
        yield (
            flat or n_wide / len(deviations) > WIDE_LIMIT,
            Finding(
                name="inputs-not-standardised",
                where="the data",
                value=typical if flat else n_wide / len(deviations),
                threshold=FLATTEST if flat else WIDE_LIMIT,
                evidence=evidence_of,
                advice=(
                    "Gaussian units are made for features of mean 0 and variance 1: scale these data as the training "
                    "data were scaled, or train with visible='auto', which standardises every feature"
                ),
                source=f"{GUIDE}, §13.2",
            ),
        )


def _uncentred(evidence: Evidence, rate: float) -> tuple[bool, Finding]:
    """Ask whether the mean of the data makes steps unstable that would be stable with centred gradients.

    Without centring the mean row adds the square of its length to the curvature, see :mod:`~deepbelief.core.rates`.
    """
    step = rate * evidence.layer.machine.hidden.slope() / 2
    mean = evidence.inputs.mean(axis=0)
    times = float(step * mean @ mean)
    return times > 1 > step * spectrum(evidence.inputs).largest, Finding(
        name="uncentred-inputs",
        where="the data",
        value=times,
        threshold=1.0,
        evidence=(
            f"a typical value is {np.median(mean):.3g}, far from 0, which without centred gradients makes a step of "
            f"{rate:.2g} {times:.2g} times as long as is stable"
        ),
        advice="Bright pictures, and all data far from zero, need centred gradients: train with centered=True",
        source="Montavon & Müller, Deep Boltzmann machines and the centering trick (2012)",
    )


def _inverted(evidence: Evidence) -> tuple[bool, Finding]:
    error, inverted_error = _error(evidence), _error(evidence.of(1 - evidence.rows))
    ratio = inverted_error / error if error > 0 else 1.0
    mean_row_error = float(evidence.inputs.var(axis=0).mean())
    return ratio < INVERTED_LIMIT and inverted_error < mean_row_error < error, Finding(
        name="inverted-inputs",
        where="the data",
        value=ratio,
        threshold=INVERTED_LIMIT,
        evidence=(
            f"inverted, as 1 − x, the rows are reconstructed with an error of {inverted_error:.2g}, less than half of "
            f"what it is as they are, {error:.2g}, where even their mean row has {mean_row_error:.2g}"
        ),
        advice=(
            "These data look like the training data with 0 and 1 exchanged, such as black on white for white on black: "
            "invert them"
        ),
        source=f"{GUIDE}, §5: the reconstruction error tells whether rows are of the kind that was learned",
    )


def _error(evidence: Evidence) -> float:
    return float(((evidence.inputs - evidence.reconstructions) ** 2).mean())
