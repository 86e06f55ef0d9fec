"""From a stack of machines to a network.

A stack is unrolled by keeping its weights and hidden biases and dropping the reverse biases; another layer goes on top
(Hinton & Salakhutdinov, *Reducing the dimensionality of data with neural networks*, 2006).
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from deepbelief.core.arrays import Array, namespace, product, zeros
from deepbelief.core.network import Layers, Network
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.stack import Layer
from deepbelief.core.training import INPUT_SPREAD

# Of the inputs of a layer over the rows: half as much again as when training begins. Layers that learned something have
# 1 to 3.
LEAST_SPREAD = 1.5 * INPUT_SPREAD


def reinitialized(stack: Sequence[Layer], x: Array, streams: RandomStreams) -> list[Layer]:
    """Return the stack with fresh random weights in the layers that hardly respond to the data.

    Backpropagation cannot start from units whose input is about the same for all rows: pretraining leaves such a layer
    where the data had nothing for it to learn, or where it was given no epochs. A layer whose inputs spread by less
    than `LEAST_SPREAD` over the rows (root mean square over its units) gets random weights under which they spread by
    one, and biases under which they are zero on average, where a unit is most sensitive: the data-dependent start of
    Mishkin & Matas, *All you need is a good init* (2016). So do all layers above it, which have learned from what it
    made of the data before. Every other layer stays as it is.

    Parameters
    ----------
    stack : sequence of Layer
    x : array, shape (n_rows, n_visible)
        Some of the data.
    streams : RandomStreams

    Returns
    -------
    list of Layer
    """
    layers, is_fresh = [], False
    for index, layer in enumerate(stack):
        parameters = layer.parameters
        is_fresh = is_fresh or _spread(product(x, parameters.weights)) < LEAST_SPREAD
        if is_fresh:
            # The name of the stream chooses the random numbers: another one would change the models of today's seeds.
            fresh = streams.stream("awakened", index).normal(tuple(parameters.weights.shape), x)
            spread = _spread(product(x, fresh))
            weights = fresh / spread if spread > 0 else fresh
            hidden = parameters.hidden | {"bias": -namespace(x).mean(product(x, weights), axis=0)}
            layer = Layer(layer.machine, replace(parameters, weights=weights, hidden=hidden))
        layers.append(layer)
        x = layer.machine.forward(layer.parameters, x)
    return layers


def _spread(inputs: Array) -> float:
    """Return the root mean square deviation of the inputs of a layer from their mean over the rows."""
    xp = namespace(inputs)
    return math.sqrt(float(xp.mean((inputs - xp.mean(inputs, axis=0)) ** 2)))


def unroll(stack: Sequence[Layer], top: Layers) -> tuple[Network, Layers]:
    """Return the network that computes the stack's upward pass, then `top`.

    With the same layers, another network than this one may be trained: one whose units rectify their inputs.

    Parameters
    ----------
    stack : sequence of Layer
    top : Layers
        A single layer, weights of shape (n_hidden of the stack's top, n_outputs).

    Returns
    -------
    network : Network
    layers : Layers
    """
    weights, biases, hidden = [], [], []
    below: Array | float = 1.0
    for layer in stack:
        units, scale_in, scale_out = layer.machine.hidden.absorbed(layer.parameters.hidden)
        feed, bias = _fed_forward(layer)
        weights.append(_scaled_rows(feed, below) * scale_in)
        biases.append(bias * scale_in)
        hidden.append(units)
        below = scale_out
    on_top = _scaled_rows(top.weights[0], below)
    return Network(tuple(hidden)), Layers((*weights, on_top), (*biases, *top.biases))


def _fed_forward(layer: Layer) -> tuple[Array, Array]:
    """Return weights and biases of a network's layer that gives hidden units the same inputs."""
    parameters, share = layer.parameters, layer.machine.visible.bias_share
    bias = parameters.hidden["bias"]
    if share is None:
        return parameters.weights, bias
    return parameters.weights + share * bias, 0 * bias  # biases that count so often for each 1 are weights of all units


def _scaled_rows(weights: Array, scale: Array | float) -> Array:
    return weights * scale if isinstance(scale, float) else weights * scale[:, None]


def blank_top(n_inputs: int, n_outputs: int, other: Array) -> Layers:
    """Return a layer of zero weights and biases, as arrays like `other`: a softmax finds all classes equally probable.

    Parameters
    ----------
    n_inputs : int
    n_outputs : int
    other : array
        An array of the library, on the device and with the dtype wanted.

    Returns
    -------
    Layers
    """
    return Layers((zeros((n_inputs, n_outputs), other),), (zeros((n_outputs,), other),))
