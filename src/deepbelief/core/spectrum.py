"""The total variance of rows, and their variance in the direction in which it is largest."""

from dataclasses import dataclass, field
from typing import Any

from deepbelief.core.arrays import Array, namespace, to_numpy
from deepbelief.core.rows import Rows
from deepbelief.core.units.base import average

ITERATIONS = 30  # of the power method; a rate needs the eigenvalue to within some per cent


@dataclass(frozen=True)
class Spectrum:
    """Of the covariance of some rows.

    Parameters
    ----------
    largest : float
        Its largest eigenvalue, the variance along the direction in which rows differ most.
    total : float
        Its trace, the sum of the variances of all features.
    n_features : int
    variances : array, shape (n_features,), optional
        Of the features.
    """

    largest: float
    total: float
    n_features: int = 1
    variances: Any = field(default=None, compare=False)


def spectrum_of(rows: Rows) -> Spectrum:
    """Return the spectrum of at most a thousand of the rows, evenly spaced.

    Parameters
    ----------
    rows : Rows

    Returns
    -------
    Spectrum
    """
    batch = rows.monitored()
    return spectrum(batch.v, batch.relative_shares)


def spectrum(x: Array, shares: Array | None = None) -> Spectrum:
    """Return the spectrum of the rows of `x`, shape (n_rows, n_features), by power iteration.

    `shares` (n_rows,) say how much each row counts, if they do not count the same; they add up to one.

    The covariance itself is never formed. The iteration starts from the row that is furthest from the mean, which is
    not orthogonal to all directions of large variance; no random number is needed.

    Parameters
    ----------
    x : array, shape (n_rows, n_features)
    shares : array, shape (n_rows,), optional

    Returns
    -------
    Spectrum
    """
    xp = namespace(x)
    x = x - average(x, shares)
    if shares is not None:
        x = x * xp.sqrt(len(x) * shares)[:, None]
    lengths = xp.sum(x * x, axis=1)
    total = float(xp.mean(lengths))
    if not total > 0:
        return Spectrum(0.0, 0.0, x.shape[1])
    direction = x[int(xp.argmax(lengths))]
    largest = 0.0
    for _ in range(ITERATIONS):
        direction = direction / xp.sqrt(xp.sum(direction * direction))
        projections = x @ direction
        largest = float(xp.mean(projections * projections))
        direction = projections @ x
    return Spectrum(min(largest, total), total, x.shape[1], to_numpy(xp.mean(x * x, axis=0)))
