"""What the hidden units of a network compute: the means of a stack's units, or rectified values of the same inputs."""

from dataclasses import dataclass
from typing import Protocol

from deepbelief.core.arrays import Array, namespace
from deepbelief.core.units import Activity, Bernoulli, UnitParameters


class Activation(Protocol):
    """What a network asks of its hidden units; every :class:`~deepbelief.core.units.Units` answers it."""

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        """Return what units with these inputs do, see :meth:`Units.mean`.

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        inputs : array, shape (n_rows, n_units)

        Returns
        -------
        array, shape (n_rows, n_units)
        """
        ...

    def activity(self, parameters: UnitParameters, inputs: Array) -> Activity:
        """Return what units with these inputs do, and what the way back needs to know of it.

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        inputs : array, shape (n_rows, n_units)

        Returns
        -------
        Activity
        """
        ...

    def backward(self, parameters: UnitParameters, activity: Activity, delta: Array) -> Array:
        """Return the gradient in the inputs, given the one in the values, see :meth:`Units.backward`.

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        activity : Activity
        delta : array, shape (n_rows, n_units)

        Returns
        -------
        array, shape (n_rows, n_units)
        """
        ...


@dataclass(frozen=True)
class Rectified:
    """Rectified linear units of a network: max(0, b + I). Parameter: ``bias`` (Nair & Hinton 2010; Glorot et al. 2011).

    They have no distribution, so no machine is made of them. A network that is grown from a stack keeps the weights and
    biases of the stack's binary units, and so the inputs of its units; what they make of their inputs is another thing.
    """

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        """Return max(0, b + I), of the shape of the inputs."""
        return namespace(inputs).clip(inputs + parameters["bias"], 0.0, None)

    def activity(self, parameters: UnitParameters, inputs: Array) -> Activity:
        """Return the same as an activity."""
        return Activity(self.mean(parameters, inputs))

    def backward(self, parameters: UnitParameters, activity: Activity, delta: Array) -> Array:
        """Return the gradient where a unit is above its threshold, and 0 elsewhere."""
        return delta * (activity.values > 0)


ACTIVATIONS: dict[str, Activation] = {"logistic": Bernoulli(), "relu": Rectified()}
