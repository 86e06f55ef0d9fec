"""Sample images with their labels."""

from typing import Any, Self

import numpy as np
from sklearn.utils import check_array

from deepbelief.displays.base import check_count, pandas, plain
from deepbelief.displays.forms import Form, choose_form, data_limits, feature_columns
from deepbelief.displays.tiles import TileDisplay, Tiles
from deepbelief.errors import DataError
from deepbelief.estimators.labels import labelled_rows
from deepbelief.estimators.settings import random_streams


class PreviewDisplay(TileDisplay):
    """Rows of data as pictures, or as bars, with their labels.

    Parameters
    ----------
    images : ndarray of shape (n_images, n_features)
    labels : ndarray of str, shape (n_images,), or None
        "?" for rows without a label.
    rows : ndarray of int, shape (n_images,)
        Where each came from.
    form : Picture or Bars
    n_columns : int
    """

    def __init__(
        self, images: np.ndarray, labels: np.ndarray | None, rows: np.ndarray, form: Form, n_columns: int = 10
    ) -> None:
        self.images = images
        self.labels = labels
        self.rows = rows
        self.form = form
        self.n_columns = n_columns

    @classmethod
    def from_data(
        cls,
        X: Any,
        y: Any = None,
        *,
        n_images: int = 40,
        random_state: Any = 0,
        image_shape: tuple[int, int] | None = None,
        feature_names: Any = None,
    ) -> Self:
        """Choose rows by chance: as many of each class as there are of the others, where there are labels.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), optional
            −1 marks rows without a label.
        n_images : int, default=40
            All rows if there are fewer.
        random_state : int, RandomState instance or None, default=0
        image_shape : tuple of (height, width), optional
        feature_names : sequence of str, optional
            Draw bars with these names.

        Returns
        -------
        PreviewDisplay

        Raises
        ------
        ValueError
            If X and y are of different lengths, or nothing says how to draw a row.
        """
        check_count("n_images", n_images)
        names = getattr(X, "columns", None)
        X = check_array(X, accept_sparse="csr", ensure_all_finite=False)
        form = choose_form(X.shape[1], image_shape, feature_names, known_names=names)
        n_rows = X.shape[0]
        order = random_streams(random_state).stream("preview").permutation(n_rows)
        labels, n_columns = None, 10
        if y is not None:
            y = np.asarray(y)
            if y.shape != (n_rows,):
                raise DataError(f"X has {n_rows} rows, but y has shape {y.shape}; give one label for each row.")
            has_label = np.isin(np.arange(n_rows), labelled_rows(y))
            words = np.array([plain(label, 12) if known else "?" for label, known in zip(y, has_label, strict=True)])
            order, n_classes = _balanced(order, y)
            n_columns = 12 // n_classes * n_classes if n_classes <= 12 else 10
            labels = words[order[:n_images]]
        rows = order[:n_images]
        images = X[rows]
        images = images.toarray() if hasattr(images, "toarray") else images
        return cls(images, labels, rows, form, n_columns)

    def frame(self) -> Any:
        labels = {} if self.labels is None else {"label": self.labels}
        return pandas().DataFrame({"row": self.rows, **labels, **feature_columns(self.form, self.images)})

    def _tiles(self) -> Tiles:
        n_columns = min(self.n_columns, len(self.images))
        titles = () if self.labels is None else list(self.labels)
        return Tiles(self.images, self.form, n_columns, data_limits(self.images), titles=titles)


def _balanced(order: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, int]:
    """Return an order that takes a row of each class in turn, those without a label last, and the number of classes."""
    classes, member = np.unique(y[order], return_inverse=True)
    if y.dtype.kind in "iuf" and len(labelled_rows(y)) < len(y):
        member = np.where(y[order] == -1, len(classes), member)
    turn = np.empty(len(order), dtype=int)
    for one in np.unique(member):
        of_class = np.flatnonzero(member == one)
        turn[of_class] = np.arange(len(of_class))
    return order[np.lexsort((member, turn))], len(classes)
