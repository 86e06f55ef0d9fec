"""Tell users what is wrong with an estimator they fitted."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from deepbelief.core.diagnosis import Answers, Finding, examine
from deepbelief.core.drawing import DrawnRows, drawn_rows
from deepbelief.core.finding import non_finite
from deepbelief.core.rows import Rows
from deepbelief.core.trees import all_finite
from deepbelief.estimators.annotations import Data, RowWeights, Targets
from deepbelief.estimators.classifier import DBNClassifier
from deepbelief.estimators.dbn import DBN
from deepbelief.estimators.fitted import FittedStack, answers, beside, fitted_stack, known_labels, training_of
from deepbelief.estimators.judging import as_often_as, with_agreement
from deepbelief.estimators.rbm import RBM
from deepbelief.estimators.regressor import DBNRegressor
from deepbelief.estimators.remedies import with_settings
from deepbelief.estimators.row_weights import rows_that_count
from deepbelief.estimators.settings import random_streams

CHAINS, SWEEPS = 100, 200  # that judge whether samples of a machine or a net are some


def diagnose(
    estimator: RBM | DBN | DBNClassifier | DBNRegressor,
    X: Data,
    y: Targets = None,
    *,
    sample_weight: RowWeights = None,
    validation: tuple[Data, Targets] | None = None,
) -> list[Finding]:
    """Return what is wrong with a fitted estimator; an empty list if nothing is.

    Looks for inputs outside [0, 1] or without contrast, constant features, dead, always-on, saturated and duplicate
    hidden units, identical or noise-like reconstructions and those worse than the mean image, weights that explode or
    do not move, overfitting, a network at the level of the most frequent class or of the mean, labels that do not
    follow from the rows, and numbers that are not finite. Of an RBM or a DBN it looks at samples too: at chains that
    stay where they started, samples unlike the data, and copies of rows; the layers of a network need not be good
    distributions (``diagnose(net.dbn_, X)`` says whether they are).

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Fitted.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Data of the kind it was trained on, at the same scale.
    y : array-like of shape (n_samples,), optional
        Labels to judge a classifier by (rows without one, or with another than its classes, are left out), or targets
        to judge a regressor by.
    sample_weight : array-like of shape (n_samples,), optional
        How much each row of X counts, as in `fit`: rows of weight 0 are left out.
    validation : (X, y), optional
        Rows that the network was not trained on, to judge it by instead.

    Returns
    -------
    list of Finding
        Each with `name`, `where`, `value`, `threshold`, `evidence`, `advice` and `source`.

    Raises
    ------
    TypeError
        If it is another estimator.
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
    if not isinstance(estimator, RBM | DBN | DBNClassifier | DBNRegressor):
        raise TypeError(
            f"diagnose judges an RBM, a DBN, a DBNClassifier or a DBNRegressor, not a {type(estimator).__name__}; of a "
            "pipeline, give its last step, and X as that step is given it."
        )
    check_is_fitted(estimator)
    counted = rows_that_count(sample_weight, X)
    broken, said = [], None
    if isinstance(estimator, DBNClassifier | DBNRegressor):
        if all_finite((*estimator.coefs_, *estimator.intercepts_)):
            said = _answers(estimator, *validation, is_new=True) if validation else _answers(estimator, X, y, counted)
        else:
            broken = [non_finite("the network", "some weights are not finite numbers")]
    stack = fitted_stack(estimator)
    rows = stack.rows(X).subset(counted)
    is_network = isinstance(estimator, DBNClassifier | DBNRegressor)
    drawn = None if is_network or not estimator.history_ else _drawn(stack, rows)
    found = examine(stack.layers, rows, training_of(estimator), said, drawn)
    return [with_settings(finding, estimator) for finding in found + broken]


def _drawn(stack: FittedStack, rows: Rows) -> DrawnRows | None:
    """Return what a machine or a net draws. Networks are not asked: their layers serve as features."""
    start = rows.spread(CHAINS).take(slice(None))
    if not all(all_finite(layer.parameters) for layer in stack.layers):
        return None
    return drawn_rows(stack.layers, start, SWEEPS, random_streams(0))


def _answers(
    network: DBNClassifier | DBNRegressor,
    X: Data,
    y: Targets,
    counted: np.ndarray | None = None,
    *,
    is_new: bool = False,
) -> Answers | None:
    if y is None:
        return None
    everything = answers(network, X)
    known, right = known_labels(network, y, len(everything))
    if counted is not None:
        known, right = as_often_as(counted, known, right)
    said = beside(network, right, everything[known])
    if is_new:  # its accuracy says by itself whether labels follow from rows
        return said
    return with_agreement(said, fitted_stack(network).rows(X), known, len(known))
