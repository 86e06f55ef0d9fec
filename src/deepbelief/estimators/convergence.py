"""Tell users of ``fit`` that a model learned nothing at all."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from deepbelief.core.diagnosis import Finding, Training, failures
from deepbelief.core.phases import PRETRAIN
from deepbelief.estimators.annotations import Data, RowWeights, Targets
from deepbelief.estimators.fitted import fitted_stack, judged, known_labels, net_of
from deepbelief.estimators.judging import as_often_as, spread, with_agreement
from deepbelief.estimators.matrices import is_sparse
from deepbelief.estimators.remedies import with_settings
from deepbelief.estimators.row_weights import rows_that_count, weights_of_classes

if TYPE_CHECKING:
    from deepbelief.estimators.model_file import Estimator


def warn_of_failure(estimator: "Estimator", X: Data, y: Targets = None, sample_weight: RowWeights = None) -> None:
    """Issue one ConvergenceWarning if an estimator learned nothing from the data that it was just fitted on.

    Its layers are judged if it has trained them, and its network if it has one; see
    :func:`~deepbelief.core.diagnosis.failures`. A training of no epochs, which was asked for, is no failure.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Fitted.
    X : array-like or sparse matrix of shape (n_samples, n_features)
    y : array-like of shape (n_samples,), optional
        Labels of a classifier, or targets of a regressor.
    sample_weight : array-like of shape (n_samples,), number or None
        With which it was fitted.

    Warns
    -----
    ConvergenceWarning
        Names the findings.
    """
    answers = None
    counted = rows_that_count(sample_weight, X)
    if any(record["phase"] != PRETRAIN.name for record in estimator.history_):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataConversionWarning)  # that y is no vector, `fit` has said
            known, targets = as_often_as(counted, *known_labels(estimator, y, _num_samples(X)))
        class_weight = getattr(estimator, "class_weight", None)
        if isinstance(class_weight, Mapping):
            is_learned = weights_of_classes(class_weight, estimator.classes_)[targets] > 0
            known, targets = known[is_learned], targets[is_learned]
        some = spread(len(known))
        X = _taken(X, known[some])
        answers = judged(estimator, X, targets[some])
        n_known = len(known)
    else:
        X = _taken(X, counted[spread(len(counted))])
    stack = fitted_stack(estimator)
    rows = stack.rows(X)
    if answers is not None:
        answers = with_agreement(answers, rows, np.arange(len(rows)), n_known)
    found = failures(stack.layers, rows, Training(estimator.history_), answers)
    if found:
        warnings.warn(_sentence(estimator, found), ConvergenceWarning, stacklevel=3)


def _taken(X: Data, indices: np.ndarray) -> Any:
    """Return some rows of whatever ``fit`` takes."""
    if is_sparse(X):
        X = X.tocsr()
    elif not hasattr(X, "shape"):
        X = np.asarray(X)
    return _safe_indexing(X, indices)


def _sentence(estimator: "Estimator", found: list[Finding]) -> str:
    first = with_settings(found[0], estimator)
    name = type(estimator).__name__
    # An RBM is its only layer, and where the network learned nothing, no other layer matters.
    if hasattr(net_of(estimator), "rbms_") and found[-1].where != "the network":
        name = f"{first.where.capitalize()} of {name}"
    data = "X, y" if hasattr(estimator, "coefs_") else "X"
    names = ", ".join(dict.fromkeys(finding.name for finding in found))
    return (
        f"{name} learned nothing useful: {first.evidence}; {first.advice[0].lower()}{first.advice[1:]}. "
        f"deepbelief.diagnose(estimator, {data}) says more ({names})."
    )
