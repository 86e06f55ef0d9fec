"""Several networks of one shape as a single network, in which they stand side by side.

Each hidden layer holds the units of the same layer of all networks. Between units of different networks there are
weights of zero. The units on top have the mean of the inputs that they have in the networks. For a softmax these are
the logits, whose mean leads to the geometric mean of the probabilities.
"""

from collections.abc import Sequence

from deepbelief.core.arrays import Array, namespace, zeros
from deepbelief.core.network import Layers


def joined(networks: Sequence[Layers]) -> Layers:
    """Return one network that answers with the mean of several.

    Parameters
    ----------
    networks : sequence of Layers
        At least one, all of the same shape, with a hidden layer and without normalised layers.

    Returns
    -------
    Layers
        Hidden layers as many times as wide as there are networks.
    """
    n, first = len(networks), networks[0]
    if n == 1:
        return first
    xp = namespace(first.weights[0])
    weights = [xp.concatenate([network.weights[0] for network in networks], axis=1)]
    for depth in range(1, len(first.weights) - 1):
        weights.append(_diagonal([network.weights[depth] for network in networks]))
    weights.append(xp.concatenate([network.weights[-1] / n for network in networks]))
    biases = [xp.concatenate(list(parts)) for parts in zip(*(network.biases[:-1] for network in networks), strict=True)]
    biases.append(sum(network.biases[-1] for network in networks) / n)
    return Layers(tuple(weights), tuple(biases))


def parted(layers: Layers, top_biases: Sequence[Array]) -> list[Layers]:
    """Return the networks that stand side by side in one.

    Parameters
    ----------
    layers : Layers
        See :func:`joined`.
    top_biases : sequence of array, shape (n_outputs,)
        The biases on top of each of them, of which `layers` hold the mean.

    Returns
    -------
    list of Layers
        As they were before they were joined, up to rounding.
    """
    if len(top_biases) == 1:
        return [layers]
    return [_part(layers, index, top_biases) for index in range(len(top_biases))]


def _part(layers: Layers, index: int, top_biases: Sequence[Array]) -> Layers:
    n, places = len(top_biases), []
    for bias in layers.biases[:-1]:
        size = bias.shape[0] // n
        places.append(slice(index * size, (index + 1) * size))
    weights = [layers.weights[0][:, places[0]]]
    for below, above, matrix in zip(places[:-1], places[1:], layers.weights[1:-1], strict=True):
        weights.append(matrix[below, above])
    weights.append(layers.weights[-1][places[-1]] * n)
    biases = [bias[place] for bias, place in zip(layers.biases[:-1], places, strict=True)]
    return Layers(tuple(weights), (*biases, top_biases[index]))


def _diagonal(blocks: Sequence[Array]) -> Array:
    """Return a matrix of blocks along its diagonal, and zeros beside them."""
    (height, width), n = blocks[0].shape, len(blocks)
    matrix = zeros((n * height, n * width), blocks[0])
    for index, block in enumerate(blocks):
        matrix[index * height : (index + 1) * height, index * width : (index + 1) * width] = block
    return matrix
