"""Sample images with their labels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.utils import check_array

from deepbelief.displays.bars import Bars
from deepbelief.displays.base import check_count, pandas, plain
from deepbelief.displays.choosing import choose_form
from deepbelief.displays.forms import Form, feature_columns
from deepbelief.displays.tiles import TileDisplay, Tiles
from deepbelief.estimators.annotations import Data, RandomSource, Targets
from deepbelief.estimators.labels import Labels, read_labels
from deepbelief.estimators.settings import random_streams

if TYPE_CHECKING:
    from pandas import DataFrame

    from deepbelief.estimators.model_file import Estimator

SCALED_ROWS = 1000  # that the scale of bars is measured on


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
        X: Data,
        y: Targets = None,
        *,
        unlabelled: float | str | None = "auto",
        n_images: int = 40,
        random_state: RandomSource = 0,
        image_shape: tuple[int, ...] | None = None,
        feature_names: Sequence[str] | None = None,
        estimator: "Estimator | None" = None,
    ) -> Self:
        """Choose rows by chance: as many of each class as there are of the others, where there are labels.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), optional
        unlabelled : "auto", number, str or None, default="auto"
            Which label marks rows without one, see :class:`~deepbelief.DBNClassifier`.
        n_images : int, default=40
            All rows if there are fewer.
        random_state : int, RandomState instance or None, default=0
        image_shape : tuple of (height, width) or (height, width, 3), optional
        feature_names : sequence of str, optional
            Draw bars with these names. Where values lie beyond [0, 1], bars say how many standard deviations they lie
            from the mean of their feature.
        estimator : RBM, DBN, DBNClassifier or DBNRegressor, optional
            Fitted: bars are at the scale of the data that it was fitted on, not of X.

        Returns
        -------
        PreviewDisplay

        Raises
        ------
        ValueError
            If X and y are of different lengths.
        """
        check_count("n_images", n_images)
        names = getattr(X, "columns", None)
        X = check_array(X, accept_sparse="csr", ensure_all_finite=False)
        form = choose_form(X.shape[1], image_shape, feature_names, estimator, known_names=names)
        n_rows = X.shape[0]
        order = random_streams(random_state).stream("preview").permutation(n_rows)
        labels, n_columns = None, 10
        if y is not None:
            found = read_labels(y, n_rows, unlabelled)
            words = np.full(n_rows, "?", dtype=object)
            words[found.known] = [plain(label, 12) for label in found.values]
            order, n_columns = _balanced(order, found), _columns(found)
            labels = words.astype(str)[order[:n_images]]
        rows = order[:n_images]
        images = X[rows]
        images = images.toarray() if hasattr(images, "toarray") else images
        if isinstance(form, Bars):
            some = X[order[:SCALED_ROWS]]
            form = form.scaled_by(some.toarray() if hasattr(some, "toarray") else some)
        return cls(images, labels, rows, form, n_columns)

    def frame(self) -> "DataFrame":
        labels = {} if self.labels is None else {"label": self.labels}
        return pandas().DataFrame({"row": self.rows, **labels, **feature_columns(self.form, self.images)})

    def _tiles(self) -> Tiles:
        n_columns = min(self.n_columns, len(self.images))
        titles = () if self.labels is None else list(self.labels)
        values, limits = self.form.placed(self.images)
        return Tiles(values, self.form, n_columns, limits, title=self.form.words, titles=titles)


def _balanced(order: np.ndarray, labels: Labels) -> np.ndarray:
    """Return an order that takes a row of each class in turn, those without a label last."""
    classes = labels.classes
    member = np.full(labels.n_rows, len(classes))
    member[labels.known] = labels.codes(classes)
    member = member[order]
    turn = np.empty(len(order), dtype=int)
    for one in np.unique(member):
        of_class = np.flatnonzero(member == one)
        turn[of_class] = np.arange(len(of_class))
    return order[np.lexsort((member, turn))]


def _columns(labels: Labels) -> int:
    """Return as many columns as let each class, and the rows without a label, stand under each other."""
    n_groups = len(labels.classes) + (labels.n_unlabelled > 0)
    return 12 // n_groups * n_groups if n_groups <= 12 else 10
