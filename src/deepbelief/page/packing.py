"""From contents to one file: which encoding the weights get, what that costs, and the whole page."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepbelief.annotations import JsonObject
from deepbelief.core.activations import ACTIVATIONS
from deepbelief.core.arrays import to_numpy
from deepbelief.core.functions import log_softmax, sigmoid
from deepbelief.core.network import Layers, Network
from deepbelief.core.rbm import Parameters
from deepbelief.core.stack import Layer, down, up
from deepbelief.core.trees import tree_map
from deepbelief.core.units import UnitParameters, Units
from deepbelief.errors import ModelError
from deepbelief.page.contents import Contents, described_side
from deepbelief.page.controls import controls_of, typical
from deepbelief.page.encoding import ENCODINGS, encoded
from deepbelief.page.inlining import as_json, html_of
from deepbelief.page.rows import packed_rows

if TYPE_CHECKING:
    from deepbelief.page.widget import ExploreWidget

WANTED_BYTES = 3_000_000  # of a page that is sent to people: its weights get the most exact encoding that keeps to it
MOST_BYTES = 40_000_000  # of a page that a browser opens at all willingly
SERVED_BYTES = 400_000_000  # of a net that comes from a server: the longest text of a browser has 512 MB
MEASURED_ROWS = 200
STEP = 0.02  # of learning in the page, smaller where units answer their input more steeply

_IN_WORDS = {
    "float32": "32-bit floats",
    "float16": "16-bit floats",
    "int8": "8-bit steps with a scale for each unit",
}


@dataclass(frozen=True)
class Page:
    """A page, and what is known of it.

    Parameters
    ----------
    html : str
        The whole file.
    encoding : str
        How its weights are encoded, in words.
    deviation : float
        The largest difference between a number of the model and one of the page: of the probabilities of classes, of
        the numbers that are predicted or, where nothing is, of what the top layer does.
    reconstruction_deviation : float or None
        The mean difference between what comes down from the top layer of the pretrained net in the model and in the
        page. None if the page does not show a pretrained net: then nothing comes down.
    n_measured : int
        Rows on which this was measured.
    n_disagreeing : int
        How many of these rows the page gives another class.
    n_features : int
        Of the model.
    net : str, default=""
        What the page asks its server for, if it does not hold the net itself.
    """

    html: str
    encoding: str
    deviation: float
    reconstruction_deviation: float | None
    n_measured: int
    n_disagreeing: int
    n_features: int
    net: str = ""

    def save(self, path: str | Path, overwrite: bool = False) -> Path:
        """Write the file.

        Parameters
        ----------
        path : str or Path
        overwrite : bool, default=False
            Replace the file if it exists.

        Returns
        -------
        Path

        Raises
        ------
        OSError
            If the file exists and `overwrite` is not set, or it cannot be written.
        """
        path = Path(path)
        if not overwrite and path.exists():
            raise FileExistsError(f"{path}: the file exists; name another, or replace it with overwrite=True")
        path.write_text(self.html, encoding="utf-8")
        return path

    def widget(self) -> "ExploreWidget":
        """Return the page as a widget of a notebook, which shares with Python what is drawn and what is answered.

        Returns
        -------
        ExploreWidget
            ``row`` is what the net is given, and may be set; ``answer`` is what the network answers to it.

        Raises
        ------
        ImportError
            Without anywidget.
        """
        try:
            from deepbelief.page.widget import ExploreWidget
        except ImportError:
            raise ImportError(
                "a widget needs anywidget, which is not installed; pip install 'deepbelief[notebook]', or show the "
                "page itself, which needs nothing"
            ) from None
        return ExploreWidget(self.html, self.n_features)

    def _repr_html_(self) -> str:
        """Show the page in a notebook."""
        quoted = self.html.replace("&", "&amp;").replace('"', "&quot;")
        return f'<iframe srcdoc="{quoted}" style="width:100%;height:80vh;border:0" title="deepbelief explore"></iframe>'


def page_of(contents: Contents, served: bool = False) -> Page:
    """Return the page with the most exact weights that keep it small.

    Parameters
    ----------
    contents : Contents
    served : bool, default=False
        The page does not hold the net, and asks its server for it: it may be ten times as large.

    Raises
    ------
    ModelError
        If the net is too large for a page, or has units that a page cannot compute.
    """
    stack = [Layer(layer.machine, tree_map(to_numpy, layer.parameters)) for layer in contents.layers]
    contents = replace(
        contents,
        layers=_side_by_side(stack, contents.n_networks),
        network=None if contents.network is None else tree_map(to_numpy, contents.network),
    )
    most, wanted = (SERVED_BYTES, SERVED_BYTES) if served else (MOST_BYTES, WANTED_BYTES)
    _require_room(contents, most)
    described, rows = _described(contents), packed_rows(contents)
    for encoding in ENCODINGS:
        layers, network, decoded = _weights(contents, encoding)
        packed = described | {"layers": layers, "network": network, "rows": rows}
        if len(as_json(packed)) <= wanted:
            break
    page = Page("", _IN_WORDS[encoding], *_measured(contents, *decoded), len(contents.shift))
    parity = {
        "encoding": page.encoding,
        "deviation": page.deviation,
        "reconstruction": page.reconstruction_deviation,
        "measured": page.n_measured,
        "disagreeing": page.n_disagreeing,
    }
    packed |= {"parity": parity, "served": served}
    if served:
        return replace(page, html=html_of({"served": True}, live=True), net=as_json(packed))
    return replace(page, html=html_of(packed))


def _side_by_side(layers: list[Layer], n: int) -> list[Layer]:
    """Return layers with as many units as those of a network in which `n` networks stand side by side."""
    if n == 1:
        return layers
    wide = []
    for depth, layer in enumerate(layers):
        n_below = n if depth else 1
        visible: UnitParameters = {name: np.tile(values, n_below) for name, values in layer.parameters.visible.items()}
        hidden: UnitParameters = {name: np.tile(values, n) for name, values in layer.parameters.hidden.items()}
        height, width = layer.parameters.weights.shape
        # Only how many there are counts: the page holds the weights of the network itself.
        weights = np.broadcast_to(np.float32(0), (n_below * height, n * width))
        wide.append(Layer(layer.machine, Parameters(weights, visible, hidden)))
    return wide


def _require_room(contents: Contents, most: int) -> None:
    n_weights = sum(math.prod(layer.parameters.weights.shape) for layer in contents.layers) * (
        1 if contents.network is None or not contents.shows_machines else 2
    )
    n_bytes = n_weights * 4 / 3  # a byte each at least, and base64
    if n_bytes > SERVED_BYTES:
        raise ModelError(
            f"this net would have {n_bytes / 1e6:.0f} MB in a browser, which takes {SERVED_BYTES / 1e6:.0f} MB; "
            "explore a net of fewer units"
        )
    if n_bytes > most:
        raise ModelError(
            f"the page of this net would have {n_bytes / 1e6:.0f} MB, and browsers open files of up to "
            f"{most / 1e6:.0f} MB readily; deepbelief explore --serve shows it from a server on this computer"
        )


def _described(contents: Contents) -> JsonObject:
    """Return everything but the weights and the rows."""
    lows, highs = contents.limits
    shape = contents.image_shape
    controls = controls_of(contents) if shape is None else []
    return {
        "title": contents.title,
        "source": contents.source,
        "isPretrained": contents.shows_machines,
        "nNetworks": contents.n_networks,
        "shape": None if shape is None else list(shape),
        "names": list(contents.names),
        "controls": controls,
        "start": typical(contents, controls) if shape is None else None,
        "step": STEP / max(1.0, contents.layers[0].machine.visible.slope(contents.alone[1] ** 2)),
        "box": contents.box,
        "low": lows.tolist() if shape is None else float(lows.min()),
        "high": highs.tolist() if shape is None else float(highs.max()),
        "shift": contents.shift.tolist(),
        "scale": contents.scale.tolist(),
        "outputs": {"kind": contents.kind, "names": list(contents.outputs)},
    }


def _weights(
    contents: Contents, encoding: str
) -> tuple[list[JsonObject], JsonObject | None, tuple[list[Layer], Layers | None]]:
    """Return the weights as they stand in the page, and as it computes with them.

    A network is packed as its differences from the pretrained net. Where the page does not show that net, the layers
    hold the weights of the network itself, and there are no differences.
    """
    given = contents.network
    described, layers = [], []
    for place, layer in enumerate(contents.layers):
        own = layer.parameters.weights if contents.shows_machines or given is None else given.weights[place]
        weights = encoded(to_numpy(own), encoding)
        visible = _side(layer.machine.visible, layer.parameters.visible, "visible")
        hidden = _side(layer.machine.hidden, layer.parameters.hidden, "hidden")
        described.append({"weights": weights.text, "visible": visible, "hidden": hidden})
        layers.append(replace(layer, parameters=replace(layer.parameters, weights=weights.values)))
    if given is None:
        return described, None, (layers, None)
    weights_of = [layer.parameters.weights for layer in layers]
    changes = None
    if contents.shows_machines:
        differences = [after - before for after, before in zip(given.weights, weights_of, strict=False)]
        packed = [encoded(to_numpy(difference), encoding) for difference in differences]
        weights_of = [before + change.values for before, change in zip(weights_of, packed, strict=True)]
        changes = [change.text for change in packed]
    head = encoded(to_numpy(given.weights[-1]), "float32")
    network = {
        "activation": contents.activation,
        "changes": changes,
        "biases": [encoded(to_numpy(bias), "float32").text for bias in given.biases[:-1]],
        "head": {"weights": head.text, "bias": encoded(to_numpy(given.biases[-1]), "float32").text},
    }
    return described, network, (layers, Layers((*weights_of, head.values), given.biases))


def _side(units: Units, parameters: UnitParameters, name: str) -> JsonObject:
    side = described_side(units, parameters, name)
    arrays = {key: None if side[key] is None else encoded(side[key], "float32").text for key in ("bias", "precision")}
    return side | arrays


def _measured(contents: Contents, layers: list[Layer], network: Layers | None) -> tuple[float, float | None, int, int]:
    """Return how far the page's numbers are from the model's, on how many rows, and how many have another class."""
    x = _measured_rows(contents)
    below = None
    if contents.shows_machines or network is None:
        given, shown = up(contents.layers, x), up(layers, x)
        below = float(np.abs(down(contents.layers, given) - down(layers, shown)).mean())
    if network is None or contents.network is None:
        return float(np.abs(given - shown).max()), below, len(x), 0
    net = Network((ACTIVATIONS[contents.activation],) * len(layers))
    given, shown = (net.logits(one, x) for one in (contents.network, network))
    n_other = 0
    if contents.kind == "labels":
        given, shown = sigmoid(given), sigmoid(shown)
    if contents.kind == "classes":
        given, shown = np.exp(log_softmax(given)), np.exp(log_softmax(shown))
        n_other = int((given.argmax(axis=1) != shown.argmax(axis=1)).sum())
    return float(np.abs(given - shown).max()), below, len(x), n_other


def _measured_rows(contents: Contents) -> np.ndarray:
    """Return rows of the data or, where there are none, of what the net draws, or of random numbers if it cannot."""
    generator = np.random.default_rng(0)
    if contents.rows is not None:
        x = contents.rows[np.unique(np.linspace(0, len(contents.rows) - 1, MEASURED_ROWS).astype(int))]
    elif contents.shows_machines:
        top = contents.layers[-1].parameters.weights.shape[1]
        x = down(contents.layers, generator.integers(0, 2, (MEASURED_ROWS, top)).astype(np.float32))
    else:
        x = contents.visible(generator.uniform(*contents.limits, (MEASURED_ROWS, len(contents.shift))))
    return x.astype(np.float32)
