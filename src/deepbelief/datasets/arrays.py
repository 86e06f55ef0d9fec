"""Arrays of numbers, from whatever file, as images and labels.

Rules: images are (rows, features), (rows, height, width), or colour pictures: (rows, height, width, channels) or
(rows, channels, height, width). Integers in 0..255 are divided by 255, unless they are counts or categories; all other
numbers stay as they are. NaN marks a number that is missing. Labels are one for each row, as a column too, or one of
several columns is 1 and the others 0.
"""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepbelief.datasets.dataset import Dataset, Images, ImageShape, images_from_bytes, square_shape
from deepbelief.datasets.options import ReadOptions
from deepbelief.datasets.places import excerpt, place, short_name
from deepbelief.datasets.targets import labels_or_targets
from deepbelief.errors import DataError

_Array = npt.NDArray[Any]
_CHANNELS = (1, 3)


class Found(NamedTuple):
    """An array, and how messages name it."""

    array: _Array
    where: str


def dataset_of(
    path: Path, described: str, x: Found, y: Found | None, options: ReadOptions, said: Found | None = None
) -> Dataset:
    """Return arrays as a data set.

    Parameters
    ----------
    path : Path
        Where they come from.
    described : str
        What was recognised there.
    x : Found
        Images.
    y : Found or None
        Labels or targets.
    options : ReadOptions
    said : Found, optional
        The shape of the images.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If an array breaks one of this module's rules.
    """
    if options.about_columns:
        option = options.about_columns[0]
        raise DataError(f"{place(path)}: arrays have no columns with names; leave out --{option}, which is for tables")
    array = x.array
    if array.dtype.kind in "US" and array.ndim == 2 and array.size:
        raise _text_among_numbers(x)
    if array.ndim not in (2, 3, 4) or array.size == 0 or array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise DataError(
            f"{x.where}: {array.dtype.name} of shape {array.shape} cannot be images; save a non-empty array of "
            "numbers, (rows, features) or (rows, height, width)"
        )
    labels, targets = (None, None) if y is None else _labels_or_targets(y, len(array), options)
    if array.ndim == 4:
        array = _channels_last(x)
    image_shape = _image_shape(array.shape, said)
    images, scaling = _images(array.reshape(len(array), -1), x.where, options)
    with_labels = "" if "labels" in described else " without labels" if y is None else " with labels"
    source = f"{path} ({described}{with_labels}, {scaling})"
    return Dataset(images, labels, image_shape, source, short_name(path), targets)


def pixel_positions(array: _Array) -> _Array:
    """Return where each feature of each row stands in an array of images, counted as `ravel` does: (n_rows, n).

    Parameters
    ----------
    array : ndarray, shape (n_rows, height, width) or (n_rows, height, width, n_channels)

    Returns
    -------
    ndarray of int, shape (n_rows, n_features)
    """
    positions = np.arange(array.size).reshape(array.shape)
    return (_channels_last(Found(positions, "")) if array.ndim == 4 else positions).reshape(len(array), -1)


def _channels_last(x: Found) -> _Array:
    """Return colour pictures with their channels last, grey ones without channels."""
    array = x.array
    if array.shape[3] not in _CHANNELS and array.shape[1] in _CHANNELS:
        array = np.moveaxis(array, 1, 3)
    if array.shape[3] not in _CHANNELS:
        raise DataError(
            f"{x.where}: pictures of shape {x.array.shape[1:]} have neither 1 nor 3 channels; save grey pictures as "
            "(rows, height, width), colour pictures as (rows, height, width, 3)"
        )
    return array[..., 0] if array.shape[3] == 1 else array


def _text_among_numbers(found: Found) -> DataError:
    """Say where text stands that is no number: in which row of the first such column."""
    x, where = found
    if x.dtype.kind == "U" and not _is_text(x):
        return DataError(f"{where}: strings of characters that do not exist; save it again")
    for column, cells in enumerate(x.T, 1):
        try:
            cells.astype(np.float64)
        except ValueError:
            row = next(row for row, cell in enumerate(cells) if not _is_number(cell))
            cell = cells[row] if isinstance(cells[row], bytes) else cells[row].encode("utf-8", "replace")
            return DataError(
                f"{where}, row {row + 1}, column {column}: {excerpt(cell)} is no number; write numbers in this "
                "column, or leave it out"
            )
    return DataError(f"{where}: the numbers are written as text; save X.astype(float)")


