"""Curves of what was measured after each pass, from ``history_``."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from deepbelief.core.phases import FINETUNE, OUTPUT, PRETRAIN, SOFTMAX, Place
from deepbelief.core.progress import Entry
from deepbelief.displays.base import ROW_GAP, Display, Size, pandas, panels
from deepbelief.displays.colours import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION
from deepbelief.displays.tiles import LARGE, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from deepbelief.estimators.model_file import Estimator

COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)
PANEL = (3.9, 2.7)  # inches

History = Sequence[Entry]
Draw = Callable[["Axes"], None]


class TrainingDisplay(Display):
    """Curves of what was measured after each pass: pretraining layer by layer, then the network.

    Parameters
    ----------
    history : list of dict
        As an estimator's ``history_``: what is missing in it is left out of the picture.

    Raises
    ------
    ValueError
        If there is nothing in it to draw.
    """

    def __init__(self, history: History) -> None:
        self.history = list(history)
        self.pretraining = [entry for entry in self.history if entry.get("phase") == PRETRAIN.name]
        self.network = [
            entry for entry in self.history if entry.get("phase") in (SOFTMAX.name, OUTPUT.name, FINETUNE.name)
        ]
        if not self._panels():
            raise ValueError("history holds no measured pass; fit with at least one epoch.")

    @classmethod
    def from_estimator(cls, estimator: "Estimator") -> Self:
        """Take the history of a fitted estimator.

        Parameters
        ----------
        estimator : RBM, DBN, DBNClassifier or DBNRegressor

        Returns
        -------
        TrainingDisplay

        Raises
        ------
        ValueError
            If it was fitted without a single pass.
        """
        check_is_fitted(estimator)
        return cls(estimator.history_)

    def size(self) -> Size:
        n_rows, n_columns = self._grid(len(self._panels()))
        return min(n_columns * PANEL[0], self.width), n_rows * PANEL[1]

    def frame(self) -> "DataFrame":
        return pandas().DataFrame(self.history)

    def _panels(self) -> list[Draw]:
        """Return how to draw each panel for which there are numbers."""
        found: list[Draw] = []
        if _has(self.pretraining, "reconstruction_error"):
            found.append(lambda ax: self._draw_layers(ax, "reconstruction error", "reconstruction_error"))
        # The zero of the free energy moves with the weights, so it may rise while all is well; differences tell.
        if _has(self.pretraining, "free_energy_gap"):
            found.append(lambda ax: self._draw_layers(ax, "free energy, held-out − training (nats)", "free_energy_gap"))
        elif _has(self.pretraining, "free_energy"):
            found.append(lambda ax: self._draw_layers(ax, "free energy (nats)", "free_energy"))
        if _has(self.pretraining, "log_likelihood"):
            found.append(lambda ax: self._draw_layers(ax, "log-likelihood (nats)", "log_likelihood"))
        if _has(self.pretraining, "singular_value_1"):
            found.append(self._draw_singular_values)
        if _has(self.network, "loss"):
            unit = " (nats)" if _has(self.network, "accuracy") else ""  # a squared error is none
            found.append(lambda ax: self._draw_network(ax, f"loss{unit}", "loss"))
        if _has(self.network, "accuracy"):
            found.append(lambda ax: self._draw_network(ax, "accuracy", "accuracy"))
        if _has(self.network, "squared_error"):
            title = "squared error (variances of the target)"
            found.append(lambda ax: self._draw_network(ax, title, "squared_error"))
        return found

    def _grid(self, n_panels: int) -> tuple[int, int]:
        n_columns = min(n_panels, 2 if self.width >= 2 * PANEL[0] else 1)
        return -(-n_panels // n_columns), n_columns

    def _draw(self, ax: "Axes") -> list["Axes"]:
        from matplotlib.ticker import MaxNLocator

        draws = self._panels()
        spots = panels(ax, *self._grid(len(draws)), hspace=ROW_GAP)
        for spot, draw in zip(spots, draws, strict=False):
            draw(spot)
            spot.spines[["top", "right"]].set_visible(False)
            spot.tick_params(labelsize=SMALL)
            spot.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True, min_n_ticks=1))
            spot.set_xlim(0.5, max(float(np.max(line.get_xdata(), initial=0)) for line in spot.lines) + 0.5)
            spot.legend(fontsize=SMALL, frameon=False)
        for spot in spots[len(draws) :]:
            spot.remove()
        return spots[: len(draws)]

    def _draw_layers(self, ax: "Axes", title: str, name: str) -> None:
        """Draw a curve for each layer, and a dashed one for held-out rows."""
        layers = sorted({entry.get("layer", 0) for entry in self.pretraining})
        for layer in layers:
            colour = COLOURS[layer % len(COLOURS)]
            entries = [entry for entry in self.pretraining if entry.get("layer", 0) == layer]
            _curve(ax, entries, name, f"layer {layer + 1}", color=colour)
            _curve(ax, entries, f"validation_{name}", f"_layer {layer + 1}, held out", color=colour, linestyle="--")
        if _has(self.pretraining, f"validation_{name}"):  # one word for the dashed curves of all layers
            ax.plot([], [], color=GREY, linewidth=1.4, linestyle="--", label="held out")
        _name(ax, title, "pass over the data")

    def _draw_singular_values(self, ax: "Axes") -> None:
        """Draw curves for the largest singular values of each layer, all of a layer in its colour."""
        names = sorted({name for entry in self.pretraining for name in entry if name.startswith("singular_value_")})
        for layer in sorted({entry.get("layer", 0) for entry in self.pretraining}):
            entries = [entry for entry in self.pretraining if entry.get("layer", 0) == layer]
            for name in names:
                label = f"layer {layer + 1}" if name == names[0] else f"_{name}"
                _curve(ax, entries, name, label, color=COLOURS[layer % len(COLOURS)])
        _name(ax, "largest singular values of the weights", "pass over the data")

    def _draw_network(self, ax: "Axes", title: str, name: str) -> None:
        """Draw the training of the top layer and fine-tuning on one axis of passes, with the borders between them."""
        entries = [entry | {"epoch": index} for index, entry in enumerate(self.network, start=1)]
        _curve(ax, entries, name, "training", color=BLUE)
        _curve(ax, entries, f"validation_{name}", "held out", color=VERMILLION, linestyle="--")
        places = [Place(entry["phase"], network=entry.get("network", 0)) for entry in entries]
        for index, (before, after) in enumerate(pairwise(places), start=1):
            if before != after:
                style = ":" if before.network == after.network else "-"
                ax.axvline(index + 0.5, color=GREY, linewidth=0.8, linestyle=style)
        _name(ax, title, _in_words(places))


def _has(entries: History, name: str) -> bool:
    return any(_is_number(entry.get(name)) for entry in entries)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and math.isfinite(value)


def _curve(ax: "Axes", entries: History, name: str, label: str, **style: Any) -> None:
    points = [(entry["epoch"], entry[name]) for entry in entries if _is_number(entry.get(name))]
    if points:
        marker = "o" if len(points) < 3 else None  # a line needs points to run through
        ax.plot(*zip(*points, strict=True), label=label, linewidth=1.4, marker=marker, markersize=3, **style)


def _name(ax: "Axes", title: str, below: str) -> None:
    ax.set_title(title, fontsize=LARGE)
    ax.set_xlabel(below, fontsize=SMALL)


def _in_words(places: Sequence[Place]) -> str:
    phases, n_networks = dict.fromkeys(place.phase for place in places), len({place.network for place in places})
    passes = "pass: " + ", then ".join(Place(phase).title for phase in phases)
    return f"{passes};\n{n_networks} networks, one after another" if n_networks > 1 else passes
