"""Restricted Boltzmann machines, deep belief nets and the deep networks grown from them.

>>> from deepbelief import RBM, DBN, DBNClassifier
"""

from deepbelief.errors import DataError, DivergedError, ModelError
from deepbelief.estimators import DBN, RBM, DBNClassifier

__version__ = "0.1.0"

__all__ = ["DBN", "RBM", "DBNClassifier", "DataError", "DivergedError", "ModelError", "__version__"]
