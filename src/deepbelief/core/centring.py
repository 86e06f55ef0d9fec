"""Centred gradients: steps that do not depend on where the zero of a unit lies.

A machine with the energy ``−(v − μ)ᵀ W (h − λ) − ãᵀ(v − μ) − b̃ᵀ(h − λ)`` has the distributions of the ordinary one
with biases a = ã − W λ and b = b̃ − Wᵀ μ. A step uphill in (W, ã, b̃), written in the ordinary parameters, is the
centred gradient: unlike the ordinary one, it is the same for data whose zeros and ones are exchanged, and it is far
better conditioned where units are mostly on. With the mean of the data as μ and the mean hidden activity as λ it
approximates the natural gradient (Cho, Raiko & Ilin 2011; Montavon & Müller 2012; Melchior, Fischer & Wiskott, *How to
center deep Boltzmann machines*, JMLR 17, 2016, algorithm 1). A layer of a network has offsets of its inputs only:
``z = b̃ + (x − μ) W`` (LeCun, Bottou, Orr & Müller, *Efficient backprop*, 1998, §4.3).

The parameters stay those of an ordinary machine or network; any offsets, also those of a while ago, leave the points
where the gradient is zero as they are. They are measured anew at the beginning of each epoch, on at most a thousand
rows.
"""

from collections.abc import Sequence
from dataclasses import replace

from deepbelief.core.arrays import Array, namespace, product
from deepbelief.core.network import Layers, Network
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.rows import MONITORED_ROWS, Rows

Offsets = tuple[Array, ...]
_NAME = "offset"


def machine_offsets(machine: Machine, parameters: Parameters, v: Array) -> Offsets:
    """Return the mean of the visible units and of the hidden means over the rows of `v` (n_rows, n_visible)."""
    xp = namespace(v)
    return xp.mean(v, axis=0), xp.mean(machine.forward(parameters, v), axis=0)


def network_offsets(network: Network, layers: Layers, rows: Rows) -> Offsets:
    """Return the mean input of each layer over some rows, the softmax layer last."""
    inputs = network.layer_inputs(layers, rows.spread(MONITORED_ROWS).take(slice(None)))
    return tuple(namespace(x).mean(x, axis=0) for x in inputs)


def named(offsets: Offsets) -> dict[str, Array]:
    """Return offsets under names, as they are kept where an epoch is broken off."""
    return {f"{_NAME}.{place}": offset for place, offset in enumerate(offsets)}


def split_offsets(carried: dict[str, Array]) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return the named offsets in `carried`, in their order, and all the rest of it."""
    offsets = {name: array for name, array in carried.items() if name.startswith(_NAME)}
    return offsets, {name: array for name, array in carried.items() if name not in offsets}


def centred_machine(gradient: Parameters, offsets: Sequence[Array]) -> Parameters:
    """Return the centred gradient of a machine.

    Parameters
    ----------
    gradient : Parameters
        The ordinary one: average statistics of the data less those of the model.
    offsets : (visible, hidden), arrays of shape (n_visible,) and (n_hidden,)
        μ and λ.

    Returns
    -------
    Parameters
    """
    visible, hidden = offsets
    of_visible, of_hidden = gradient.visible["bias"], gradient.hidden["bias"]
    weights = gradient.weights - visible[:, None] * of_hidden - of_visible[:, None] * hidden
    return replace(
        gradient,
        weights=weights,
        visible=gradient.visible | {"bias": of_visible - product(weights, hidden)},
        hidden=gradient.hidden | {"bias": of_hidden - product(weights.T, visible)},
    )


def centred_network(gradient: Layers, offsets: Sequence[Array]) -> Layers:
    """Return the centred gradient of a network.

    Parameters
    ----------
    gradient : Layers
    offsets : sequence of array, shape (n_in,)
        μ of the inputs of each layer.

    Returns
    -------
    Layers
    """
    triples = list(zip(gradient.weights, gradient.biases, offsets, strict=True))
    weights = tuple(w - offset[:, None] * b for w, b, offset in triples)
    biases = tuple(b - product(w.T, offset) for w, (_, b, offset) in zip(weights, triples, strict=True))
    return Layers(weights, biases)
