"""What a layer does with a mini-batch: hidden probabilities, weights, and the next step."""

from typing import TYPE_CHECKING, Self

import numpy as np

from deepbelief.displays.base import ROW_GAP, Display, Size, check_count, pandas, panels
from deepbelief.displays.colours import BLUE, INK, VERMILLION, as_image, ink
from deepbelief.displays.geometry import data_limits
from deepbelief.displays.stacks import as_stack, check_layer
from deepbelief.displays.tiles import LARGE, SMALL
from deepbelief.estimators.annotations import Data

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from deepbelief.estimators.model_file import Estimator

SIDE_BY_SIDE = (9.2, 4.6)  # inches


class ActivationDisplay(Display):
    """Hidden probabilities of a mini-batch as an image, and histograms of them, of the weights and of the next step.

    Parameters
    ----------
    activations : ndarray of shape (n_rows, n_units)
        Hidden means.
    weights, updates : ndarray of shape (n_units, n_visible)
        ``components_`` of the layer, and what one more training step on the batch adds to them, without momentum.
        Updates are NaN where that step diverges.
    layer : int
        Counted from 1.

    Attributes
    ----------
    unit_means : ndarray of shape (n_units,)
        Mean activity of each unit.
    update_ratio : float
        mean|update| / mean|weight|; about 10⁻³ is healthy (Hinton 2010, *A Practical Guide to Training RBMs*, §7).
    """

    def __init__(self, activations: np.ndarray, weights: np.ndarray, updates: np.ndarray, layer: int) -> None:
        self.activations = activations
        self.weights = weights
        self.updates = updates
        self.layer = layer
        self.unit_means = activations.mean(axis=0)
        size = np.abs(weights).mean()
        self.update_ratio = float(np.abs(updates).mean() / size) if size > 0 else float("nan")

    @classmethod
    def from_estimator(cls, estimator: "Estimator", X: Data, *, layer: int = 1, n_rows: int = 100) -> Self:
        """Take a mini-batch through a layer.

        Parameters
        ----------
        estimator : RBM, DBN, DBNClassifier or DBNRegressor
            Fitted, and left as it is; of a classifier, the net as pretraining left it.
        X : array-like or sparse matrix of shape (n_samples, n_features)
        layer : int, default=1
            Counted from 1, the layer next to the data.
        n_rows : int, default=100
            Rows of X, evenly spaced.

        Returns
        -------
        ActivationDisplay

        Raises
        ------
        ValueError
            If the layer does not exist, or X does not fit the estimator.
        """
        stack = as_stack(estimator)
        layer = check_layer(stack, layer)
        rows = stack.rows(X).spread(check_count("n_rows", n_rows))
        return cls(
            stack.activations(rows, layer), stack.rbms[layer - 1].components_, stack.next_step(rows, layer), layer
        )

    def size(self) -> Size:
        return SIDE_BY_SIDE if self.width >= SIDE_BY_SIDE[0] else (self.width, 2 * SIDE_BY_SIDE[1])

    def frame(self) -> "DataFrame":
        return pandas().DataFrame(
            {
                "unit": np.arange(len(self.unit_means)),
                "mean_activity": self.unit_means,
                "mean_abs_weight": np.abs(self.weights).mean(axis=1),
                "mean_abs_update": np.abs(self.updates).mean(axis=1),
            }
        )

    def _draw(self, ax: "Axes") -> list["Axes"]:
        low, high = data_limits(self.activations, np.array([0.0, 1.0]))
        is_wide = self.width >= SIDE_BY_SIDE[0]
        if is_wide:
            left, right = panels(ax, 1, 2, width_ratios=(1, 1.25))
        else:
            left, right = panels(ax, 2, 1)
        image = left.imshow(self.activations, cmap=ink(), vmin=low, vmax=high, aspect="auto", interpolation="none")
        image.set_gid(INK)
        left.set_title(f"layer {self.layer}: hidden means of {len(self.activations)} rows", fontsize=LARGE)
        left.set_xlabel("hidden unit", fontsize=SMALL)
        left.set_ylabel("row", fontsize=SMALL)
        left.tick_params(labelsize=SMALL)
        bar = left.figure.colorbar(image, ax=left, location="bottom", shrink=0.5, aspect=30)
        as_image(bar)
        bar.ax.tick_params(labelsize=SMALL)
        histograms = panels(right, 2, 2, hspace=ROW_GAP)
        separator = " " if is_wide else "\n"
        step = f"next step:{separator}update / weight = {self.update_ratio:.1e}"
        _histogram(histograms[0], self.activations, "hidden means", BLUE)
        _histogram(histograms[1], self.unit_means, "mean activity of each unit", BLUE)
        _histogram(histograms[2], self.weights, "weights", VERMILLION)
        _histogram(histograms[3], self.updates, step, VERMILLION)
        return [left, *histograms]


def _histogram(ax: "Axes", values: np.ndarray, title: str, colour: str) -> None:
    values = values[np.isfinite(values)]
    ax.hist(values.ravel(), bins=50, color=colour, histtype="stepfilled")
    ax.set_title(title, fontsize=LARGE)
    ax.set_yticks([])
    ax.locator_params(axis="x", nbins=5)
    ax.ticklabel_format(axis="x", scilimits=(-2, 3))
    ax.xaxis.get_offset_text().set_fontsize(SMALL)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(labelsize=SMALL)
