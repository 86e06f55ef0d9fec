"""Fit a model and predict with it once, and report the elapsed time and an estimate of the remaining time."""

import time
import warnings
from collections.abc import Generator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from threading import Thread

import numpy as np
from sklearn.base import BaseEstimator

# From here on a model may take minutes, so that its time is estimated by a rehearsal on few rows: as many as take one
# hundredth of the time, but enough to be more than overhead.
_LONG = 5_000
_REHEARSAL_SHARE = 0.01
_REHEARSED_AT_LEAST = 500
_HEARTBEAT = 0.5  # seconds


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows to measure on, with their classes, or the numbers to be predicted.

    Parameters
    ----------
    train_images : ndarray of shape (n_train, n_features)
    train_labels : ndarray of shape (n_train,)
    test_images : ndarray of shape (n_test, n_features)
    test_labels : ndarray of shape (n_test,)
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


@dataclass(frozen=True)
class Trial:
    """What a model says of the rows to measure on, and the time that it took.

    Parameters
    ----------
    predicted : ndarray of shape (n_test,)
    seconds_fit, seconds_predict : float
    """

    predicted: np.ndarray
    seconds_fit: float
    seconds_predict: float


def watched(estimator: BaseEstimator, split: Split) -> Generator[float, None, Trial]:
    """Fit, predict, and yield the seconds gone by every now and then.

    The work is done in a thread of its own, since compiled code (an SVM's, for minutes) hears no Ctrl-C: so whoever
    iterates can be interrupted at any time. The thread then ends with the process.

    Parameters
    ----------
    estimator : estimator
        Not fitted yet.
    split : Split

    Yields
    ------
    float
        Seconds since the beginning.

    Returns
    -------
    Trial
    """
    future: Future[Trial] = Future()

    def work() -> None:
        try:
            future.set_result(_trial(estimator, split))
        except BaseException as error:
            future.set_exception(error)

    begin = time.perf_counter()
    Thread(target=work, daemon=True).start()
    while not wait([future], timeout=_HEARTBEAT).done:
        yield time.perf_counter() - begin
    return future.result()


def expected_seconds(estimator: BaseEstimator, growth: int, split: Split) -> float | None:
    """Estimate roughly how long a trial will take, by one on a few rows; None if it is too short to ask.

    Parameters
    ----------
    estimator : estimator
        Not fitted yet; it is spent.
    growth : int
        The power of the number of rows that the time grows with.
    split : Split

    Returns
    -------
    float or None
        In seconds.
    """
    n_train, n_test = len(split.train_labels), len(split.test_labels)
    if n_train < _LONG:
        return None
    n_few = max(_REHEARSED_AT_LEAST, int(n_train * _REHEARSAL_SHARE ** (1 / growth)))
    train, test = (np.linspace(0, n - 1, min(n, n_few)).astype(int) for n in (n_train, n_test))
    few = Split(split.train_images[train], split.train_labels[train], split.test_images[test], split.test_labels[test])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trial = _trial(estimator, few)
    except Exception:
        return None  # what fails on few rows need not fail on all
    more_train, more_test = n_train / len(train), n_test / len(test)
    return trial.seconds_fit * more_train**growth + trial.seconds_predict * more_train ** (growth - 1) * more_test


def _trial(estimator: BaseEstimator, split: Split) -> Trial:
    begin = time.perf_counter()
    estimator.fit(split.train_images, split.train_labels)
    fitted = time.perf_counter()
    predicted = estimator.predict(split.test_images)
    return Trial(predicted, fitted - begin, time.perf_counter() - fitted)
