"""Which visible units suit the data, and the scale at which these units see them.

The rules of ``visible="auto"``, in their order:

1. Bytes are brightnesses: unsigned 8-bit integers, or whole numbers from 0 to 255 that reach 255. Bernoulli units see
   them divided by the largest one.
2. Values in [0, 1], to within a few roundings, are probabilities, unless the features hardly use that range. Bernoulli
   units see them as they are.
3. Everything else is a measurement on a scale of its own. Every feature is standardised, to mean 0 and variance 1, and
   Gaussian units see that. Values that are far from all others are limited, see :mod:`~deepbelief.core.far_values`.
   The exception are pixels whose values are moved to other pixels while a network is fine-tuned: all of them are
   shifted by their overall mean, and divided by the same deviation, with which the average pixel has variance 1.

With ``visible="bernoulli"``, values outside [0, 1] are rescaled by their overall minimum and maximum, with a warning.
With ``visible="gaussian-learned-variance"``, every feature is shifted to mean 0. With all other types the data are
taken as they are; what units of a type cannot be is refused.
"""

import math
import warnings
from dataclasses import dataclass

import numpy as np

from deepbelief.core.far_values import standards
from deepbelief.core.rows import Rows
from deepbelief.core.units.gaussian import STILL
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Matrix, RowWeights
from deepbelief.estimators.matrices import extremes, extremes_of_features, has_nan, is_sparse
from deepbelief.estimators.row_weights import with_weights

ROUNDINGS = 8  # by which a value that was computed to be in [0, 1] may lie outside
USED = 0.5  # of [0, 1]: what the range of a typical feature must be, for its values to be probabilities
_BRIGHTEST = 255
# Types whose precision is learned: far from zero, each step of it would move a mean by many standard deviations.
SHIFTED = frozenset({"gaussian-learned-variance"})
RESCALED = frozenset({"bernoulli"})  # types for which data with other values are rescaled instead of refused


