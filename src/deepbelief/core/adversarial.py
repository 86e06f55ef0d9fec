"""The direction in which the answer of a network changes most (Miyato, Maeda, Koyama & Ishii 2016)."""

from deepbelief.core.arrays import Array, namespace
from deepbelief.core.folding import folded
from deepbelief.core.network import Layers, Network

PROBE = 0.25  # length, as a share of the radius, of the first guess at the adversarial direction


def adversarial(network: Network, layers: Layers, x: Array, radius: float, directions: Array) -> tuple[Array, Array]:
    """Move every row by `radius` in the direction in which the network's answer changes most.

    One power iteration from a random direction (algorithm 1 there). Where layers are normalised, the moments are those
    of the rows as they were, and the search leaves them.

    Parameters
    ----------
    network : Network
        With a softmax on top.
    layers : Layers
    x : array, shape (n_rows, n_features)
    radius : float
    directions : array, shape (n_rows, n_features)
        Normal random numbers: where the search begins.

    Returns
    -------
    moved : array, shape (n_rows, n_features)
    answers : array, shape (n_rows, n_classes)
        Probabilities of the classes, at the rows as they were.
    """
    if layers.gains:
        layers, logits = folded(network, layers, x)
    else:
        logits = network.logits(layers, x)
    answers = namespace(x).exp(network.output.answers(logits))
    guess = of_length(directions, PROBE * radius)
    # The answer at x is the most likely one there: downhill from a point beside it is away from x.
    away = -network.input_gradient(layers, x + guess, answers)
    return x + of_length(away, radius), answers


def sharpened(probabilities: Array, power: float) -> Array:
    """Return a power of probabilities, normalised: where it is larger than 1, what is likely becomes likelier.

    Parameters
    ----------
    probabilities : array, shape (n_rows, n_classes)
    power : float

    Returns
    -------
    array, shape (n_rows, n_classes)
    """
    powers = probabilities**power
    return powers / namespace(probabilities).sum(powers, axis=-1, keepdims=True)


def of_length(vectors: Array, length: float) -> Array:
    """Return vectors in the same directions, of this length.

    Parameters
    ----------
    vectors : array, shape (n_rows, n_features)
    length : float

    Returns
    -------
    array, shape of `vectors`
    """
    xp = namespace(vectors)
    norms = xp.sqrt(xp.sum(vectors * vectors, axis=-1, keepdims=True))
    return vectors * (length / xp.clip(norms, 1e-20, None))
