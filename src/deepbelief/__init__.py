"""Restricted Boltzmann machines, deep belief nets and the deep networks grown from them.

>>> from deepbelief import RBM, DBN, DBNClassifier
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from deepbelief.errors import DataError, DivergedError, ModelError

if TYPE_CHECKING:
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
    "ModelError",
    "__version__",
    "diagnose",
    "load",
    "save",
]

_HOMES = {
    "DBN": "deepbelief.estimators",
    "DBNClassifier": "deepbelief.estimators",
    "DBNRegressor": "deepbelief.estimators",
    "RBM": "deepbelief.estimators",
    "diagnose": "deepbelief.estimators.diagnosing",
    "load": "deepbelief.estimators.model_file",
    "save": "deepbelief.estimators.model_file",
}


def __getattr__(name: str) -> Any:
    """Import scikit-learn, through the estimators, only when one of them is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'deepbelief' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