@dataclass(frozen=True)
class Scaling:
    """How data become visible units: (X − shift) / scale.

    Parameters
    ----------
    shift, scale : float or ndarray of shape (n_features,)
        Arrays where every feature is standardised by itself: its mean and its standard deviation. A feature that never
        changes has scale 0, and units see 0 whatever its value.
    limit : ndarray of shape (n_features,), optional
        How far from 0 units see a value at most, where every feature is standardised by itself. None for no limits.
    """

    shift: float | np.ndarray = 0.0
    scale: float | np.ndarray = 1.0
    limit: np.ndarray | None = None

    @property
    def is_by_feature(self) -> bool:
        """Whether every feature is standardised by itself."""
        return isinstance(self.scale, np.ndarray)

    @property
    def limited_features(self) -> dict[int, tuple[float, float, float]]:
        """Shift, scale and limit of the features that have a limit."""
        if self.limit is None:
            return {}
        kept = zip(np.asarray(self.shift).tolist(), np.asarray(self.scale).tolist(), self.limit.tolist(), strict=True)
        return {index: numbers for index, numbers in enumerate(kept) if math.isfinite(numbers[-1])}

    @property
    def is_common(self) -> bool:
        """Whether all features have the same scale."""
        return not self.is_by_feature or bool(np.ptp(self.scale) == 0 and np.ptp(self.shift) == 0)

    def of_average(self) -> "Scaling":
        """Return the scaling, the same for every feature, by which the average feature has mean 0 and variance 1.

        Returns
        -------
        Scaling
        """
        deviation = np.sqrt(np.mean(np.square(self.scale)))
        return Scaling(np.full_like(self.shift, np.mean(self.shift)), np.full_like(self.scale, deviation))

    @property
    def is_identity(self) -> bool:
        """Whether units see the data as they are."""
        return not self.is_by_feature and self.shift == 0 and self.scale == 1

    def rows(self, X: Matrix, dtype: type[np.floating], device: str) -> Rows:
        """Return the rows of a checked matrix as the units see them.

        Parameters
        ----------
        X : ndarray or sparse matrix of shape (n_rows, n_features)
        dtype : dtype
            The floating-point type of the result.
        device : str
            ``"numpy"``, or any device torch knows.

        Returns
        -------
        Rows
        """
        if not self.is_by_feature:
            return Rows(X, dtype, device, self.shift, self.scale)
        rows = Rows(X, dtype, device, self.shift, np.where(self.scale > 0, self.scale, np.inf), self.limit)
        return rows.prepared()

    def spread_of_features(self, deviation: np.ndarray) -> np.ndarray:
        """Return standard deviations of visible units as those of features: (n_rows, n_features).

        Parameters
        ----------
        deviation : ndarray of shape (n_rows, n_features)

        Returns
        -------
        ndarray of shape (n_rows, n_features)
        """
        return self.undone_for_difference(deviation)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Return for each unit the value of its feature: each feature is one unit.

        Parameters
        ----------
        values : ndarray of shape (n_features,)

        Returns
        -------
        ndarray of shape (n_features,)
        """
        return values

    def shown(self, v: np.ndarray) -> np.ndarray:
        """Return visible units for a picture: as data.

        Parameters
        ----------
        v : ndarray of shape (n_rows, n_features)

        Returns
        -------
        ndarray of shape (n_rows, n_features)
        """
        return self.undone(v)

    def undone_for_difference(self, difference: np.ndarray) -> np.ndarray:
        """Return a difference of visible units as one of data, with its dtype.

        Parameters
        ----------
        difference : ndarray of shape (n_rows, n_features)

        Returns
        -------
        ndarray of shape (n_rows, n_features)
        """
        return difference * np.asarray(self.scale, dtype=difference.dtype)

    def undone(self, v: np.ndarray) -> np.ndarray:
        """Return visible units as data: (n_rows, n_features) → (n_rows, n_features), with their dtype.

        Where every feature is standardised, the dtype is that of mean and standard deviation.

        Parameters
        ----------
        v : ndarray of shape (n_rows, n_features)

        Returns
        -------
        ndarray of shape (n_rows, n_features)
        """
        return v if self.is_identity else v * self.scale + self.shift


def suited(
    X: Matrix, visible: str, dtype: type[np.floating], sample_weight: RowWeights = None, *, are_moved: bool = False
) -> tuple[str, Scaling]:
    """Return the type of visible units for data, and how these see them.

    Parameters
    ----------
    X : ndarray or CSR matrix, shape (n_rows, n_features)
        Finite.
    visible : str
        The setting: ``"auto"``, or a type of units.
    dtype : numpy scalar type
        That holds the data: of mean and standard deviation, and of parameters for data that units see as they are.
    sample_weight : array-like of shape (n_rows,), number or None
        How much each row counts in means and standard deviations; see :mod:`~deepbelief.estimators.row_weights`.
    are_moved : bool, default=False
        Whether features are pixels whose values will be moved to other pixels, so that all must have the same scale.

    Returns
    -------
    visible : str
        A type of units.
    scaling : Scaling

    Raises
    ------
    DataError
        If the numbers are too large for these units, or a weight is negative.
    ValueError
        If there is not one weight for each row, or all of them are zero.
    """
    low, high = extremes(X)
    if visible == "auto":
        if X.dtype == np.uint8 or (low >= 0 and high == _BRIGHTEST and _is_whole(X)):
            return "bernoulli", Scaling(0.0, max(high, 1.0))
        if _is_in_unit_range(X, low, high) and _typical_range(X) >= USED:
            return "bernoulli", Scaling()
        scaling = _standardised(X, low, high, dtype, sample_weight, are_limited=not are_moved)
        return "gaussian", scaling.of_average() if are_moved else scaling
    if visible == "bernoulli":
        return visible, _squeezed(X, low, high, dtype)
    _require_squares(X, low, high, dtype)
    if visible in SHIFTED:
        scaling = _standardised(X, low, high, dtype, sample_weight, are_limited=False)
        _warn_of_unequal(np.asarray(scaling.scale))
        return visible, Scaling(scaling.shift, np.ones_like(scaling.scale))
    return visible, Scaling()


def _warn_of_unequal(deviations: np.ndarray) -> None:
    """Warn of features that vary so little beside others that variances cannot be learned of both."""
    average = float(np.sqrt(np.mean(np.square(deviations))))
    small = np.flatnonzero((deviations > 0) & (deviations < np.sqrt(STILL) * average))
    if len(small):
        others = f" (and {len(small) - 1} other features vary as little)" if len(small) > 1 else ""
        warnings.warn(
            f"Feature {small[0]} has a standard deviation of {deviations[small[0]]:.3g}, less than a hundredth of the "
            f"{average:.3g} of the average feature{others}; a variance that small is not learned beside such large "
            "ones. Bring features to similar scales, or use visible='auto', which standardises each of them.",
            UserWarning,
            stacklevel=2,
        )


def _is_whole(X: Matrix) -> bool:
    values = X.data if is_sparse(X) else X
    return values.dtype.kind in "iu" or bool(((values == np.round(values)) | np.isnan(values)).all())


def _is_in_unit_range(X: Matrix, low: float, high: float) -> bool:
    slack = ROUNDINGS * float(np.finfo(X.dtype).eps) if X.dtype.kind == "f" else 0.0
    return -slack <= low and high <= 1 + slack


def _typical_range(X: Matrix) -> float:
    """Return the median over the features that change at all of how far their values lie apart."""
    lowest, highest = extremes_of_features(X)
    ranges = highest - lowest
    changing = ranges[ranges > 0]
    return float(np.median(changing)) if len(changing) else 0.0


def _standardised(
    X: Matrix, low: float, high: float, dtype: type[np.floating], sample_weight: RowWeights, *, are_limited: bool
) -> Scaling:
    _require_squares(X, low, high, np.float64)
    rows = Rows(X, np.float64, stand_in=0.0 if has_nan(X) else None)
    mean, deviation, limit = standards(with_weights(rows, X, sample_weight), are_limited=are_limited)
    # What rounding alone would make of a constant is no change.
    rounding = ROUNDINGS * np.finfo(X.dtype if X.dtype.kind == "f" else np.float64).eps * np.abs(mean)
    deviation = np.where(deviation > rounding, deviation, 0.0)
    limits = limit.astype(dtype) if np.isfinite(limit).any() else None
    return Scaling(mean.astype(dtype), deviation.astype(dtype), limits)


def _squeezed(X: Matrix, low: float, high: float, dtype: type[np.floating]) -> Scaling:
    if _is_in_unit_range(X, low, high):
        return Scaling()
    if X.dtype == np.uint8:
        return Scaling(0.0, high)
    if not high - low <= float(np.finfo(dtype).max):
        raise DataError(f"X spans {low:g} to {high:g}, more than a float can hold; rescale it first.")
    warnings.warn(
        f"Bernoulli visible units take values in [0, 1], but X spans {low:g} to {high:g}; it is rescaled by its "
        "overall minimum and maximum. For real-valued features use visible='auto', which standardises each of them.",
        UserWarning,
        stacklevel=2,
    )
    return Scaling(low, (high - low) or 1.0)


def _require_squares(X: Matrix, low: float, high: float, dtype: type[np.floating]) -> None:
    # Energies are sums of squares, and so are the variances that training starts from.
    if max(-low, high) > math.sqrt(float(np.finfo(dtype).max) / X.shape[0] / X.shape[1]) / 2:
        raise DataError(
            f"X spans {low:g} to {high:g}, whose squares are more than {np.dtype(dtype).name} can hold; "
            "rescale it first."
        )
