"""Predicted numbers plotted against the true ones."""

from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from deepbelief.displays.base import Display, Size, pandas
from deepbelief.displays.colours import BLUE, GREY
from deepbelief.displays.tiles import LARGE, SMALL
from deepbelief.estimators.annotations import Data, Targets
from deepbelief.estimators.targets import targets_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from deepbelief.estimators.regressor import DBNRegressor

SIDE = 4.2  # inches
MOST_POINTS = 2000  # evenly spaced among the rows: more only hide each other


class PredictionsDisplay(Display):
    """A point for each row, the true number across and the predicted one up; on the diagonal both are the same.

    Parameters
    ----------
    true, predicted : ndarray of shape (n_rows,)
    low, high : ndarray of shape (n_rows,), optional
        Ends of the intervals that were predicted, drawn as lines.
    """

    def __init__(
        self, true: np.ndarray, predicted: np.ndarray, low: np.ndarray | None = None, high: np.ndarray | None = None
    ) -> None:
        self.true = true
        self.predicted = predicted
        self.low = low
        self.high = high

    @classmethod
    def from_estimator(cls, regressor: "DBNRegressor", X: Data, y: Targets) -> Self:
        """Predict.

        Parameters
        ----------
        regressor : DBNRegressor
            Fitted on one target.
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns
        -------
        PredictionsDisplay

        Raises
        ------
        ValueError
            If X or y does not fit.
        """
        check_is_fitted(regressor)
        predicted = regressor.predict(X)
        return cls(targets_for(regressor, y, len(predicted)), predicted)

    def size(self) -> Size:
        return min(SIDE, self.width), min(SIDE, self.width)

    def frame(self) -> "DataFrame":
        ends = {} if self.low is None else {"low": self.low, "high": self.high}
        return pandas().DataFrame({"true": self.true, "predicted": self.predicted, **ends})

    def _draw(self, ax: "Axes") -> list["Axes"]:
        some = np.unique(np.linspace(0, len(self.true) - 1, MOST_POINTS).round().astype(int))
        true, predicted = self.true[some], self.predicted[some]
        ends = [true.min(), predicted.min()], [true.max(), predicted.max()]
        span = [min(ends[0]), max(ends[1])]
        if self.low is not None and self.high is not None:
            ax.vlines(true, self.low[some], self.high[some], color=GREY, linewidth=0.6, alpha=0.4, zorder=1)
        ax.plot(span, span, color=GREY, linewidth=0.8, linestyle=":", zorder=2)
        ax.scatter(true, predicted, s=9, color=BLUE, alpha=0.7, linewidths=0, zorder=3)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=SMALL)
        ax.set_xlabel("true", fontsize=LARGE)
        ax.set_ylabel("predicted", fontsize=LARGE)
        return [ax]
