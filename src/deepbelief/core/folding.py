"""Batch normalisation added to a network, and folded into its weights again."""

from deepbelief.core.arrays import Array, namespace, product
from deepbelief.core.network import Layers, Network
from deepbelief.core.normalization import moments
from deepbelief.core.rows import Rows

MEASURED_ROWS = 10_000  # at most, evenly spaced, whose moments are put in and taken out


def normalised(network: Network, layers: Layers, rows: Rows) -> Layers:
    """Return normalised layers that compute what these do, where the moments are those of the rows.

    With means m and standard deviations s of its inputs, a layer gets the gains s and the biases b + m.

    Parameters
    ----------
    network : Network
    layers : Layers
    rows : Rows

    Returns
    -------
    Layers
    """
    x = _some(rows)
    gains, biases = [], []
    for depth, (weights, bias) in enumerate(zip(layers.weights, layers.biases, strict=True)):
        inputs = product(x, weights)
        mean, deviation = moments(inputs)
        gains.append(deviation)
        biases.append(bias + mean)
        if depth < len(network.hidden):
            x = network.hidden[depth].mean({"bias": bias}, inputs)
    return Layers(layers.weights, tuple(biases), tuple(gains))


def renewed(layers: Layers) -> Layers:
    """Return normalised layers with these weights, gains of 1 and biases of 0 (Ioffe & Szegedy 2015).

    The output changes; the directions of the weights stay. A network of rectified units begins so. One that is grown
    from binary units has units that are off for most rows, and answers that are certain before fine-tuning begins.
    :func:`normalised` keeps both, and the network ended with more errors on rows held out (docs/decisions/0022).

    Parameters
    ----------
    layers : Layers

    Returns
    -------
    Layers
    """
    xp = namespace(layers.weights[0])
    biases = tuple(xp.zeros_like(bias) for bias in layers.biases)
    return Layers(layers.weights, biases, tuple(xp.ones_like(bias) for bias in biases))


def folded(network: Network, layers: Layers, x: Array | Rows) -> tuple[Layers, Array]:
    """Return ordinary layers that compute what these do where the moments are those of `x`.

    Parameters
    ----------
    network : Network
    layers : Layers
        Normalised.
    x : array, shape (n_rows, n_features), or Rows

    Returns
    -------
    layers : Layers
    logits : array, shape (n_rows, n_outputs)
        What the output units are given for `x`.
    """
    x = _some(x) if isinstance(x, Rows) else x
    weights, biases = [], []
    for depth, (matrix, bias, gain) in enumerate(zip(layers.weights, layers.biases, layers.gains, strict=True)):
        inputs = product(x, matrix)
        mean, deviation = moments(inputs)
        factor = gain / deviation
        weights.append(matrix * factor)
        biases.append(bias - mean * factor)
        inputs *= factor
        x = network.hidden[depth].mean({"bias": biases[-1]}, inputs) if depth < len(network.hidden) else inputs
    return Layers(tuple(weights), tuple(biases)), x + biases[-1]


def as_used(network: Network, layers: Layers, rows: Rows) -> Layers:
    """Return the ordinary layers that layers in training stand for; `rows` are those that they learn from.

    Parameters
    ----------
    network : Network
    layers : Layers
    rows : Rows

    Returns
    -------
    Layers
    """
    return folded(network, layers, rows)[0] if layers.gains else layers


def _some(rows: Rows) -> Array:
    return rows.spread(MEASURED_ROWS).take(slice(None))
