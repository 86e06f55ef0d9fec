"""What a page shows, and how it is described to the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.network import Layers
from deepbelief.core.stack import Layer
from deepbelief.core.units import Bernoulli, UnitParameters, Units
from deepbelief.core.units.categorical import Categorical
from deepbelief.core.units.gaussian import Gaussian
from deepbelief.core.units.mixed import Mixed
from deepbelief.core.units.spin import Spin
from deepbelief.errors import ModelError

_NAMES = {Bernoulli: "bernoulli", Spin: "spin", Gaussian: "gaussian", Categorical: "categorical"}
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
    rows : ndarray of shape (n_rows, n_visible), or None
        Data, as the visible units see them.
    labels : sequence of str, optional
        What is known of each row; "" where nothing is.
    source : str
        Where the rows come from.
    """

    title: str
    layers: Sequence[Layer]
    network: Layers | None
    kind: str
    outputs: Sequence[str]
    shift: np.ndarray
    scale: np.ndarray
    image_shape: tuple[int, ...] | None
    names: Sequence[str]
    rows: np.ndarray | None = None
    labels: Sequence[str] | None = None
    source: str = ""

    def data(self, visible: np.ndarray) -> np.ndarray:
        """Return visible units as data."""
        return visible * self.scale + self.shift

    @property
    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """The smallest and the largest value of each feature: of the rows, or what the units suggest."""
        if self.rows is not None and not self._has_unit_range:
            data = self.data(self.rows)
            return data.min(axis=0), data.max(axis=0)
        low, high = (0.0, 1.0) if self._has_unit_range else (-3.0, 3.0)
        return self.shift + low * self.scale, self.shift + high * self.scale

    @property
    def _has_unit_range(self) -> bool:
        return self.layers[0].machine.visible.bounds == (0.0, 1.0)

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


def described_side(units: Units, parameters: UnitParameters, name: str) -> dict[str, Any]:
    """Return the unit types of one side, and its parameters as arrays.

    Raises
    ------
    ModelError
        If the page cannot compute units of such a type.
    """
    bias = to_numpy(parameters["bias"])
    parts = units.blocks if isinstance(units, Mixed) else ((units, len(bias)),)
    unknown = next((type(part).__name__ for part, _ in parts if type(part) not in _NAMES), None)
    if unknown is not None:
        raise ModelError(
            f"the {name} units of this model are of the type {unknown}, which the page cannot compute; it knows "
            f"{', '.join(_NAMES.values())}"
        )
    blocks = [
        {"type": _NAMES[type(part)], "size": size}
        | ({"states": part.n_states} if isinstance(part, Categorical) else {})
        for part, size in parts
    ]
    is_gaussian = np.repeat([isinstance(part, Gaussian) for part, _ in parts], [size for _, size in parts])
    learned = np.exp(to_numpy(parameters["log_precision"])) if "log_precision" in parameters else np.ones(len(bias))
    return {"blocks": blocks, "bias": bias, "precision": learned * is_gaussian if is_gaussian.any() else None}
