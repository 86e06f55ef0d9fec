"""How well a regressor predicts numbers that are known."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from deepbelief.estimators import DBNRegressor

COVERAGE = 0.9  # of the intervals that are predicted and measured


@dataclass(frozen=True)
class RegressionScores:
    """How well numbers are predicted.

    Parameters
    ----------
    r2 : float
        The share of the variance of the targets that is explained; nan for a single row.
    rmse, mae : float
        Root mean squared error and mean absolute error, in the unit of the target.
    baseline_rmse : float
        The first of them for always saying the mean of these targets.
    coverage : float or None
        The share of the targets that lie in their 90 % intervals; None if the model has none.
    width : float or None
        The median width of these intervals.
    n_rows : int
    """

    r2: float
    rmse: float
    mae: float
    baseline_rmse: float
    coverage: float | None
    width: float | None
    n_rows: int


def regression_scores(regressor: DBNRegressor, images: np.ndarray, targets: np.ndarray) -> RegressionScores:
    """Measure a regressor on rows whose targets are known.

    Parameters
    ----------
    regressor : DBNRegressor
        Fitted.
    images : ndarray of shape (n_rows, n_features)
    targets : ndarray of shape (n_rows,) or (n_rows, n_targets)

    Returns
    -------
    RegressionScores
    """
    predicted, interval = regressor.predict(images), interval_of(regressor, images)
    low, high = (None, None) if interval is None else interval
    return RegressionScores(
        r2=float(r2_score(targets, predicted)) if len(targets) > 1 else float("nan"),
        rmse=float(root_mean_squared_error(targets, predicted)),
        mae=float(mean_absolute_error(targets, predicted)),
        baseline_rmse=float(np.std(targets)),
        coverage=None if low is None else float(((low <= targets) & (targets <= high)).mean()),
        width=None if low is None else float(np.median(high - low)),
        n_rows=len(targets),
    )


def interval_of(regressor: DBNRegressor, images: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the 90 % interval of each row; None if too few rows were held out for one.

    Parameters
    ----------
    regressor : DBNRegressor
        Fitted.
    images : ndarray of shape (n_rows, n_features)

    Returns
    -------
    low, high : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Or None instead of both.
    """
    try:
        return regressor.predict_interval(images, COVERAGE)
    except ValueError:
        return None
