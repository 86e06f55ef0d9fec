"""The rows that a page brings along, and which of them turn on each unit most."""

import numpy as np

from deepbelief.annotations import JsonObject
from deepbelief.core.activations import ACTIVATIONS
from deepbelief.core.arrays import Array, to_numpy
from deepbelief.core.network import Network
from deepbelief.core.stack import up
from deepbelief.page.contents import Contents
from deepbelief.page.encoding import encoded, encoded_indices, encoded_pixels

ROW_BYTES = 200_000  # of the rows that a page brings along
TOP_ROWS = 6  # shown of each unit
_NO_ROW = 2**16 - 1  # in the place of a row that does not turn the unit on


def packed_rows(contents: Contents) -> JsonObject | None:
    """Return some of the rows, evenly spaced, and which of these turn on each unit most; None if there are no rows."""
    if contents.rows is None:
        return None
    n_units = contents.rows.shape[1]
    is_picture = contents.image_shape is not None
    n_rows = min(len(contents.rows), max(ROW_BYTES // (n_units * (1 if is_picture else 4)), 20), 2000)
    chosen = np.unique(np.linspace(0, len(contents.rows) - 1, n_rows).astype(int))
    visible = contents.rows[chosen]
    data = contents.data(visible)
    lows, highs = contents.limits
    low, high = float(lows.min()), float(highs.max())
    return {
        "values": encoded_pixels(data, low, high) if is_picture else encoded(data, "float32").text,
        "labels": [] if contents.labels is None else [contents.labels[row] for row in chosen],
        "top": _top(contents, visible),
        "of": len(contents.rows),
    }


def _top(contents: Contents, visible: np.ndarray) -> JsonObject:
    """Return the rows that turn on each unit most, for each layer: of the pretrained net and of the network."""
    top = {}
    if contents.shows_machines:
        depths = range(1, len(contents.layers) + 1)
        top["pretrained"] = [_highest(up(contents.layers[:depth], visible)) for depth in depths]
    if contents.network is not None:
        net = Network((ACTIVATIONS[contents.activation],) * len(contents.layers))
        _, *activities = net.layer_inputs(contents.network, visible)
        top["finetuned"] = [_highest(means, contents.activation == "relu") for means in activities]
    return top


def _highest(means: Array, is_rectified: bool = False) -> JsonObject:
    """Return the rows with the highest values of each column; of rectified units, those where they are on."""
    values = to_numpy(means)
    order = np.argsort(-values, axis=0, kind="stable")[:TOP_ROWS]
    if is_rectified:
        order = np.where(np.take_along_axis(values, order, axis=0) > 0, order, _NO_ROW)
    return encoded_indices(order.T)
