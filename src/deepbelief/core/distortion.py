"""Random shifts, rotations, slants, scalings and elastic distortions of pictures whose labels these do not change.

Simard, Steinkraus & Platt, *Best practices for convolutional neural networks applied to visual document analysis*
(2003). Each pixel of a distorted picture shows a place of the picture as it was. Where that lies is a linear function
of where the pixel is, plus a random field that is smooth: normal numbers through a Gaussian filter. Between pixels,
values are interpolated; beyond the border, they are those of the border.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepbelief.core.arrays import Array, like, to_numpy
from deepbelief.core.randomness import Stream


@dataclass(frozen=True)
class Distortion:
    """How pictures are distorted at random.

    Parameters
    ----------
    height, width : int
        Of the pictures, whose pixels are rows of numbers, line by line.
    shift : float
        Largest shift in each direction, as a share of the size in that direction.
    rotation : float
        Largest angle (radians).
    slant : float
        Largest slant: how far a line moves to the side, beside its distance from the middle line.
    scale : float
        Largest change of size, in each direction by itself, as a share.
    elastic : float
        Standard deviation of what the smooth field adds to a place, as a share of the size.
    smoothness : float
        Standard deviation of the Gaussian filter, as a share of the size.
    """

    height: int
    width: int
    shift: float = 0.05
    rotation: float = 0.2
    slant: float = 0.2
    scale: float = 0.1
    elastic: float = 0.03
    smoothness: float = 0.15

    def __call__(self, x: Array, stream: Stream) -> Array:
        """Return distorted pictures: (n_rows, height · width) → the same shape."""
        rows, columns = self.places(len(x), stream)
        return like(self.shown(to_numpy(x), rows, columns), x)

    def places(self, n_rows: int, stream: Stream) -> tuple[np.ndarray, np.ndarray]:
        """Draw which place each pixel shows: its row and its column, each of shape (n_rows, height, width).

        Parameters
        ----------
        n_rows : int
        stream : Stream
            Where the random numbers come from.

        Returns
        -------
        rows, columns : ndarray, shape (n_rows, height, width)
            In pixels, with fractions.
        """
        template = np.empty(0, np.float32)
        shifts, angles, scales, slants = np.split(2 * stream.uniform((n_rows, 6), template) - 1, [2, 3, 5], axis=1)
        field = to_numpy(stream.normal((n_rows, 2 * self.height * self.width), template))
        elastic = self._smooth(field.reshape(n_rows, 2, self.height, self.width))
        angles, scales = self.rotation * angles, 1 + self.scale * scales
        cosine, sine = np.cos(angles)[:, :, None], np.sin(angles)[:, :, None]
        down = np.arange(self.height, dtype=np.float32)[None, :, None] - (self.height - 1) / 2
        right = np.arange(self.width, dtype=np.float32)[None, None, :] - (self.width - 1) / 2
        right = right + self.slant * slants[:, :, None] * down
        moves = self.shift * shifts[:, :, None, None] + elastic
        rows = scales[:, :1, None] * (cosine * down - sine * right) + self.height * moves[:, 0] + (self.height - 1) / 2
        columns = scales[:, 1:, None] * (sine * down + cosine * right) + self.width * moves[:, 1] + (self.width - 1) / 2
        return rows, columns

    def shown(self, x: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return what pictures show at these places, by linear interpolation in both directions.

        Parameters
        ----------
        x : ndarray, shape (n_rows, height · width)
        rows, columns : ndarray, shape (n_rows, height, width)
            See :meth:`places`.

        Returns
        -------
        ndarray, shape (n_rows, height · width)
        """
        rows = np.clip(rows, 0, self.height - 1).reshape(len(x), -1)
        columns = np.clip(columns, 0, self.width - 1).reshape(len(x), -1)
        top = np.minimum(rows.astype(np.intp), max(self.height - 2, 0))
        left = np.minimum(columns.astype(np.intp), max(self.width - 2, 0))
        below, beside = (rows - top).astype(x.dtype), (columns - left).astype(x.dtype)
        first = top * self.width + left + (np.arange(len(x)) * x.shape[1])[:, None]
        line, next_one = self.width if self.height > 1 else 0, 1 if self.width > 1 else 0
        pixels = np.ravel(x)
        upper = (1 - beside) * pixels[first] + beside * pixels[first + next_one]
        lower = (1 - beside) * pixels[first + line] + beside * pixels[first + line + next_one]
        return (1 - below) * upper + below * lower

    def _smooth(self, field: np.ndarray) -> np.ndarray:
        """Filter fields (..., height, width) with a Gaussian, and give them the standard deviation `elastic`."""
        down, right = self._filters
        return self.elastic * (down @ field @ right.T)

    @cached_property
    def _filters(self) -> tuple[np.ndarray, np.ndarray]:
        """Matrices that filter columns and rows; what comes out of normal numbers has variance 1 everywhere."""
        return _filter(self.height, self.smoothness * self.height), _filter(self.width, self.smoothness * self.width)


def _filter(n: int, width: float) -> np.ndarray:
    distances = np.arange(n)[:, None] - np.arange(n)[None, :]
    weights = np.exp(-0.5 * (distances / width) ** 2)
    return (weights / np.sqrt((weights**2).sum(1, keepdims=True))).astype(np.float32)