def _is_number(cell: str | bytes) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _labels_or_targets(found: Found, n_rows: int, options: ReadOptions) -> tuple[Any, Any]:
    y, where = found
    if y.ndim == 2 and 1 in y.shape and n_rows in y.shape:
        y = y.ravel()
    if y.ndim == 2 and len(y) == n_rows and _is_one_of_several(y):
        y = y.argmax(axis=1)
    if y.ndim != 1:
        raise DataError(
            f"{where}: labels of shape {y.shape}; save one label per row, of shape ({n_rows},) (several labels per row "
            "are for DBNClassifier().fit(X, y) in Python)"
        )
    if len(y) != n_rows:
        raise DataError(f"{where}: {len(y)} labels for the {n_rows} rows of X; save one label per row")
    if y.dtype.kind == "f" and np.isinf(y).any():
        row = int(np.isinf(y).argmax())
        raise DataError(f"{where}, row {row + 1}: {y[row]} is no label; remove the row, or write nan for no label")
    if y.dtype.kind == "U" and not _is_text(y):
        raise DataError(f"{where}: strings of characters that do not exist; save it again")
    return labels_or_targets(where, y, options.task, called="target")


def _is_one_of_several(y: _Array) -> bool:
    return y.dtype.kind in "biuf" and bool(((y == 0) | (y == 1)).all()) and bool((y.sum(axis=1) == 1).all())


def _is_text(y: _Array) -> bool:
    """Whether strings hold whole characters; Python cannot even show others."""
    codes = np.ascontiguousarray(y).view(np.dtype(np.uint32).newbyteorder(y.dtype.byteorder))
    return bool(((codes < 0xD800) | ((codes > 0xDFFF) & (codes <= 0x10FFFF))).all())


def _image_shape(shape: tuple[int, ...], said: Found | None) -> ImageShape | None:
    if said is None:
        return square_shape(shape[1]) if len(shape) == 2 else shape[1:]  # type: ignore[return-value]  # 2 or 3 sizes
    if said.array.shape not in ((2,), (3,)) or said.array.dtype.kind not in "iu":
        raise DataError(f"{said.where}: two whole numbers are needed; save (height, width)")
    sizes = tuple(int(size) for size in said.array)
    if min(sizes) < 1 or sizes[2:] not in ((), (3,)) or shape[1:] not in (sizes, (math.prod(sizes),)):
        raise DataError(
            f"{said.where}: {' × '.join(map(str, sizes))} does not fit X of shape {shape}; "
            "save the (height, width) of its images"
        )
    return sizes  # type: ignore[return-value]  # 2 or 3 sizes


def _images(x: _Array, where: str, options: ReadOptions) -> tuple[Images, str]:
    """Return `x` (n_rows, n_features) as float32; also say what was done to it.

    Only known ranges are divided. Anything else is for the model to scale, the same way for every file: a scale taken
    from the file at hand would show the model the same image differently from one file to the next.
    """
    if x.dtype.kind == "b":
        return x.astype(np.float32, order="C"), "values as they are"
    missing = np.isnan(x) if x.dtype.kind == "f" else np.zeros((1, x.shape[1]), bool)
    if missing.all():
        raise DataError(f"{where}: every value is nan; save some that are known")
    # Nothing can be learned of a feature that is always missing; a model knows it already.
    if options.n_features is None and missing.all(axis=0).any():
        column = int(missing.all(axis=0).argmax())
        raise DataError(f"{where}, column {column + 1}: every value is nan; leave this column out")
    known = x[~missing] if missing.any() else x
    low, high = known.min().item(), known.max().item()
    if not (math.isfinite(low) and math.isfinite(high)):
        row, column = (int(index) for index in np.argwhere(np.isinf(x))[0])
        raise DataError(
            f"{where}, row {row + 1}, column {column + 1}: {x[row, column]} is no number; remove or replace it"
        )
    are_pixels = x.dtype.kind in "iu" and not options.keep_integers
    if are_pixels and low >= 0 and 1 < high <= 255:  # integers 0 and 1 are binary pixels, not dark greys
        return images_from_bytes(x), "integers divided by 255"
    if high - low > float(np.finfo(np.float32).max) / 2 or max(-low, high) > float(np.finfo(np.float32).max):
        raise DataError(f"{where}: values from {low} to {high} do not fit into float32; rescale them first")
    return x.astype(np.float32, order="C"), "values as they are"
