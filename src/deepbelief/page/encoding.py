"""Matrices as text in a page: 32-bit or 16-bit floats, or 8-bit steps with a scale for each column, as base64.

What is written is read by ``web/decode.mjs``. Every encoded matrix brings the values that the page will compute with,
so that a difference from it, and what it costs to use it, can be computed here.
"""

import base64
from dataclasses import dataclass

import numpy as np

from deepbelief.annotations import JsonObject

ENCODINGS = ("float32", "float16", "int8")
_STEPS = 127  # of an 8-bit number to either side of 0


@dataclass(frozen=True, eq=False)
class Encoded:
    """A matrix in a page.

    Parameters
    ----------
    text : dict
        What stands in the page.
    values : ndarray of float32
        What the page makes of it.
    """

    text: JsonObject
    values: np.ndarray

    @property
    def n_bytes(self) -> int:
        """How long the matrix is in the page."""
        return len(self.text["data"]) + len(self.text.get("scales", ""))


def encoded(matrix: np.ndarray, encoding: str) -> Encoded:
    """Encode a matrix, or a vector as a matrix of one column.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_columns) or (n_rows,)
    encoding : {"float32", "float16", "int8"}
        ``"int8"`` divides the range of every column, which is what one unit is given, into 255 steps.

    Returns
    -------
    Encoded
    """
    matrix = np.asarray(matrix, dtype=np.float32)
    columns = matrix.shape[1] if matrix.ndim > 1 else 1
    if encoding != "int8":
        stored = matrix.astype("<f4" if encoding == "float32" else "<f2")
        return Encoded({"encoding": encoding, "columns": columns, "data": _base64(stored)}, stored.astype(np.float32))
    largest = np.abs(matrix).max(axis=0)
    scales = np.where(largest > 0, largest / _STEPS, 1).astype("<f4")
    steps = np.rint(matrix / scales).astype(np.int8)
    text = {"encoding": encoding, "columns": columns, "data": _base64(steps), "scales": _base64(np.atleast_1d(scales))}
    return Encoded(text, steps * scales)


def encoded_pixels(images: np.ndarray, low: float, high: float) -> JsonObject:
    """Encode pictures with 8 bits for each pixel between `low` and `high`, which need no scale of their own."""
    span = (high - low) or 1.0
    steps = np.rint((np.asarray(images, dtype=float) - low) / span * 255).clip(0, 255).astype(np.uint8)
    columns = images.shape[1]
    scales = np.full(columns, span / 255, "<f4")
    return {"encoding": "uint8", "columns": columns, "data": _base64(steps), "scales": _base64(scales)}


def encoded_indices(indices: np.ndarray) -> JsonObject:
    """Encode whole numbers below 65,536."""
    return {"columns": indices.shape[1], "data": _base64(indices.astype("<u2"))}


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
