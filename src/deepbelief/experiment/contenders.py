"""The models that are compared: classifiers of scikit-learn with default settings, and this library's network.

Where cells are missing, scikit-learn's models are given the mean of the column there; the network knows what a hole is.

Raw means pixels as the readers give them, whole numbers 0 to 255 brought into [0, 1]; scaled means behind a
StandardScaler. The unit of raw pixels matters to logistic regression only, whose penalty has one: nearest neighbours
stay the same in any unit, and so does this SVM, since gamma="scale" divides by the pixels' variance. With a gamma fixed
beforehand, 1 / n_features, the SVM fails on 0 to 255: every image is then infinitely far from every other.

Numbers to be predicted mostly come with tables, whose columns have no unit in common: the regressors all stand behind a
StandardScaler. The SVM has the target standardised too, as its tolerance is a number in the unit of the target.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from deepbelief.annotations import Settings
from deepbelief.estimators import DBNClassifier, DBNRegressor

NAMES = ("logistic", "logistic-scaled", "knn", "knn-scaled", "svm", "svm-scaled", "dnn-random", "dnn")
REGRESSORS = ("ridge", "knn", "svr", "dnn-random", "dnn")


@dataclass(frozen=True)
class Contender:
    """A model that takes part.

    Parameters
    ----------
    make : callable
        From a seed to an estimator that is not fitted yet.
    growth : int
        The power of the number of rows that its time grows with, roughly.
    is_random : bool
        Whether another seed gives another model.
    """

    make: Callable[[int], Any]
    growth: int
    is_random: bool = False


def check_names(names: tuple[str, ...]) -> None:
    """Refuse names that no model has.

    Parameters
    ----------
    names : tuple of str

    Raises
    ------
    ValueError
        If no model has one of the names.
    """
    unknown = [name for name in names if name not in (*NAMES, *REGRESSORS)]
    if unknown:
        raise ValueError(
            f"there is no model {unknown[0]!r}; choose among {', '.join(NAMES)}, or to predict numbers "
            f"{', '.join(REGRESSORS)}"
        )


def names_for(task: str, names: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the models to compare: those that are named, or all of the task, "classify" or "regress".

    Parameters
    ----------
    task : str
    names : tuple of str or None
        None for all of them.

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        If one of them is for the other task.
    """
    whole = NAMES if task == "classify" else REGRESSORS
    for name in names or ():
        if name not in whole:
            what = "names classes" if task == "classify" else "predicts numbers"
            raise ValueError(f"no model {name!r} {what}, as this target needs; choose among {', '.join(whole)}")
    return names or whole


def contenders(network: Settings, has_holes: bool = False) -> dict[str, Contender]:
    """Return all classifiers by name; the settings are those of the network.

    Parameters
    ----------
    network : mapping of str
        Settings of the network, by name.
    has_holes : bool
        Whether cells are missing.

    Returns
    -------
    dict of Contender
    """

    def pretrained(seed: int) -> DBNClassifier:
        # Rows without a label have been left out, for all models.
        return DBNClassifier(**{**network, "random_state": seed, "unlabelled": None})

    def from_random_weights(seed: int) -> DBNClassifier:
        return pretrained(seed).set_params(pretrain_epochs=0)

    return {
        "logistic": Contender(lambda _: _whole(has_holes, _logistic()), growth=1),
        "logistic-scaled": Contender(lambda _: _whole(has_holes, StandardScaler(), _logistic()), growth=1),
        "knn": Contender(lambda _: _whole(has_holes, _neighbours()), growth=2),
        "knn-scaled": Contender(lambda _: _whole(has_holes, StandardScaler(), _neighbours()), growth=2),
        "svm": Contender(lambda _: _whole(has_holes, _svm()), growth=2),
        "svm-scaled": Contender(lambda _: _whole(has_holes, StandardScaler(), _svm()), growth=2),
        "dnn-random": Contender(from_random_weights, growth=1, is_random=True),
        "dnn": Contender(pretrained, growth=1, is_random=True),
    }


def regression_contenders(network: Settings, has_holes: bool = False) -> dict[str, Contender]:
    """Return all regressors by name; the settings are those of the network.

    Parameters
    ----------
    network : mapping of str
        Settings of the network, by name.
    has_holes : bool
        Whether cells are missing.

    Returns
    -------
    dict of Contender
    """

    def pretrained(seed: int) -> DBNRegressor:
        return DBNRegressor(**{**network, "random_state": seed})

    def from_random_weights(seed: int) -> DBNRegressor:
        return pretrained(seed).set_params(pretrain_epochs=0)

    def svr(_: int) -> TransformedTargetRegressor:
        return TransformedTargetRegressor(_whole(has_holes, StandardScaler(), SVR()), transformer=StandardScaler())

    neighbours = KNeighborsRegressor(n_neighbors=5)
    return {
        "ridge": Contender(lambda _: _whole(has_holes, StandardScaler(), Ridge()), growth=1),
        "knn": Contender(lambda _: _whole(has_holes, StandardScaler(), neighbours), growth=2),
        "svr": Contender(svr, growth=2),
        "dnn-random": Contender(from_random_weights, growth=1, is_random=True),
        "dnn": Contender(pretrained, growth=1, is_random=True),
    }


def _whole(has_holes: bool, *steps: Any) -> Any:
    """Return these steps one after the other, behind one that fills holes where there are any."""
    steps = (*([SimpleImputer(keep_empty_features=True)] if has_holes else []), *steps)
    return make_pipeline(*steps) if len(steps) > 1 else steps[0]


def _logistic() -> LogisticRegression:
    return LogisticRegression(max_iter=1000)  # at the usual 100 it stops before it has converged


def _neighbours() -> KNeighborsClassifier:
    return KNeighborsClassifier(n_neighbors=5)


def _svm() -> SVC:
    return _ParallelSVC(kernel="rbf", gamma="scale", cache_size=1000)  # MB: 200, the default, hold too few kernel rows


class _ParallelSVC(SVC):
    """scikit-learn's, predicting on all cores: on many rows it takes longer to predict than to fit."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        n_parts = min(os.cpu_count() or 1, len(X))
        with ThreadPool(n_parts) as pool:
            return np.concatenate(pool.map(super().predict, np.array_split(X, n_parts)))
