"""What a page shows, and how it is described to the page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepbelief.annotations import JsonObject
from deepbelief.core.arrays import to_numpy
from deepbelief.core.network import Layers
from deepbelief.core.stack import Layer
from deepbelief.core.units import (
    Bernoulli,
    Binomial,
    Categorical,
    Gaussian,
    Mixed,
    Poisson,
    ReLU,
    ReplicatedSoftmax,
    Spin,
    UnitParameters,
    Units,
)
from deepbelief.errors import ModelError

# What each type is called in the page, and where it has the number that it needs.
_TYPES: dict[type[Units], tuple[str, str | None]] = {
    Bernoulli: ("bernoulli", None),
    Spin: ("spin", None),
    Gaussian: ("gaussian", None),
    ReLU: ("relu", None),
    Poisson: ("poisson", None),
    Binomial: ("binomial", "n_trials"),
    Categorical: ("categorical", "n_states"),
    ReplicatedSoftmax: ("replicated-softmax", "typical"),
}
_PRECISE = (Gaussian, ReLU)  # types with a precision
MNIST_SHAPE, MNIST_BOX = (28, 28), 20  # the digits of MNIST were fitted into a box of 20 × 20 pixels
_INK = 0.2  # of the range of brightness: what belongs to a drawing


@dataclass(frozen=True, eq=False)
class Contents:
    """A net, and what is needed to look at it.

    Parameters
    ----------
    title : str
        What the model is called.
    layers : sequence of Layer
        The pretrained net, from the bottom up.
    network : Layers or None
        The weights and biases of the fine-tuned network, the top layer last.
    activation : {"logistic", "relu"}
        What the hidden units of the network compute.
    kind : {"classes", "labels", "numbers"}
        What the network predicts: one of several classes, any number of several labels, or numbers.
    outputs : sequence of str
        What these are called; none without a network.
    shift, scale : ndarray of shape (n_visible,)
        A visible unit is (x − shift) / scale of what the data hold. Where the scale is 0, the unit always is 0.
    image_shape : tuple of (height, width) or (height, width, 3), or None
        None for the rows of a table.
    names : sequence of str
        Of the visible units of a table.
    groups : sequence of slice
        Visible units of a table of which one is 1 in each row, the others 0: the categories of one column. Those of
        categorical units need not be named.
    rows : ndarray of shape (n_rows, n_visible), or None
        Data, as the visible units see them.
    labels : sequence of str, optional
        What is known of each row; "" where nothing is.
    source : str
        Where the rows come from.
    pretrained : bool
        Whether the machines of the layers learned, or only lent a network the weights that it began with.
    n_networks : int
        How many networks stand side by side in the network. Of several, the page shows nothing but what they compute:
        their layers are wider than those of the pretrained net.
    """

    title: str
    layers: Sequence[Layer]
    network: Layers | None
    activation: str
    kind: str
    outputs: Sequence[str]
    shift: np.ndarray
    scale: np.ndarray
    image_shape: tuple[int, ...] | None
    names: Sequence[str]
    groups: Sequence[slice] = ()
    rows: np.ndarray | None = None
    labels: Sequence[str] | None = None
    source: str = ""
    pretrained: bool = True
    n_networks: int = 1

    @property
    def shows_machines(self) -> bool:
        """Whether the page shows the pretrained net, alone or beside the network."""
        return self.pretrained and self.n_networks == 1

    def data(self, visible: np.ndarray) -> np.ndarray:
        """Return visible units as data."""
        return visible * self.scale + self.shift

    def visible(self, data: np.ndarray) -> np.ndarray:
        """Return data as visible units."""
        return np.where(self.scale == 0, 0, (data - self.shift) / np.where(self.scale == 0, 1, self.scale))

    @cached_property
    def blocks(self) -> list[tuple[Units, slice]]:
        """The types of the visible units, each with its place among them."""
        found, first = [], 0
        for units, n_units in blocks_of(self.layers[0].machine.visible, len(self.shift)):
            found.append((units, slice(first, first := first + n_units)))
        return found

    @cached_property
    def alone(self) -> tuple[np.ndarray, np.ndarray]:
        """The means and the standard deviations of the visible units without any input."""
        machine, parameters = self.layers[0].machine, self.layers[0].parameters
        none = np.zeros((1, len(self.shift)))
        mean = to_numpy(machine.visible.mean(parameters.visible, none))[0]
        return mean, to_numpy(machine.visible.variance(parameters.visible, none))[0] ** 0.5

    @cached_property
    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """The smallest and the largest value of each feature: what the units bound, or the rows, or the units alone."""
        mean, deviation = self.alone
        lows, highs = mean - 3 * deviation, mean + 3 * deviation
        if self.rows is not None:
            lows, highs = self.rows.min(axis=0), self.rows.max(axis=0)
        for units, place in self.blocks:
            low, high = units.bounds
            if isinstance(units, ReplicatedSoftmax):  # of which one word hardly is the whole document
                low, high = 0.0, float(highs[place].max())
            lows[place] = low if math.isfinite(low) else lows[place]
            highs[place] = high if math.isfinite(high) else highs[place]
        return self.data(lows), self.data(highs)

    @property
    def box(self) -> int | None:
        """The longer side, in pixels, of what the pictures show; None where nothing says."""
        if self.image_shape is None or len(self.image_shape) == 3:
            return None
        if self.image_shape == MNIST_SHAPE:
            return MNIST_BOX
        if self.rows is None:
            return None
        lows, highs = self.limits
        low, high = lows.min(), highs.max()
        is_ink = (self.data(self.rows[:500]).reshape(-1, *self.image_shape) - low) > _INK * (high - low)
        extents = [max(_extent(ink.any(axis=1)), _extent(ink.any(axis=0))) for ink in is_ink]
        return max(int(np.median(extents)), 1)


def _extent(is_used: np.ndarray) -> int:
    used = np.flatnonzero(is_used)
    return int(used[-1] - used[0] + 1) if len(used) else 0


def described_side(units: Units, parameters: UnitParameters, name: str) -> JsonObject:
    """Return the unit types of one side, and its parameters as arrays.

    Raises
    ------
    ModelError
        If the page cannot compute units of such a type.
    """
    bias = to_numpy(parameters["bias"])
    blocks, is_precise = [], []
    for part, size in blocks_of(units, len(bias)):
        if type(part) not in _TYPES:
            raise ModelError(
                f"the {name} units of this model are of the type {type(part).__name__}, which the page cannot compute; "
                f"it knows {', '.join(known for known, _ in _TYPES.values())}"
            )
        kind, number = _TYPES[type(part)]
        blocks.append({"type": kind, "size": size} | ({} if number is None else {"number": getattr(part, number)}))
        is_precise += [isinstance(part, _PRECISE)] * size
    learned = np.exp(to_numpy(parameters["log_precision"])) if "log_precision" in parameters else np.ones(len(bias))
    precision = learned * is_precise if any(is_precise) else None
    return {"blocks": blocks, "bias": bias, "precision": precision, "biasShare": units.bias_share}


def blocks_of(units: Units, n_units: int) -> tuple[tuple[Units, int], ...]:
    """Return the unit types of a side from its first unit on, each with how many units there are of it."""
    return units.blocks if isinstance(units, Mixed) else ((units, n_units),)
