"""Unit types: what one layer of a machine is made of.

A layer of units x has the energy ``U(x) − x·I``, where I is the input that the other layer sends through the weights.
Each type gives, for its own U:

* the *potential* U(x),
* the *log-partition* (cumulant) Γ(I) = log ∫ exp(x·I − U(x)) dx, a sum where the values are countable,
* its derivatives in I: the conditional *mean* and *variance*,
* a *sample* of p(x | I) ∝ exp(x·I − U(x)),
* the *sufficient statistics* −∂U/∂parameter, averaged over rows.

All of them follow from the input. The mean of a unit does not say enough: two rectified units with the same mean, for
instance, can have different variances.

Types hold settings only. Their parameters are dictionaries of arrays of shape (n_units,), so that a gradient can have
the same shape. This natural form, the same on both sides of a machine, follows Tubiana & Monasson, *Emergence of
compositional representations in restricted Boltzmann machines*, PRL 118 (2017), eq. 1–3.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from deepbelief.core.arrays import Array, namespace
from deepbelief.core.logistic import between
from deepbelief.core.randomness import Stream

UnitParameters = dict[str, Array]
ONE = np.ones(1)

_DOUBLINGS, _HALVINGS = 20, 60  # of the interval in which an input is sought


def average(x: Array, row_weights: Array | None = None) -> Array:
    """Average over rows: (n_rows, n) → (n,), or their sum weighted by `row_weights`, (n_rows,) or (n_rows, n).

    Parameters
    ----------
    x : array, shape (n_rows, n)
    row_weights : array, shape (n_rows,) or (n_rows, n), optional

    Returns
    -------
    array, shape (n,)
    """
    if row_weights is None:
        return namespace(x).mean(x, axis=0)
    return row_weights @ x if row_weights.ndim == 1 else namespace(x).sum(row_weights * x, axis=0)


@dataclass(frozen=True)
class Activity:
    """What the units of a layer do: their values, or their conditional means.

    Parameters
    ----------
    values : array, shape (n_rows, n_units)
    inputs : array, shape (n_rows, n_units), or None
        Where `values` are conditional means: the inputs that they follow from. An average over rows is then one over
        the units' conditional distributions too.
    """

    values: Array
    inputs: Array | None = None

    @property
    def known_inputs(self) -> Array:
        """The inputs of conditional means."""
        assert self.inputs is not None
        return self.inputs


@dataclass(frozen=True)
class ConstantSum:
    """A set of units whose values always have the same sum.

    Parameters
    ----------
    columns : slice
        The units of the set.
    total : float
        Their sum.
    """

    columns: slice
    total: float


class Units(ABC):
    """What every unit type answers. Inputs and values have shape (n_rows, n_units).

    Units that are independent of all others given the input are a *site*: a group of a categorical layer, or, of most
    types, each unit by itself.
    """

    @abstractmethod
    def neutral(self, n_units: int, other: Array) -> UnitParameters:
        """Return neutral parameters, such as zero biases, as arrays like `other`.

        Parameters
        ----------
        n_units : int
            The number of units in the layer.
        other : array
            An array of the library, on the device and with the dtype wanted.

        Returns
        -------
        dict of array, shape (n_units,)
        """

    def at_rest(self, n_units: int, other: Array) -> UnitParameters:
        """Return the parameters with which hidden units start: what they do without input, as arrays like `other`.

        Parameters
        ----------
        n_units : int
            The number of units in the layer.
        other : array
            An array of the library, on the device and with the dtype wanted.

        Returns
        -------
        dict of array, shape (n_units,)
        """
        return self.neutral(n_units, other)

    @abstractmethod
    def matched(self, mean: Array, variance: Array) -> UnitParameters:
        """Return the parameters with which independent units have this `mean` and `variance`, both (n_units,).

        Parameters
        ----------
        mean : array, shape (n_units,)
        variance : array, shape (n_units,)

        Returns
        -------
        dict of array, shape (n_units,)
        """

    @abstractmethod
    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        """Return U(x), summed over the units: (n_rows,).

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        x : array, shape (n_rows, n_units)
            Values of the units.

        Returns
        -------
        array, shape (n_rows,)
        """

    @abstractmethod
    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        """Return Γ(I) for every site: (n_rows, n_sites).

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        inputs : array, shape (n_rows, n_units)
            I, what the other layer sends through the weights.

        Returns
        -------
        array, shape (n_rows, n_sites)
            In nats.
        """

    @abstractmethod
    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        """Return E[x | I] = ∂Γ/∂I: (n_rows, n_units).

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        inputs : array, shape (n_rows, n_units)
            I, what the other layer sends through the weights.

        Returns
        -------
        array, shape (n_rows, n_units)
        """

    @abstractmethod
    def variance(self, parameters: UnitParameters, inputs: Array) -> Array:
        """Return Var[x | I] = ∂²Γ/∂I²: (n_rows, n_units).

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        inputs : array, shape (n_rows, n_units)
            I, what the other layer sends through the weights.

        Returns
        -------
        array, shape (n_rows, n_units)
        """

    @abstractmethod
    def sample(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> Array:
        """Draw from p(x | I): (n_rows, n_units).

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        inputs : array, shape (n_rows, n_units)
            I, what the other layer sends through the weights.
        stream : Stream
            Where the random numbers come from.

        Returns
        -------
        array, shape (n_rows, n_units)
        """

    def activity(self, parameters: UnitParameters, inputs: Array) -> Activity:
        """Return the conditional means, with the inputs that they follow from.

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        inputs : array, shape (n_rows, n_units)
            I, what the other layer sends through the weights.

        Returns
        -------
        Activity
        """
        return Activity(self.mean(parameters, inputs), inputs)

    def sample_and_activity(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> tuple[Array, Activity]:
        """Return what :meth:`sample` and :meth:`activity` do; a type may compute once what both need.

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        inputs : array, shape (n_rows, n_units)
            I, what the other layer sends through the weights.
        stream : Stream
            Where the random numbers come from.

        Returns
        -------
        drawn : array, shape (n_rows, n_units)
        activity : Activity
        """
        return self.sample(parameters, inputs, stream), self.activity(parameters, inputs)

    @abstractmethod
    def statistics(
        self, parameters: UnitParameters, activity: Activity, row_weights: Array | None = None
    ) -> UnitParameters:
        """Return the average over rows of −∂U/∂parameter.

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        activity : Activity
        row_weights : array, shape (n_rows,) or (n_rows, n_units), optional
            A weighted sum with these weights instead of the average.

        Returns
        -------
        dict of array, shape (n_units,)
            Shaped like `parameters`.
        """

    def backward(self, parameters: UnitParameters, activity: Activity, delta: Array) -> Array:
        """Return a gradient in the inputs, from the gradient `delta` in the conditional means: both (n_rows, n_units).

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        activity : Activity
            Conditional means, with their inputs.
        delta : array, shape (n_rows, n_units)

        Returns
        -------
        array, shape (n_rows, n_units)
        """
        return delta * self.variance(parameters, activity.known_inputs)

    def sites(self, n_units: int) -> list[np.ndarray] | None:
        """Return all values that units can take, to enumerate a layer; None if they are too many to list.

        Parameters
        ----------
        n_units : int
            The number of units in the layer.

        Returns
        -------
        list of ndarray, shape (n_values, n_columns)
            For each site, from the first on, the values that its columns can take together.
        """
        return None

    def sample_between(
        self, parameters: UnitParameters, beta: Array | float, inputs: Array, field: Array, stream: Stream
    ) -> Array:
        """Draw from p(x | β I + (1 − β) s), with β a number or one for each row, (n_rows, 1), and s (n_units,).

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        beta : float or array, shape (n_rows, 1)
            β, the inverse temperature.
        inputs : array, shape (n_rows, n_units)
            I, what the other layer sends through the weights.
        field : array, shape (n_units,)
            s, the inputs of independent units.
        stream : Stream
            Where the random numbers come from.

        Returns
        -------
        array, shape (n_rows, n_units)
        """
        return self.sample(parameters, between(beta, inputs, field), stream)

    def log_partition_change(
        self, parameters: UnitParameters, old: Array | float, new: Array | float, inputs: Array, field: Array
    ) -> Array:
        """Return Γ(β I + (1 − β) s), summed over units, at a new β less that at an old one: (n_rows,), at float64.

        Differences are taken unit by unit, where they are small, before anything is summed.

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        old, new : float or array, shape (n_rows, 1)
            β before and after.
        inputs : array, shape (n_rows, n_units)
            I, what the other layer sends through the weights.
        field : array, shape (n_units,)
            s, the inputs of independent units.

        Returns
        -------
        array of float64, shape (n_rows,)
        """
        before, after = (self.log_partition(parameters, between(beta, inputs, field)) for beta in (old, new))
        xp = namespace(inputs)
        return xp.sum(after - before, -1, dtype=xp.float64)

    def by_site(self, x: Array) -> Array:
        """Return what is the same for all units of a site, (n_rows, n_units), for each site: (n_rows, n_sites).

        Parameters
        ----------
        x : array, shape (n_rows, n_units)
            Values of the units.

        Returns
        -------
        array, shape (n_rows, n_sites)
        """
        return x

    def part(self, columns: slice) -> "Units":
        """Return the type of the units of one site.

        Parameters
        ----------
        columns : slice

        Returns
        -------
        Units
        """
        return self

    def constant_sums(self, n_units: int) -> list[ConstantSum]:
        """Return the sets of units whose values have the same sum whatever happens; none, for most types.

        A number added to all weights of such a set then is the same as some other biases, see
        :mod:`~deepbelief.core.gauge`.

        Parameters
        ----------
        n_units : int
            The number of units in the layer.

        Returns
        -------
        list of ConstantSum
        """
        return []

    def given(self, v: Array) -> "Units":
        """Return the type of the visible units for some rows.

        It is another for documents, which have lengths; most types do not depend on the rows.

        Parameters
        ----------
        v : array, shape (n_rows, n_units)

        Returns
        -------
        Units
        """
        return self

    @property
    def bias_share(self) -> float | None:
        """How many times the biases of the hidden layer count for each 1 in a row; None if just once a row."""
        return None

    def inputs_for(self, parameters: UnitParameters, mean: Array) -> Array:
        """Return the inputs at which units with these parameters have this `mean`, or nearly: both (n_units,).

        By bisection, as every mean rises with its input; types whose only parameter is a bias say it themselves.

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        mean : array, shape (n_units,)

        Returns
        -------
        array, shape (n_units,)
        """
        if self.parameter_names == ("bias",):
            return self.matched(mean, 0 * mean)["bias"] - parameters["bias"]
        xp = namespace(mean)
        reach = xp.ones_like(mean)
        for _ in range(_DOUBLINGS):
            lowest, highest = self.mean(parameters, xp.stack([-reach, reach]))
            reach = xp.where((lowest > mean) | (highest < mean), 2 * reach, reach)
        low, high = -reach, reach
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            is_low = self.mean(parameters, middle[None])[0] < mean
            low, high = xp.where(is_low, middle, low), xp.where(is_low, high, middle)
        return (low + high) / 2

    def precision(self, parameters: UnitParameters) -> Array | None:
        """Return γ (n_units,) of units whose potential is γ x²/2 − b·x over all real numbers; None of other units.

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)

        Returns
        -------
        array, shape (n_units,), or None
        """
        return None

    bounds: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    """Between which all values lie."""

    values: ClassVar[str] = "any numbers"
    """Which values the units take, in words."""

    needs_bounded: ClassVar[bool] = False
    """Whether there is a distribution only with bounded units in the other layer."""

    slope_grows: ClassVar[bool] = False
    """Whether the slope of a conditional mean grows with its input without bound."""

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What the parameters are called."""
        return tuple(self.neutral(1, np.zeros(1)))

    @property
    def learns_scale(self) -> bool:
        """Whether a parameter says how much a unit varies: that learns in exponentials."""
        return False

    def slope(self, variances: np.ndarray = ONE) -> float:
        """Return the largest slope that a typical conditional mean can have in its input, as parameters start.

        Parameters
        ----------
        variances : ndarray
            Of the units, over the data.

        Returns
        -------
        float
        """
        return 1.0

    def takes(self, x: np.ndarray) -> np.ndarray:
        """Tell of each number in `x` whether it is a value that visible units of this type can have.

        Parameters
        ----------
        x : ndarray

        Returns
        -------
        ndarray of bool, shape of `x`
        """
        low, high = self.bounds
        return (x >= low) & (x <= high)

    number: ClassVar[str] = ""
    """What a type calls a number of its own, of trials or of categories: its name then is like ``binomial(16)``."""

    def fitted(self, number: float) -> "Units":
        """Return units with this number, where a type needs one.

        Parameters
        ----------
        number : float

        Returns
        -------
        Units
        """
        return self

    def number_of(self, x: np.ndarray) -> float:
        """Return the number that suits data (n_rows, n_units), an array or a sparse matrix.

        Parameters
        ----------
        x : array or sparse matrix, shape (n_rows, n_units)

        Returns
        -------
        float

        Raises
        ------
        TypeError
            If the type needs no number.
        """
        raise TypeError(f"{type(self).__name__} units need no number.")

    @property
    def is_bounded(self) -> bool:
        """Whether the values have a lowest and a highest one."""
        return math.isfinite(self.bounds[1] - self.bounds[0])

    def absorbed(self, parameters: UnitParameters) -> tuple["Units", Array | float, Array | float]:
        """Return units of which a bias is the only parameter, and that compute the same means, for a network.

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)

        Returns
        -------
        units : Units
        scale_in, scale_out : array, shape (n_units,), or float
            E[x | I] of these units with their parameters is `scale_out` times the mean of the returned ones at
            `scale_in` times I and the bias.
        """
        return self, 1.0, 1.0
