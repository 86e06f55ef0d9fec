"""What can be shown of a hidden unit, and of whose units: the pretrained net's, or the fine-tuned network's."""

import numpy as np

from deepbelief.core import inspection
from deepbelief.core.arrays import to_numpy
from deepbelief.core.rows import Rows
from deepbelief.displays.base import check_choice
from deepbelief.displays.stacks import as_network, as_stack
from deepbelief.estimators.fitted import FittedStack

VIEWS = {  # in the words of the title
    "alone": "minus the bias image",
    "context": "what each adds to rows of data",
    "excites": "what turns each on",
}
MOST_ROWS, CONTEXTS = 5000, 50  # of the data, that are looked at to find out what turns units on, and what they add


def seen_units(estimator: object, view: str, finetuned: bool) -> FittedStack:
    """Return what is looked at: the net as pretraining left it, or the fine-tuned network.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Fitted.
    view : {"alone", "context", "excites"}
    finetuned : bool
        Whether the network is looked at.

    Returns
    -------
    FittedStack

    Raises
    ------
    ValueError
        If a network has no such view.
    """
    if not finetuned:
        return as_stack(estimator)
    check_choice("view", view, tuple(VIEWS))
    if view != "excites":
        raise ValueError(
            f'view="{view}" shows what comes down from a unit, and a fine-tuned network has no way down; set '
            'view="excites", or leave finetuned out.'
        )
    return as_network(estimator)


def unit_images(stack: FittedStack, layer: int, units: np.ndarray, view: str, rows: Rows | None) -> np.ndarray:
    """Return what units stand for, as changes of a row at the scale of the data.

    Parameters
    ----------
    stack : FittedStack
    layer : int
        Counted from 1.
    units : ndarray of int, shape (n_shown,)
    view : {"alone", "context", "excites"}
    rows : Rows or None
        All views but ``"alone"`` need them.

    Returns
    -------
    ndarray of shape (n_shown, n_visible)

    Raises
    ------
    ValueError
        If there is no such view, or it needs rows.
    """
    check_choice("view", view, tuple(VIEWS))
    layers = stack.layers[:layer]
    if view == "alone":
        return stack.change_to_data(inspection.unit_images(layers, units))
    if rows is None:
        raise ValueError(f'view="{view}" needs X, rows that turn the units on.')
    if view == "context":
        return stack.change_to_data(
            inspection.context_images(layers, units, stack.activations(rows.spread(CONTEXTS), layer))
        )
    some = rows.spread(MOST_ROWS)
    on = stack.activations(some, layer)[:, units]
    return stack.change_to_data(inspection.exciting_images(to_numpy(some.take(slice(None))), on))
