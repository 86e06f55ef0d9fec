"""Tell users what is wrong with an estimator they fitted."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from deepbelief.core.arrays import all_finite
from deepbelief.core.diagnosis import Finding, Predictions, examine
from deepbelief.core.finding import non_finite
from deepbelief.core.stack import Layer
from deepbelief.estimators.classifier import DBNClassifier
from deepbelief.estimators.dbn import DBN
from deepbelief.estimators.labels import labels_for
from deepbelief.estimators.rbm import RBM


def diagnose(
    estimator: RBM | DBN | DBNClassifier, X: Any, y: Any = None, *, validation: tuple[Any, Any] | None = None
) -> list[Finding]:
    """Return what is wrong with a fitted estimator; an empty list if nothing is.

    Looks for inputs outside [0, 1] or without contrast, constant features, dead, always-on, saturated and duplicate
    hidden units, identical or noise-like reconstructions and those worse than the mean image, weights that explode or
    do not move, overfitting, a network at the level of the most frequent class, and numbers that are not finite.

    Parameters
    ----------
    estimator : RBM, DBN or DBNClassifier
        Fitted.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Data of the kind it was trained on, at the same scale.
    y : array-like of shape (n_samples,), optional
        Labels to judge a classifier by; rows without one, or with another than its classes, are left out.
    validation : (X, y), optional
        Rows that a classifier was not trained on, to judge it by instead.

    Returns
    -------
    list of Finding
        Each with `name`, `where`, `value`, `threshold`, `evidence`, `advice` and `source`.

    Raises
    ------
    NotFittedError
    DataError
        If X cannot be used.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from deepbelief import RBM, diagnose
    >>> X = load_digits().data / 16
    >>> stuck = RBM(n_components=16, learning_rate=1e-7, n_iter=2, random_state=0).fit(X)
    >>> [finding.name for finding in diagnose(stuck, X)]
    ['weights-not-moving', 'identical-reconstructions']
    """
    check_is_fitted(estimator)
    rows = estimator._rows(X)
    if not isinstance(estimator, DBNClassifier):
        return examine(_stack(estimator), rows, estimator.history_)
    if not all_finite((*estimator.coefs_, *estimator.intercepts_)):
        broken = non_finite("the network", "some weights are not finite numbers")
        return [*examine(_stack(estimator.dbn_), rows, estimator.history_), broken]
    predictions = _predictions(estimator, *(validation or (X, y)))
    return examine(_stack(estimator.dbn_), rows, estimator.history_, predictions)


def _predictions(classifier: DBNClassifier, X: Any, y: Any) -> Predictions | None:
    """Return what a classifier says of the rows whose label it knows."""
    if y is None:
        return None
    predicted = classifier.predict(X)
    labels = labels_for(classifier, y, len(predicted)).among(classifier.classes_)
    said = np.searchsorted(classifier.classes_, predicted[labels.known])
    return Predictions(labels.codes(classifier.classes_), said)


def _stack(estimator: RBM | DBN) -> list[Layer]:
    return [Layer(rbm._machine(), rbm._parameters()) for rbm in getattr(estimator, "rbms_", [estimator])]
