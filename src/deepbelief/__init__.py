"""Restricted Boltzmann machines, deep belief nets and the deep networks grown from them.

The names below are imported when they are first used, so that ``import deepbelief`` itself takes a few milliseconds.

>>> from deepbelief import RBM, DBN, DBNClassifier
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from deepbelief.errors import DataError, DivergedError, ModelError, ParallelError, TooLargeError

if TYPE_CHECKING:
    from deepbelief import datasets, displays
    from deepbelief.core.finding import Finding
    from deepbelief.core.progress import Epoch
    from deepbelief.estimators import DBN, RBM, DBNClassifier, DBNRegressor
    from deepbelief.estimators.diagnosing import diagnose
    from deepbelief.estimators.model_file import load, save

__version__ = "0.1.0"

__all__ = [
    "DBN",
    "RBM",
    "DBNClassifier",
    "DBNRegressor",
    "DataError",
    "DivergedError",
    "Epoch",
    "Finding",
    "ModelError",
    "ParallelError",
    "TooLargeError",
    "__version__",
    "datasets",
    "diagnose",
    "displays",
    "load",
    "save",
]

_HOMES = {
    "DBN": "deepbelief.estimators",
    "DBNClassifier": "deepbelief.estimators",
    "DBNRegressor": "deepbelief.estimators",
    "Epoch": "deepbelief.core.progress",
    "Finding": "deepbelief.core.finding",
    "RBM": "deepbelief.estimators",
    "diagnose": "deepbelief.estimators.diagnosing",
    "load": "deepbelief.estimators.model_file",
    "save": "deepbelief.estimators.model_file",
}
_MODULES = ("datasets", "displays")


def __getattr__(name: str) -> Any:
    """Import scikit-learn, through the estimators, only when one of them is asked for."""
    if name in _MODULES:
        return import_module(f"deepbelief.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'deepbelief' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names, also those that are not imported yet."""
    return list(__all__)
