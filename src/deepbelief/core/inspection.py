"""What the units of a stack stand for: images computed by its own passes.

The bias image is what comes down when no hidden unit of a layer is on; a unit image is what one unit, switched on
alone, adds to it. (Hinton 2010, *A Practical Guide to Training RBMs*, §15, displays the weights themselves: for layer 1
the same up to the visible units' non-linearity, but there is no such thing for the layers above.)

In a deep layer, a unit that is on alone is a message that the layers below have never seen: dots and ghosts of the bias
image come down. What such a unit does is seen among the others, as rows of data turn them on (`context_images`), and
what it stands for in the rows that turn it on (`exciting_images`).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deepbelief.core.arrays import Array, like, namespace, to_numpy, zeros
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


def context_images(layers: Sequence[Layer], units: np.ndarray, contexts: np.ndarray) -> np.ndarray:
    """Return what each unit of the top layer adds to what comes down from rows of data, on average.

    Parameters
    ----------
    layers : sequence of Layer
    units : array of int, shape (n_units,)
    contexts : ndarray of shape (n_rows, n_top)
        What the top layer does with rows of data.

    Returns
    -------
    ndarray of shape (n_units, n_visible)
        The mean over rows of the visible means with that unit on, minus those with it off, all others as they are.
    """
    weights = layers[-1].parameters.weights
    images = []
    for unit in units:
        on, off = contexts.copy(), contexts.copy()
        on[:, unit], off[:, unit] = 1, 0
        images.append(to_numpy(down(layers, like(on, weights)) - down(layers, like(off, weights))).mean(axis=0))
    return np.stack(images)


def exciting_images(visible: np.ndarray, activities: np.ndarray) -> np.ndarray:
    """Return how the mean row changes as a unit's activity rises by one standard deviation.

    This is cov(h, x) / std(h). Of a unit that is on or off it is, up to a factor, the mean of the rows, each counted by
    how much it turns the unit on, minus the mean of all rows.

    Parameters
    ----------
    visible : ndarray of shape (n_rows, n_visible)
    activities : ndarray of shape (n_rows, n_units)

    Returns
    -------
    ndarray of shape (n_units, n_visible)
        Zero for a unit whose activity never changes.
    """
    x, h = visible - visible.mean(axis=0), np.asarray(activities, dtype=float)
    h = h - h.mean(axis=0)
    spread = h.std(axis=0)
    return (h.T @ x) / len(x) / np.where(spread > 0, spread, 1)[:, None]


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
