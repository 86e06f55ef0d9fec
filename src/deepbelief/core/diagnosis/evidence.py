"""What the rules about one layer look at."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from deepbelief.core.arrays import Array, to_numpy
from deepbelief.core.stack import Layer


@dataclass(frozen=True)
class Evidence:
    """What a layer makes of some rows, as NumPy arrays at float64.

    Parameters
    ----------
    number : int
        Of the layer, from 1.
    layer : Layer
    rows : array, shape (n_rows, n_visible)
    """

    number: int
    layer: Layer
    rows: Array

    @property
    def where(self) -> str:
        """What findings call the layer."""
        return f"layer {self.number}"

    @cached_property
    def inputs(self) -> np.ndarray:
        """The rows, shape (n_rows, n_visible)."""
        return _exact(self.rows)

    @cached_property
    def weights(self) -> np.ndarray:
        """The weights, shape (n_visible, n_hidden)."""
        return _exact(self.layer.parameters.weights)

    @cached_property
    def above(self) -> Array:
        """The hidden means, which are the rows of the next layer: (n_rows, n_hidden)."""
        return self.layer.machine.forward(self.layer.parameters, self.rows)

    @cached_property
    def hidden(self) -> np.ndarray:
        """The same, as a NumPy array."""
        return _exact(self.above)

    @cached_property
    def reconstructions(self) -> np.ndarray:
        """What comes down again, shape (n_rows, n_visible)."""
        machine = self.layer.machine.given(self.rows)
        return _exact(machine.reverse(self.layer.parameters, self.above))

    def slopes(self) -> np.ndarray:
        """Return the mean variance of each hidden unit about its means, which is its slope: (n_hidden,).

        Returns
        -------
        ndarray, shape (n_hidden,)
        """
        machine, parameters = self.layer.machine, self.layer.parameters
        inputs = machine.hidden_inputs(parameters, self.rows)
        return _exact(machine.hidden.variance(parameters.hidden, inputs)).mean(axis=0)

    def of(self, rows: Array) -> "Evidence":
        """Return the evidence of the same layer for other rows.

        Parameters
        ----------
        rows : array, shape (n_rows, n_visible)

        Returns
        -------
        Evidence
        """
        return replace(self, rows=rows)


def _exact(values: Array) -> np.ndarray:
    return to_numpy(values).astype(float)
