"""Rules about the data: are they what the machine was made for?"""

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.finding import GUIDE, Checks, Finding
from deepbelief.core.rows import Rows
from deepbelief.core.units import Bernoulli, Units

# New data may go a little beyond the range that `fit` saw, here and there.
SLACK = 0.01
OUTSIDE_LIMIT = 0.01
# Pixels 0..16 read as if they were 0..255 span a sixteenth of the range, and are as good as blank.
NARROW_LIMIT = 0.2
# Pictures have constant borders; when most of a picture never changes, something went wrong on the way here.
CONSTANT_LIMIT = 0.5
FEW_ROWS = 10  # among fewer, features agree by chance


def rules(visible: Units, rows: Rows) -> Checks:
    """Judge all rows as the machine sees them, one pass over them."""
    lowest, highest = np.full(rows.n_features, np.inf), np.full(rows.n_features, -np.inf)
    outside = 0
    for chunk in rows.chunks():
        values = to_numpy(chunk)
        lowest, highest = np.minimum(lowest, values.min(0)), np.maximum(highest, values.max(0))
        outside += int(((values < -SLACK) | (values > 1 + SLACK)).sum())
    if isinstance(visible, Bernoulli):
        yield _outside(outside / (len(rows) * rows.n_features), lowest.min(), highest.max())
        yield _narrow(lowest.min(), highest.max())
    if len(rows) >= FEW_ROWS:
        yield _constant(int((lowest == highest).sum()), rows.n_features)


def _outside(share: float, low: float, high: float) -> tuple[bool, Finding]:
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
            "visible='gaussian' on standardised features"
        ),
        source=f"{GUIDE}, §2 and §13.2",
    )


def _narrow(low: float, high: float) -> tuple[bool, Finding]:
    span = float(high - low)
    return span < NARROW_LIMIT, Finding(
        name="inputs-in-narrow-range",
        where="the data",
        value=span,
        threshold=NARROW_LIMIT,
        evidence=f"all values lie between {low:g} and {high:g}, a range of {span:.2g} (limit {NARROW_LIMIT:g})",
        advice=(
            "Binary units see next to no contrast: bring the values to [0, 1] by their own range (integers are read as "
            "pixels from 0 to 255)"
        ),
        source=f"{GUIDE}, §2: inputs stand for probabilities",
    )


def _constant(n_constant: int, n_features: int) -> tuple[bool, Finding]:
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
