"""Samples and data in the plane in which the data spread most."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from deepbelief.core.resemblance import principal_components
from deepbelief.displays.base import Display, Size, pandas
from deepbelief.displays.colours import BLUE, VERMILLION
from deepbelief.displays.stacks import as_stack
from deepbelief.displays.tiles import LARGE, SMALL
from deepbelief.estimators.annotations import Data, RandomSource
from deepbelief.estimators.beside import STEPS, Beside, samples_beside

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from deepbelief.estimators.model_file import Estimator


class ComponentsDisplay(Display):
    """A point for each row and each sample, in the first two principal components of the data.

    Parameters
    ----------
    data : ndarray of shape (n_rows, 2)
    samples : ndarray of shape (n_samples, 2)
    """

    def __init__(self, data: np.ndarray, samples: np.ndarray) -> None:
        self.data = data
        self.samples = samples

    @classmethod
    def from_estimator(
        cls,
        estimator: "Estimator",
        X: Data,
        *,
        n_samples: int = 500,
        n_steps: int = STEPS,
        random_state: RandomSource = 0,
    ) -> Self:
        """Draw from a fitted estimator, with chains that start at rows of X.

        Parameters
        ----------
        estimator : RBM, DBN or DBNClassifier
            Fitted; of a classifier, the net as pretraining left it.
        X : array-like or sparse matrix of shape (n_rows, n_features)
        n_samples : int, default=500
            No more than there are rows.
        n_steps : int, default=500
            Sweeps of each chain.
        random_state : int, RandomState instance or None, default=0

        Returns
        -------
        ComponentsDisplay
        """
        stack = as_stack(estimator)
        return cls.from_drawn(samples_beside(stack, X, n_samples=n_samples, n_steps=n_steps, random_state=random_state))

    @classmethod
    def from_drawn(cls, beside: Beside) -> Self:
        """Show samples that have been drawn already.

        Parameters
        ----------
        beside : Beside
            Samples, and the rows that they are compared with.

        Returns
        -------
        ComponentsDisplay
        """
        return cls(*principal_components(beside.data, beside.drawn.samples.astype(float)))

    def size(self) -> Size:
        return min(4.2, self.width), min(4.0, self.width)

    def frame(self) -> "DataFrame":
        tables = [
            pandas().DataFrame({"kind": kind} | {f"component_{i + 1}": points[:, i] for i in range(points.shape[1])})
            for kind, points in (("data", self.data), ("sample", self.samples))
        ]
        return pandas().concat(tables, ignore_index=True)

    def _draw(self, ax: "Axes") -> list["Axes"]:
        for points, label, colour, marker in (
            (self.data, "data", BLUE, "o"),
            (self.samples, "samples", VERMILLION, "x"),
        ):
            second = points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))
            size, alpha = (8, 0.35) if marker == "o" else (12, 0.7)
            style: dict[str, Any] = {
                "color": colour,
                "marker": marker,
                "alpha": alpha,
                "linewidths": 0.8,
                "rasterized": True,
            }
            ax.scatter(points[:, 0], second, s=size, label=label, **style)
        ax.set_xlabel("first principal component of the data", fontsize=SMALL)
        ax.set_ylabel("second", fontsize=SMALL)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=SMALL)
        ax.legend(fontsize=SMALL, frameon=False, loc="upper right")
        ax.set_title("Samples and data", fontsize=LARGE)
        return [ax]
