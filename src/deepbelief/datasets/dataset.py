"""What every reader returns: images, perhaps labels, and where they came from."""

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbelief.table_schema import TableSchema

Images = npt.NDArray[np.float32]
Labels = npt.NDArray[Any]
Targets = npt.NDArray[np.float64]
ImageShape = tuple[int, int] | tuple[int, int, int]
Hashes = npt.NDArray[np.uint64]

_ROWS_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images or rows of a table, with what is to be predicted of them if that is known.

    Two data sets are compared by `fingerprint`, not by ``==``.

    Parameters
    ----------
    images : ndarray of float32, shape (n_rows, n_features)
        C-contiguous. Pixels in [0, 1]; other numbers are left as they are. NaN where a cell is missing.
    labels : ndarray of shape (n_rows,) or None
        The class of each row. int64, where -1 marks an unlabelled row, or words, where None does; an npz may carry
        floats (NaN: unlabelled) or bools instead. None if the source has no classes.
    image_shape : tuple of (height, width) or (height, width, 3), or None
        None if a row is no image, or if `n_features` is no square and the source does not say.
    source : str
        Where the data came from, what it was recognised as, and what was done to its values.
    name : str
        Short name, fit for a directory: ``"digits"``, ``"train"`` for ``train.csv``.
    targets : ndarray of float64, shape (n_rows,), or None
        The number to be predicted of each row.
    schema : TableSchema or None
        How the columns of a table were understood; None for images.
    notes : tuple of str
        What was left out or taken for something, one sentence each.
    identifiers : tuple of (str, tuple of str), or None
        The name of a column of a table that says which row is which, and what it says of each. Of a folder of pictures,
        ``"file"`` and the names of the files in it.
    """

    images: Images
    labels: Labels | None
    image_shape: ImageShape | None
    source: str
    name: str
    targets: Targets | None = None
    schema: TableSchema | None = None
    notes: tuple[str, ...] = ()
    identifiers: tuple[str, tuple[str, ...]] | None = None

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The names of the features of a table: ``age``, ``colour=red``, ``colour=blue``; None for images."""
        return None if self.schema is None else self.schema.feature_names

    @property
    def groups(self) -> tuple[slice, ...]:
        """The features that are the categories of one column, of which exactly one is 1 in each row."""
        if self.schema is None:
            return ()
        return tuple(features for column, features in self.schema.slices if column.kind == "category")

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the images' shape and values, in hexadecimal: the same images give the same fingerprint."""
        digest = hashlib.sha256(repr(self.images.shape).encode())
        digest.update(self.images.data)
        return digest.hexdigest()

    @cached_property
    def row_hashes(self) -> Hashes:
        """The hash of each image, see :func:`row_hashes`."""
        return row_hashes(self.images)


def row_hashes(images: npt.NDArray[Any]) -> Hashes:
    """Hash every row by its values: the same image has the same hash, whatever file it comes from.

    Model files hold such hashes, so how they are made must never change: BLAKE2b, 64 bits of it, of the row's values as
    little-endian float32, where −0 counts as 0.

    Parameters
    ----------
    images : array of shape (n_rows, n_features)
        Numbers as the readers of this package return them: pixels in [0, 1].

    Returns
    -------
    ndarray of uint64, shape (n_rows,)
    """
    digests = []
    for start in range(0, len(images), _ROWS_AT_ONCE):
        values = images[start : start + _ROWS_AT_ONCE].astype("<f4", order="C")
        values += 0  # turns −0 into 0
        digests += [hashlib.blake2b(row, digest_size=8).digest() for row in values]
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def square_shape(n_features: int) -> tuple[int, int] | None:
    """Return height and width of a square image of `n_features` pixels; None if there is no such square.

    Parameters
    ----------
    n_features : int

    Returns
    -------
    tuple of (height, width), or None
    """
    side = math.isqrt(n_features)
    return (side, side) if side * side == n_features else None


def images_from_bytes(pixels: npt.NDArray[Any]) -> Images:
    """Divide pixels 0..255 by 255 in float32, so that every reader gives the same bits for the same pixel.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n_rows, n_features)

    Returns
    -------
    ndarray of float32, shape (n_rows, n_features)
        In [0, 1].
    """
    return np.divide(pixels, np.float32(255), dtype=np.float32, casting="unsafe", order="C")
