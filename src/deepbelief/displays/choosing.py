"""Which form rows of data have: picture or bars."""

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepbelief.displays.bars import Bars
from deepbelief.displays.forms import Form, Picture
from deepbelief.estimators.fitted import fitted_stack

if TYPE_CHECKING:
    from deepbelief.estimators.model_file import Estimator


def choose_form(
    n_features: int,
    image_shape: tuple[int, ...] | None,
    feature_names: Sequence[str] | None,
    estimator: "Estimator | None" = None,
    known_names: Sequence[str] | None = None,
) -> Form:
    """Decide how rows of `n_features` numbers are drawn.

    What the caller says comes first, then what the estimator knows (the image shape in its model file, then feature
    names that are more than a numbering). What nobody says anything of is a picture if the number of features is a
    square, and else bars with numbers.

    Parameters
    ----------
    n_features : int
    image_shape : tuple of (height, width), or None
    feature_names : sequence of str, or None
    estimator : object, optional
        Its ``metadata_["image_shape"]`` and ``feature_names_in_`` are used, where it has them, and the scale at which
        it has seen each feature.
    known_names : sequence of str, optional
        Names that the data bring along, if there is no estimator.

    Returns
    -------
    Picture or Bars

    Raises
    ------
    ValueError
        If `image_shape` or `feature_names` does not fit.
    """
    if image_shape is not None:
        return Picture(_checked_shape(image_shape, n_features))
    scales = _scales(estimator, n_features)
    if feature_names is not None:
        names = tuple(str(name) for name in feature_names)
        if len(names) != n_features:
            raise ValueError(f"feature_names holds {len(names)} names, but the data have {n_features} features.")
        return Bars(names, *scales)
    metadata = getattr(estimator, "metadata_", None) or {}
    if metadata.get("image_shape") is not None:
        return Picture(_checked_shape(metadata["image_shape"], n_features))
    if metadata.get("table") is not None:
        return Bars(metadata["table"].feature_names, *scales)
    known_names = getattr(
        estimator, "visible_names_" if hasattr(estimator, "features_") else "feature_names_in_", known_names
    )
    if known_names is not None and not _is_numbering(known_names):
        return Bars(tuple(str(name) for name in known_names), *scales)
    side = math.isqrt(n_features)
    if side * side == n_features:
        return Picture((side, side))
    return Bars(tuple(f"feature {number}" for number in range(1, n_features + 1)), *scales)


def _scales(estimator: "Estimator | None", n_features: int) -> tuple[tuple[float, ...], ...]:
    """Return the centres and spreads of the features that an estimator has standardised; nothing if it has not."""
    if estimator is None or not (hasattr(estimator, "data_scale_") or hasattr(estimator, "features_")):
        return ()
    stack = fitted_stack(estimator)
    spreads = stack.change_to_data(np.ones((1, n_features)))[0]
    if np.ptp(spreads) == 0:
        return ()
    return tuple(stack.to_data(np.zeros((1, n_features)))[0]), tuple(spreads)


def _checked_shape(shape: tuple[int, ...], n_features: int) -> tuple[int, ...]:
    numbers = np.asarray(shape)
    is_shape = numbers.shape in ((2,), (3,)) and numbers.dtype.kind in "iu" and bool((numbers >= 1).all())
    if not is_shape or numbers[2:].tolist() not in ([], [3]):
        raise ValueError(f"image_shape={shape!r} is not (height, width), two positive integers.")
    sizes = tuple(int(number) for number in numbers)
    if math.prod(sizes) != n_features:
        raise ValueError(
            f"image_shape={sizes} holds {math.prod(sizes)} values, but the data have {n_features} features."
        )
    return sizes


def _is_numbering(names: Sequence[str]) -> bool:
    """Tell whether names differ in their numbers only, as pixel0, pixel1 or pixel_0_0, pixel_0_1 do."""
    return len(names) > 1 and len({re.sub(r"\d+", "#", str(name)) for name in names}) == 1
