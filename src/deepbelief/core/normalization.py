"""Batch normalisation: the inputs of the units of a layer get mean 0 and variance 1 over the rows of a step.

Ioffe & Szegedy, *Batch normalization: accelerating deep network training* (2015). With z = x W the inputs of a layer, m
and s their means and standard deviations over a batch, its units are given γ (z − m)/s + β, with gains γ and biases β
that are learned. Training then depends on the sizes of neither rows nor weights.

How a trained network begins with it, and how an ordinary network comes out in the end, says
:mod:`~deepbelief.core.folding`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from deepbelief.core.arrays import Array, namespace

EPSILON = 1e-5  # added to variances


@dataclass(frozen=True)
class Normalized:
    """The inputs of a layer, normalised.

    Parameters
    ----------
    values : array, shape (n_rows, n_units)
    deviations : tuple of array, shape (n_units,)
        By which the inputs of each part were divided.
    parts : sequence of slice
        Rows that were normalised together.
    """

    values: Array
    deviations: tuple[Array, ...]
    parts: Sequence[slice]

    @classmethod
    def of(cls, inputs: Array, parts: Sequence[slice]) -> "Normalized":
        """Normalise inputs, each part by itself.

        Parameters
        ----------
        inputs : array, shape (n_rows, n_units)
        parts : sequence of slice
            Rows that are normalised together.

        Returns
        -------
        Normalized
        """
        values, deviations = [], []
        for part in parts:
            mean, deviation = moments(inputs[part])
            values.append((inputs[part] - mean) / deviation)
            deviations.append(deviation)
        return cls(_together(values), tuple(deviations), parts)

    def backward(self, delta: Array) -> Array:
        """Return the gradient in the inputs, from the gradient `delta` in the values: both (n_rows, n_units).

        A row also counts in the mean and in the deviation, hence the second term and the third.

        Parameters
        ----------
        delta : array, shape (n_rows, n_units)

        Returns
        -------
        array, shape (n_rows, n_units)
        """
        found = []
        for part, deviation in zip(self.parts, self.deviations, strict=True):
            slopes, values = delta[part], self.values[part]
            found.append((slopes - slopes.mean(0) - values * (slopes * values).mean(0)) / deviation)
        return _together(found)


def moments(inputs: Array) -> tuple[Array, Array]:
    """Return means and standard deviations, each (n_units,).

    Parameters
    ----------
    inputs : array, shape (n_rows, n_units)

    Returns
    -------
    means : array, shape (n_units,)
    deviations : array, shape (n_units,)
    """
    mean = inputs.mean(0)
    differences = inputs - mean
    return mean, ((differences * differences).mean(0) + EPSILON) ** 0.5


def _together(parts: list[Array]) -> Array:
    return parts[0] if len(parts) == 1 else namespace(parts[0]).concatenate(parts)
