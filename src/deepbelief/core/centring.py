"""Centred gradients: steps that do not depend on where the zero of an input lies.

A machine with the energy ``−(v − μ)ᵀ W h − aᵀ v − b̃ᵀ h`` has the distributions of the ordinary one with hidden biases
b = b̃ − Wᵀ μ. A step uphill in (W, a, b̃), written in the ordinary parameters, is the centred gradient: unlike the
ordinary one, it is the same for data whose zeros and ones are exchanged, and it is far better conditioned where units
are mostly on (Cho, Raiko & Ilin 2011; Montavon & Müller 2012; Melchior, Fischer & Wiskott, *How to center deep
Boltzmann machines*, JMLR 17, 2016). Each layer of a network has offsets of its inputs in the same way:
``z = b̃ + (x − μ) W`` (LeCun, Bottou, Orr & Müller, *Efficient backprop*, 1998, §4.3).

Weight decay is a slope of the centred parameters too: it draws W towards 0 and leaves b̃, the mean input of the units
above, where it is. In the ordinary parameters it therefore changes b by +decay · Wᵀ μ.

The parameters stay those of an ordinary machine or network; any offsets, also those of a while ago, leave the points
where the gradient is zero as they are. They are measured anew at the beginning of each epoch, on at most a thousand
rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from deepbelief.core.arrays import Array, product
from deepbelief.core.batch import Batch
from deepbelief.core.network import Layers, Network
from deepbelief.core.optimizers import WeightDecay
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.rows import Rows
from deepbelief.core.units.base import average

_OFFSET, _FIELD = "offset.", "field."


@dataclass(frozen=True)
class Centre:
    """What the gradients of an epoch are centred by, from the bottom layer up.

    Parameters
    ----------
    offsets : tuple of array, shape (n_in,)
        μ of the inputs of each layer.
    fields : tuple of array, shape (n_out,)
        Wᵀ μ, with the weights at the beginning of the epoch.
    """

    offsets: tuple[Array, ...]
    fields: tuple[Array, ...]

    @classmethod
    def of_machine(cls, machine: Machine, parameters: Parameters, batch: Batch) -> "Centre":
        """Return the centre of a machine, by the mean of some rows.

        Where hidden biases count several times in a row, μ is the mean row for which they count once.

        Parameters
        ----------
        machine : Machine
        parameters : Parameters
        batch : Batch
            Rows to take the mean of.

        Returns
        -------
        Centre
        """
        mean = average(batch.v, batch.relative_shares)
        counts = machine.bias_counts(mean)
        counts = counts + (counts == 0)  # documents without a word have no offsets
        return cls._at((mean / counts,), (parameters.weights,))

    @classmethod
    def of_network(cls, network: Network, layers: Layers, rows: Rows) -> "Centre":
        """Return the centre of a network: the mean input of each of its layers over some rows, the top layer last.

        Parameters
        ----------
        network : Network
        layers : Layers
        rows : Rows

        Returns
        -------
        Centre
        """
        batch = rows.monitored()
        inputs = network.layer_inputs(layers, batch.v)
        return cls._at(tuple(average(x, batch.relative_shares) for x in inputs), layers.weights)

    @classmethod
    def _at(cls, offsets: tuple[Array, ...], weights: Sequence[Array]) -> "Centre":
        return cls(offsets, tuple(product(w.T, offset) for w, offset in zip(weights, offsets, strict=True)))

    @classmethod
    def split(cls, carried: dict[str, Array]) -> tuple["Centre | None", dict[str, Array]]:
        """Return the centre that is among the named arrays in `carried`, if there is one, and all the rest of them.

        Parameters
        ----------
        carried : dict of array

        Returns
        -------
        centre : Centre or None
        rest : dict of array
        """
        offsets, fields = (
            tuple(carried[name] for name in sorted(carried, key=len) if name.startswith(prefix))
            for prefix in (_OFFSET, _FIELD)
        )
        rest = {name: array for name, array in carried.items() if not name.startswith((_OFFSET, _FIELD))}
        return cls(offsets, fields) if offsets else None, rest

    def named(self) -> dict[str, Array]:
        """Return all arrays by name, as a checkpoint in the middle of an epoch keeps them.

        Returns
        -------
        dict of array
        """
        return {
            f"{prefix}{place}": array
            for prefix, arrays in ((_OFFSET, self.offsets), (_FIELD, self.fields))
            for place, array in enumerate(arrays)
        }


def centred_machine(gradient: Parameters, centre: Centre, decay: WeightDecay) -> Parameters:
    """Return the centred gradient of a machine.

    Parameters
    ----------
    gradient : Parameters
        The ordinary one: average statistics of the data less those of the model.
    centre : Centre
    decay : WeightDecay
        As the optimizer will let the weights decay.

    Returns
    -------
    Parameters
    """
    (offset,), (field,) = centre.offsets, centre.fields
    weights, bias = _centred(gradient.weights, gradient.hidden["bias"], offset, field, decay.of(0))
    return replace(gradient, weights=weights, hidden=gradient.hidden | {"bias": bias})


def centred_network(gradient: Layers, centre: Centre, decay: WeightDecay) -> Layers:
    """Return the centred gradient of a network; see :func:`centred_machine`.

    Parameters
    ----------
    gradient : Layers
        The ordinary gradient.
    centre : Centre
    decay : WeightDecay
        As the optimizer will let the weights decay.

    Returns
    -------
    Layers
    """
    layers = zip(gradient.weights, gradient.biases, centre.offsets, centre.fields, strict=True)
    centred = (_centred(*layer, decay.of(depth)) for depth, layer in enumerate(layers))
    weights, biases = zip(*centred, strict=True)
    return Layers(weights, biases)


def _centred(weights: Array, bias: Array, offset: Array, field: Array, decay: float) -> tuple[Array, Array]:
    centred = offset[:, None] * -bias
    centred += weights  # in place: no third array of this size
    return centred, bias - product(centred.T, offset) + decay * field
