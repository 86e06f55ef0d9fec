"""The page as a widget, which shares what is drawn with Python: for Jupyter, VS Code and marimo, through anywidget."""

from typing import Any

import numpy as np
from anywidget import AnyWidget
from traitlets import Float, List, Unicode

from deepbelief.errors import DataError
from deepbelief.page.inlining import WEB


class _Row(List):
    """One number for each feature, from any array; an empty list stands for what the page begins with."""

    def validate(self, obj: Any, value: Any) -> Any:
        row = super().validate(obj, np.asarray(value, dtype=float).ravel().tolist())
        if len(row) not in (0, obj.n_features):
            raise DataError(f"row holds {len(row)} numbers, but the model has {obj.n_features} features.")
        if not np.isfinite(row).all():
            raise DataError("row holds numbers that are not finite; give the net a row without holes.")
        return row


class ExploreWidget(AnyWidget):
    """The page of a model, as a widget.

    Parameters
    ----------
    html : str
        The page.
    n_features : int
        Of the model.

    Attributes
    ----------
    row : list of float
        What the net is given, as data. It follows the drawing, and the drawing follows it: set it to any row.
    answer : list of float
        What the network answers to it: probabilities of classes or labels, or numbers. Empty without a network.
    """

    _esm = WEB / "widget.mjs"
    html = Unicode().tag(sync=True)
    row = _Row(Float()).tag(sync=True)
    answer = List(Float()).tag(sync=True)

    def __init__(self, html: str, n_features: int) -> None:
        self.n_features = n_features
        super().__init__(html=html)
