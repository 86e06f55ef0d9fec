"""Any fitted estimator as the stack of layers that displays draw."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from deepbelief.displays.forms import Form, Picture
from deepbelief.estimators import DBN, RBM, DBNClassifier, DBNRegressor
from deepbelief.estimators.fitted import FittedStack, fitted_stack
from deepbelief.estimators.fitted_network import fitted_network


def as_stack(estimator: object) -> FittedStack:
    """Return a fitted estimator as a stack of layers.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor

    Returns
    -------
    FittedStack

    Raises
    ------
    TypeError
        If it is no estimator of this package.
    NotFittedError
        If it is not fitted.
    """
    if not isinstance(estimator, RBM | DBN | DBNClassifier | DBNRegressor):
        raise TypeError(
            f"estimator is a {type(estimator).__name__}; pass a fitted RBM, DBN, DBNClassifier or DBNRegressor."
        )
    check_is_fitted(estimator)
    return fitted_stack(estimator)


def as_network(estimator: object) -> FittedStack:
    """Return a fitted network, whose hidden units do what the network computes.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor

    Returns
    -------
    FittedStack

    Raises
    ------
    TypeError
        If it is no network of this package.
    NotFittedError
        If it is not fitted.
    """
    if not isinstance(estimator, DBNClassifier | DBNRegressor):
        raise TypeError(
            f"finetuned=True looks at a fine-tuned network, and estimator is a {type(estimator).__name__}; pass a "
            "fitted DBNClassifier or DBNRegressor, or leave finetuned out."
        )
    check_is_fitted(estimator)
    return fitted_network(estimator)


def as_drawn(stack: FittedStack, visible: np.ndarray, form: Form) -> np.ndarray:
    """Return visible units as a tile shows them: pictures at the scale of the data, bars as the units see them.

    Features of a table have scales of their own, of which the largest would hide all others.

    Parameters
    ----------
    stack : FittedStack
        The fitted estimator, see :func:`~deepbelief.displays.stacks.as_stack`.
    visible : ndarray, shape (n_rows, n_visible)
    form : Form
        Whether a row is a picture or bars.

    Returns
    -------
    ndarray, shape (n_rows, n_visible)
    """
    return stack.to_data(visible) if isinstance(form, Picture) else np.asarray(visible, float)


def check_layer(stack: FittedStack, layer: object) -> int:
    """Return a layer number, or refuse it in a sentence if there is no such layer.

    Parameters
    ----------
    stack : FittedStack
        The fitted estimator, see :func:`~deepbelief.displays.stacks.as_stack`.
    layer : object
        The lowest is 1.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If there is no such layer.
    """
    n_layers = len(stack.layers)
    if isinstance(layer, bool) or not isinstance(layer, int | np.integer) or not 1 <= layer <= n_layers:
        raise ValueError(f"layer={layer} is not between 1 and {n_layers}, the number of layers.")
    return int(layer)
