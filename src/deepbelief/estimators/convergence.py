"""Tell users of ``fit`` that a model learned nothing at all."""

import warnings
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples, column_or_1d

from deepbelief.core.diagnosis import Finding, Training, failures
from deepbelief.estimators.fitted import net_of, predictions_of, stack_of
from deepbelief.estimators.labels import checked_labels, labelled_rows
from deepbelief.estimators.remedies import with_settings

JUDGED_ROWS = 500  # evenly spaced


def warn_of_failure(estimator: Any, X: Any, y: Any = None) -> None:
    """Issue one ConvergenceWarning if an estimator learned nothing from the data that it was just fitted on.

    Its layers are judged if it has trained them, and its network if it has one; see
    :func:`~deepbelief.core.diagnosis.failures`. A training of no epochs, which was asked for, is no failure.

    Parameters
    ----------
    estimator : RBM, DBN or DBNClassifier
        Fitted.
    X : array-like or sparse matrix of shape (n_samples, n_features)
    y : array-like of shape (n_samples,), optional
        Labels of a classifier.

    Warns
    -----
    ConvergenceWarning
        Names the findings.
    """
    has_network = any(record["phase"] != "pretrain" for record in estimator.history_)
    known = np.arange(_num_samples(X))
    if has_network:
        y = column_or_1d(y)
        known = labelled_rows(checked_labels(y, len(known)))
    judged = known[np.unique(np.linspace(0, len(known) - 1, JUDGED_ROWS).round().astype(int))]
    X = _taken(X, judged)
    predictions = predictions_of(estimator, X, y[judged]) if has_network else None
    found = failures(stack_of(estimator), estimator._rows(X), Training(estimator.history_), predictions)
    if found:
        warnings.warn(_sentence(estimator, found), ConvergenceWarning, stacklevel=3)


def _taken(X: Any, indices: np.ndarray) -> Any:
    """Return some rows of whatever ``fit`` takes."""
    if scipy.sparse.issparse(X):
        X = X.tocsr()
    elif not hasattr(X, "shape"):
        X = np.asarray(X)
    return _safe_indexing(X, indices)


def _sentence(estimator: Any, found: list[Finding]) -> str:
    first = with_settings(found[0], estimator)
    name = type(estimator).__name__
    if first.where.startswith("layer") and hasattr(net_of(estimator), "rbms_"):  # an RBM is its only layer
        name = f"{first.where.capitalize()} of {name}"
    data = "X, y" if hasattr(estimator, "coefs_") else "X"
    names = ", ".join(dict.fromkeys(finding.name for finding in found))
    return (
        f"{name} learned nothing useful: {first.evidence}; {first.advice[0].lower()}{first.advice[1:]}. "
        f"deepbelief.diagnose(estimator, {data}) says more ({names})."
    )
