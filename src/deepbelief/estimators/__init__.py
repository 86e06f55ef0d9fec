"""Estimators with scikit-learn's interface: ``RBM``, ``DBN``, ``DBNClassifier``, ``DBNRegressor``."""

from deepbelief.estimators.classifier import DBNClassifier
from deepbelief.estimators.dbn import DBN
from deepbelief.estimators.rbm import RBM
from deepbelief.estimators.regressor import DBNRegressor

__all__ = ["DBN", "RBM", "DBNClassifier", "DBNRegressor"]
