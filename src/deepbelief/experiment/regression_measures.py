"""What is said of a regressor that was compared: R², an interval, errors, and tests against the others."""

from dataclasses import dataclass
from itertools import combinations
from statistics import mean, stdev

import numpy as np
from scipy.stats import ttest_rel

from deepbelief.core.randomness import RandomStreams
from deepbelief.experiment.statistics import LEVEL, holm
from deepbelief.experiment.trials import Trial

_RESAMPLINGS = 1000


@dataclass(frozen=True)
class RegressionRun:
    """One run of a model.

    Parameters
    ----------
    seed : int
    r2 : float
    seconds_fit, seconds_predict : float
    """

    seed: int
    r2: float
    seconds_fit: float
    seconds_predict: float


@dataclass(frozen=True)
class MeasuredRegression:
    """What a regressor achieved. Of several runs the first one speaks, and `runs` tells how far chance moves it.

    Parameters
    ----------
    model : str
    r2 : float
        The share of the variance of the target that is explained.
    interval : tuple of float
        The 95 % interval of R² for the choice of rows: of rows drawn again and again from those that are measured on,
        with replacement (percentile bootstrap).
    r2_on_others : float or None
        On the rows that are not the same as a row learned from; None if there are less than two.
    rmse, mae : float
        Root mean squared error and mean absolute error, in the unit of the target.
    mean_r2 : float
        Over the runs.
    spread : float or None
        Standard deviation of R² over the runs; None for a single run.
    runs : tuple of RegressionRun
    """

    model: str
    r2: float
    interval: tuple[float, float]
    r2_on_others: float | None
    rmse: float
    mae: float
    mean_r2: float
    spread: float | None
    runs: tuple[RegressionRun, ...]


@dataclass(frozen=True)
class RegressionPair:
    """A paired t-test of the squared errors of two regressors on the same rows.

    Parameters
    ----------
    first, second : str
        The models.
    p_value : float
    p_corrected : float
        Holm's, for all pairs of the comparison.
    """

    first: str
    second: str
    p_value: float
    p_corrected: float


def explained(truth: np.ndarray, squared_errors: np.ndarray) -> float:
    """Return R²: 1 minus the squared errors over those of the mean; 0 where the truth does not vary.

    Parameters
    ----------
    truth, squared_errors : ndarray, shape (n_rows,)

    Returns
    -------
    float
    """
    total = float(np.square(truth - truth.mean()).sum())
    return 1 - float(squared_errors.sum()) / total if total > 0 else 0.0


def measure_regression(
    model: str, trials: list[Trial], first_seed: int, truth: np.ndarray, others: np.ndarray
) -> MeasuredRegression:
    """Measure the trials of one regressor, made with `first_seed` and those that follow it.

    Parameters
    ----------
    model : str
    trials : list of Trial
    first_seed : int
    truth : array of shape (n_rows,)
    others : ndarray of bool, shape (n_rows,)
        The rows that are not the same as a row learned from.

    Returns
    -------
    MeasuredRegression
    """
    squared = np.square(trials[0].predicted - truth)
    runs = tuple(
        RegressionRun(
            seed, explained(truth, np.square(trial.predicted - truth)), trial.seconds_fit, trial.seconds_predict
        )
        for seed, trial in enumerate(trials, first_seed)
    )
    scores = [run.r2 for run in runs]
    return MeasuredRegression(
        model=model,
        r2=scores[0],
        interval=_interval(truth, squared),
        r2_on_others=explained(truth[others], squared[others]) if others.sum() > 1 else None,
        rmse=float(np.sqrt(squared.mean())),
        mae=float(abs(trials[0].predicted - truth).mean()),
        mean_r2=mean(scores),
        spread=stdev(scores) if len(runs) > 1 else None,
        runs=runs,
    )


def _interval(truth: np.ndarray, squared_errors: np.ndarray) -> tuple[float, float]:
    generator = RandomStreams(0).stream("bootstrap").generator  # the same rows for all models
    found = []
    for _ in range(_RESAMPLINGS):
        rows = generator.integers(len(truth), size=len(truth))
        found.append(explained(truth[rows], squared_errors[rows]))
    low, high = np.quantile(found, [LEVEL / 2, 1 - LEVEL / 2])
    return float(low), float(high)


def tested_regressions(squared_errors: dict[str, np.ndarray]) -> tuple[RegressionPair, ...]:
    """Test whether every two models have the same mean squared error, from their squared errors on the same rows.

    Parameters
    ----------
    squared_errors : dict of ndarray, shape (n_rows,)
        Of each model, by name.

    Returns
    -------
    tuple of RegressionPair
    """
    couples = list(combinations(squared_errors, 2))
    p_values = [_p_value(squared_errors[first], squared_errors[second]) for first, second in couples]
    return tuple(
        RegressionPair(*couple, p_value, corrected)
        for couple, p_value, corrected in zip(couples, p_values, holm(p_values), strict=True)
    )


def _p_value(first: np.ndarray, second: np.ndarray) -> float:
    if (first == second).all():
        return 1.0
    return float(ttest_rel(first, second).pvalue)
