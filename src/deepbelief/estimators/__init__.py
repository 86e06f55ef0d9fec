"""The mathematics with scikit-learn's manners: ``RBM``, ``DBN``, ``DBNClassifier``."""

from deepbelief.estimators.classifier import DBNClassifier
from deepbelief.estimators.dbn import DBN
from deepbelief.estimators.rbm import RBM

__all__ = ["DBN", "RBM", "DBNClassifier"]
