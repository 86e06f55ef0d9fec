"""Conditional means and samples of one layer, for steps on the host, written into preallocated arrays.

Biases are part of the weights (see :mod:`~deepbelief.core.kernels.engine`), so that inputs arrive with them added.
"""

from abc import ABC, abstractmethod

import numpy as np

from deepbelief.core.kernels.engine import Engine
from deepbelief.core.parallel import Group
from deepbelief.core.randomness import Stream
from deepbelief.core.units import Activity, Bernoulli, Gaussian, UnitParameters, Units


class HostLayer(ABC):
    """One layer of a machine, without parameters beside the bias unless the layer says otherwise.

    Arrays to be written to may have more columns than there are units, which stay as they are.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @abstractmethod
    def means(self, x: np.ndarray, w: np.ndarray, out: np.ndarray, scale: float = 1.0) -> Activity | None:
        """Write scale · E[y | x w] into `out`; return the means and the inputs if :meth:`count` is to know them.

        Parameters
        ----------
        x : ndarray, shape (n_rows, n_in + 1)
            Units of the layer that sends, and the border of ones.
        w : ndarray, shape (n_in + 1, n_out)
            Weights and biases.
        out : ndarray, shape (n_rows, n_units + 1)
            Where means go.
        scale : float, default=1.0
            A factor of what is written.

        Returns
        -------
        Activity or None
        """

    @abstractmethod
    def draw(
        self,
        x: np.ndarray,
        w: np.ndarray,
        states: np.ndarray,
        stream: Stream,
        out: np.ndarray | None = None,
        scale: float = 1.0,
    ) -> Activity | None:
        """Write states drawn from p(y | x w) into `states`, and into `out`, if there is one, what `means` writes.

        Parameters
        ----------
        x : ndarray, shape (n_rows, n_in + 1)
            Units of the layer that sends, and the border of ones.
        w : ndarray, shape (n_in + 1, n_out)
            Weights and biases.
        states : ndarray, shape (n_rows, n_units + 1)
            Where states go.
        stream : Stream
            Where the random numbers come from.
        out : ndarray, shape (n_rows, n_units + 1), optional
            Where means go.
        scale : float, default=1.0
            A factor of what is written.

        Returns
        -------
        Activity or None
        """

    # The methods from here on do nothing where units learn nothing but a bias: empty on purpose, not abstract (B027).

    def count(self, activity: Activity | None, row_weights: np.ndarray) -> None:  # noqa: B027
        """Add the statistics of rows of the data or of the model, weighted, to the step of the other parameters.

        Parameters
        ----------
        activity : Activity or None
            What `means` or `draw` returned.
        row_weights : ndarray, shape (n_rows,)
        """

    def steepness(self, activity: Activity | None) -> np.ndarray | None:
        """Return what the steps of each unit are divided by, see :func:`~deepbelief.core.gradients.steepness_of`.

        Parameters
        ----------
        activity : Activity or None
            What `means` or `draw` returned.

        Returns
        -------
        ndarray, shape (n_units,), or None
        """
        return None

    def give(self, v: np.ndarray) -> None:  # noqa: B027
        """Prepare the layer for rows like these: some units depend on given values, such as lengths of documents.

        Parameters
        ----------
        v : ndarray, shape (n_rows, n_visible)
        """

    def update(self, momentum: float, group: Group) -> None:  # noqa: B027
        """Make the step that was counted.

        Parameters
        ----------
        momentum : float
        group : Group
            The processes that train together.
        """

    def learned(self) -> UnitParameters:
        """Return the parameters beside the bias.

        Returns
        -------
        dict of array
        """
        return {}

    def velocity(self) -> UnitParameters:
        """Return the last step of the parameters beside the bias.

        Returns
        -------
        dict of array
        """
        return {}


class BinaryLayer(HostLayer):
    """Bernoulli units, whose product, means and states are one pass over memory."""

    def means(self, x: np.ndarray, w: np.ndarray, out: np.ndarray, scale: float = 1.0) -> None:
        """Write scaled means."""
        self._engine.logistic(x, w, out, scale)

    def draw(
        self,
        x: np.ndarray,
        w: np.ndarray,
        states: np.ndarray,
        stream: Stream,
        out: np.ndarray | None = None,
        scale: float = 1.0,
    ) -> None:
        """Write states, and scaled means."""
        self._engine.logistic(x, w, out, scale, states, stream)


class RealLayer(HostLayer):
    """Gaussian units of variance 1, whose means are their inputs."""

    def means(self, x: np.ndarray, w: np.ndarray, out: np.ndarray, scale: float = 1.0) -> None:
        """Write scaled means."""
        values = out[:, : w.shape[1]]
        self._engine.linear(x, w, values)
        if scale != 1:
            values *= scale

    def draw(
        self,
        x: np.ndarray,
        w: np.ndarray,
        states: np.ndarray,
        stream: Stream,
        out: np.ndarray | None = None,
        scale: float = 1.0,
    ) -> None:
        """Write states, and scaled means."""
        values = states[:, : w.shape[1]]
        self._engine.linear(x, w, values)
        if out is not None:
            np.multiply(values, scale, out=out[:, : w.shape[1]])
        values += stream.normal(values.shape, values)


class AnyLayer(HostLayer):
    """Units of any type, as the type itself computes them; what they learn beside the bias is kept here.

    Parameters
    ----------
    engine : Engine
    units : Units
    parameters, velocity : dict of array, shape (n_units,)
    n_most : int
        Rows at a time.
    """

    def __init__(
        self, engine: Engine, units: Units, parameters: UnitParameters, velocity: UnitParameters, n_most: int
    ) -> None:
        super().__init__(engine)
        self._type = self._units = units
        self._parameters: UnitParameters = {name: np.array(leaf) for name, leaf in parameters.items()}
        self._parameters["bias"][:] = 0
        self._velocity = {name: np.array(leaf) for name, leaf in velocity.items() if name != "bias"}
        self._change = {name: 0 * leaf for name, leaf in self._velocity.items()}
        self._inputs = engine.zeros(n_most, len(parameters["bias"]))

    def means(self, x: np.ndarray, w: np.ndarray, out: np.ndarray, scale: float = 1.0) -> Activity:
        """Write scaled means."""
        return _scaled(self._units.activity(self._parameters, self._inputs_of(x, w)), out, scale)

    def draw(
        self,
        x: np.ndarray,
        w: np.ndarray,
        states: np.ndarray,
        stream: Stream,
        out: np.ndarray | None = None,
        scale: float = 1.0,
    ) -> Activity | None:
        """Write states, and scaled means."""
        inputs, drawn = self._inputs_of(x, w), states[:, : w.shape[1]]
        if out is None:
            drawn[:] = self._units.sample(self._parameters, inputs, stream)
            return None
        drawn[:], activity = self._units.sample_and_activity(self._parameters, inputs, stream)
        return _scaled(activity, out, scale)

    def _inputs_of(self, x: np.ndarray, w: np.ndarray) -> np.ndarray:
        inputs = self._inputs[: len(x)]
        self._engine.linear(x, w, inputs)
        return inputs

    def steepness(self, activity: Activity | None) -> np.ndarray | None:
        """Return the largest slope of each unit, at least 1, if slopes have no bound."""
        if activity is None or not self._units.slope_grows:
            return None
        variances = np.asarray(self._units.variance(self._parameters, activity.known_inputs))
        return np.clip(variances.max(axis=0), 1.0, None)

    def give(self, v: np.ndarray) -> None:
        """Prepare the layer for rows like these."""
        self._units = self._type.given(v)

    def count(self, activity: Activity | None, row_weights: np.ndarray) -> None:
        """Add the statistics of rows of the data or of the model."""
        if self._velocity and activity is not None:
            found = self._units.statistics(self._parameters, activity, row_weights)
            for name, change in self._change.items():
                change += found[name]

    def update(self, momentum: float, group: Group) -> None:
        """Make the step that was counted."""
        for name, change in self._change.items():
            group.add_up(change)
            velocity = self._velocity[name]
            velocity *= momentum
            velocity += change
            self._parameters[name] += velocity
            change[:] = 0

    def learned(self) -> UnitParameters:
        """Return the parameters beside the bias."""
        return {name: np.array(self._parameters[name]) for name in self._velocity}

    def velocity(self) -> UnitParameters:
        """Return the last step of the parameters beside the bias."""
        return {name: leaf.copy() for name, leaf in self._velocity.items()}


def _scaled(activity: Activity, out: np.ndarray, scale: float) -> Activity:
    """Write means, times `scale`, to the left of the last column."""
    np.multiply(activity.values, scale, out=out[:, : activity.values.shape[1]])
    return activity


def host_layer(
    engine: Engine, units: Units, parameters: UnitParameters, velocity: UnitParameters, n_most: int
) -> HostLayer:
    """Return the layer that computes units of this type fastest.

    Parameters
    ----------
    engine : Engine
    units : Units
    parameters : dict of array, shape (n_units,)
    velocity : dict of array, shape (n_units,)
        The last step.
    n_most : int
        The most rows at a time.

    Returns
    -------
    HostLayer
    """
    if units == Bernoulli():
        return BinaryLayer(engine)
    if units == Gaussian():
        return RealLayer(engine)
    return AnyLayer(engine, units, parameters, velocity, n_most)
