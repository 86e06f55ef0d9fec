"""What the units of a stack stand for: images computed by its own reverse passes.

The bias image is what comes down when no hidden unit of a layer is on; a unit image is what one unit, switched on
alone, adds to it. (Hinton 2010, *A Practical Guide to Training RBMs*, §15, displays the weights themselves: for layer 1
the same up to the visible units' non-linearity, but there is no such thing for the layers above.)
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deepbelief.core.arrays import Array, like, namespace, zeros
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.stack import Layer, down


def bias_image(layers: Sequence[Layer]) -> Array:
    """Return the visible means when no unit of the top layer is on, through all reverse passes: (n_visible,).

    Parameters
    ----------
    layers : sequence of Layer
        From the bottom up.

    Returns
    -------
    array, shape (n_visible,)
    """
    weights = layers[-1].parameters.weights
    return down(layers, zeros((1, weights.shape[1]), weights))[0]


def unit_images(layers: Sequence[Layer], units: np.ndarray) -> Array:
    """Return what each unit of the top layer adds to the bias image.

    Parameters
    ----------
    layers : sequence of Layer
        From the bottom up; their last is the one that is looked at.
    units : array of int, shape (n_units,)

    Returns
    -------
    array, shape (n_units, n_visible)
        The visible means with that unit alone on, minus those with none on.
    """
    weights = layers[-1].parameters.weights
    one_on = np.zeros((len(units), weights.shape[1]), dtype=np.float32)
    one_on[np.arange(len(units)), units] = 1
    return down(layers, like(one_on, weights)) - bias_image(layers)


def untrained(layers: Sequence[Layer], streams: RandomStreams) -> list[Layer]:
    """Return a stack of the same sizes that has learned nothing.

    Its weights come from a normal distribution as wide as the trained layer's weights, so that its passes are no more
    linear than those of the trained one; its units favour nothing.

    Parameters
    ----------
    layers : sequence of Layer
    streams : RandomStreams

    Returns
    -------
    list of Layer
    """
    stack = []
    for index, layer in enumerate(layers):
        weights = layer.parameters.weights
        n_visible, n_hidden = weights.shape
        noise = streams.stream("untrained", index).normal((n_visible, n_hidden), weights)
        parameters = replace(
            layer.parameters,
            weights=noise * namespace(weights).std(weights),
            visible=layer.machine.visible.neutral(n_visible, weights),
            hidden=layer.machine.hidden.neutral(n_hidden, weights),
        )
        stack.append(Layer(layer.machine, parameters))
    return stack


def class_drive(activations: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return E[h | class] − E[h | the other classes]: how much more each unit is on for one class.

    Parameters
    ----------
    activations : ndarray of shape (n_rows, n_units)
    labels : ndarray of shape (n_rows,)
    classes : ndarray of shape (n_classes,)
        At least two, each with at least one row.

    Returns
    -------
    ndarray of shape (n_classes, n_units)
    """
    member = (labels == classes[:, None]).astype(float)  # (n_classes, n_rows)
    activations = np.asarray(activations, dtype=float)
    inside = member @ activations / member.sum(axis=1, keepdims=True)
    outside = (1 - member) @ activations / (1 - member).sum(axis=1, keepdims=True)
    return inside - outside


def most_active(activations: np.ndarray, n_units: int) -> np.ndarray:
    """Return the units with the highest mean over the rows of `activations` (n_rows, n_units), the highest first.

    Parameters
    ----------
    activations : ndarray, shape (n_rows, n_units)
    n_units : int
        How many units to return.

    Returns
    -------
    ndarray of int, shape (n_units,)
    """
    return strongest(np.asarray(activations, dtype=float).mean(axis=0), n_units)


def strongest(values: np.ndarray, n: int) -> np.ndarray:
    """Return the indices of the `n` largest `values`, the largest first; ties in their own order.

    Parameters
    ----------
    values : ndarray, shape (n_values,)
    n : int

    Returns
    -------
    ndarray of int, shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> from deepbelief.core.inspection import strongest
    >>> strongest(np.array([3, 9, 5]), 2).tolist()
    [1, 2]
    """
    return np.argsort(-values, kind="stable")[:n]


def most_distinct(images: np.ndarray, n_units: int) -> np.ndarray:
    """Return units whose images resemble each other least.

    Starts from the unit with the largest image and takes, again and again, the unit whose largest |cosine| to those
    already taken is least. Units that do nothing come last: a zero has no direction.

    Parameters
    ----------
    images : ndarray of shape (n, n_visible)
        As from :func:`unit_images`, for all units of a layer.
    n_units : int

    Returns
    -------
    ndarray of int, shape (min(n, n_units),)
    """
    images = np.asarray(images, dtype=float)
    lengths = np.linalg.norm(images, axis=1)
    directions = images / np.where(lengths > 0, lengths, 1)[:, None]
    likeness = np.where(lengths > 0, 0.0, 1.0)  # of each unit to the nearest one taken
    chosen: list[int] = []
    unit = int(lengths.argmax())
    while len(chosen) < min(n_units, len(images)):
        chosen.append(unit)
        likeness = np.maximum(likeness, np.abs(directions @ directions[unit]))
        likeness[unit] = np.inf
        unit = int(likeness.argmin())
    return np.array(chosen, dtype=int)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Pearson's correlation of two images at one scale.

    NaN where one is not finite, or is constant up to what rounding of the other could leave (one part in a million).

    Parameters
    ----------
    a : ndarray, shape (n_pixels,)
    b : ndarray, shape (n_pixels,)

    Returns
    -------
    float
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    a, b = a - a.mean(), b - b.mean()
    low, high = sorted([float(np.linalg.norm(a)), float(np.linalg.norm(b))])
    return float(a @ b / (low * high)) if low > 1e-6 * high else float("nan")
