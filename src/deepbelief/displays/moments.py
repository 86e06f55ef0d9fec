"""Statistics of samples against those of data: means, covariances of two features, and of three."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from deepbelief.core.resemblance import Moments, moments
from deepbelief.displays.base import Display, Size, pandas, panels
from deepbelief.displays.colours import BLUE, GREY
from deepbelief.displays.stacks import as_stack
from deepbelief.displays.tiles import LARGE, SMALL
from deepbelief.estimators.annotations import Data, RandomSource
from deepbelief.estimators.beside import STEPS, Beside, samples_beside
from deepbelief.estimators.settings import random_streams

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from deepbelief.estimators.model_file import Estimator

PANEL = (2.6, 2.9)  # inches
NAMES = {1: "means", 2: "covariances of two features", 3: "of three features"}


class MomentsDisplay(Display):
    """A point for each feature, and for each set of two and three features, and the line on which all should lie.

    Parameters
    ----------
    moments : sequence of Moments
        Of the first, second and third order, in visible units.
    """

    def __init__(self, moments: Sequence[Moments]) -> None:
        self.moments = [found for found in moments if len(found.data)]

    @classmethod
    def from_estimator(
        cls,
        estimator: "Estimator",
        X: Data,
        *,
        n_samples: int = 1000,
        n_steps: int = STEPS,
        random_state: RandomSource = 0,
    ) -> Self:
        """Draw from a fitted estimator, with chains that start at rows of X.

        Parameters
        ----------
        estimator : RBM, DBN or DBNClassifier
            Fitted; of a classifier, the net as pretraining left it.
        X : array-like or sparse matrix of shape (n_rows, n_features)
        n_samples : int, default=1000
            No more than there are rows.
        n_steps : int, default=500
            Sweeps of each chain.
        random_state : int, RandomState instance or None, default=0
            Of the chains, and of the sets of features where there are more than 2,000.

        Returns
        -------
        MomentsDisplay
        """
        stack = as_stack(estimator)
        return cls.from_drawn(
            samples_beside(stack, X, n_samples=n_samples, n_steps=n_steps, random_state=random_state), random_state
        )

    @classmethod
    def from_drawn(cls, beside: Beside, random_state: RandomSource = 0) -> Self:
        """Compare samples that have been drawn already.

        Parameters
        ----------
        beside : Beside
            Samples, and the rows that they are compared with.
        random_state : int, RandomState instance or None, default=0
            Which sets of features are compared.

        Returns
        -------
        MomentsDisplay
        """
        streams, samples = random_streams(random_state), beside.drawn.samples.astype(float)
        return cls([moments(beside.data, samples, order, streams.stream("moments", order)) for order in (1, 2, 3)])

    def size(self) -> Size:
        n_rows, n_columns = self._grid()
        return PANEL[0] * n_columns, PANEL[1] * n_rows

    def _grid(self) -> tuple[int, int]:
        n_panels = len(self.moments)
        return (1, n_panels) if PANEL[0] * n_panels <= self.width else (n_panels, 1)

    def frame(self) -> "DataFrame":
        tables = [
            pandas().DataFrame(
                {
                    "order": found.order,
                    "features": [",".join(map(str, features)) for features in found.features],
                    "data": found.data,
                    "samples": found.samples,
                }
            )
            for found in self.moments
        ]
        return pandas().concat(tables, ignore_index=True)

    def _draw(self, ax: "Axes") -> list["Axes"]:
        spots = panels(ax, *self._grid())
        for spot, found in zip(spots, self.moments, strict=True):
            both = np.concatenate([found.data, found.samples])
            low, high = float(both.min()), float(both.max())
            margin = 0.05 * (high - low or 1)
            ends = (low - margin, high + margin)
            spot.plot(ends, ends, color=GREY, linewidth=0.8, linestyle="--", zorder=1)
            spot.scatter(
                found.data, found.samples, s=5, color=BLUE, alpha=0.35, linewidths=0, zorder=2, rasterized=True
            )
            spot.set(xlim=ends, ylim=ends, aspect="equal", box_aspect=1)
            spot.spines[["top", "right"]].set_visible(False)
            spot.tick_params(labelsize=SMALL)
            spot.locator_params(nbins=4)
            spot.set_title(f"{NAMES[found.order]}\nr = {found.correlation:.2f}", fontsize=LARGE)
            spot.set_xlabel("data", fontsize=SMALL)
            spot.set_ylabel("samples", fontsize=SMALL)
        return spots
