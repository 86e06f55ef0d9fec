"""Which classes are taken for which others."""

from typing import Any, Self

import numpy as np
from sklearn.metrics import confusion_matrix
from sklearn.utils.validation import check_is_fitted

from deepbelief.displays.base import Display, Size, pandas, plain
from deepbelief.displays.tiles import LARGE, SMALL, widest
from deepbelief.errors import DataError
from deepbelief.estimators.labels import checked_labels, comparable_rows

MOST_NUMBERS = 30  # classes up to which the counts are written into the cells


class ConfusionDisplay(Display):
    """A confusion matrix, drawn by scikit-learn.

    Parameters
    ----------
    confusion_matrix : ndarray of shape (n_classes, n_classes)
        Number of rows of each true class (down) that were given each label (across).
    labels : ndarray of shape (n_classes,)
    """

    def __init__(self, confusion_matrix: np.ndarray, labels: np.ndarray) -> None:
        self.confusion_matrix = confusion_matrix
        self.labels = labels

    @classmethod
    def from_estimator(cls, classifier: Any, X: Any, y: Any) -> Self:
        """Predict and count.

        Parameters
        ----------
        classifier : DBNClassifier
            Fitted.
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Rows marked −1 have no label and are left out.

        Returns
        -------
        ConfusionDisplay

        Raises
        ------
        ValueError
            If X or y does not fit, or no row has a label.
        """
        check_is_fitted(classifier)
        predicted = classifier.predict(X)
        y = checked_labels(y, len(predicted))
        rows = measured_rows(classifier, y)
        labels = np.union1d(classifier.classes_, y[rows])
        return cls.from_predictions(y[rows], predicted[rows], labels)

    @classmethod
    def from_predictions(cls, y_true: Any, y_pred: Any, labels: Any = None) -> Self:
        """Count.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,)
        labels : array-like of shape (n_classes,), optional
            Classes, in the order to show them; all that occur if None.

        Returns
        -------
        ConfusionDisplay
        """
        labels = np.union1d(y_true, y_pred) if labels is None else np.asarray(labels)
        return cls(confusion_matrix(y_true, y_pred, labels=labels), labels)

    def size(self) -> Size:
        words = widest([plain(label, 16) for label in self.labels])
        side = max(2.5, 0.4 * min(len(self.labels), MOST_NUMBERS))
        return side + words + 0.7, side + words + 0.6

    def frame(self) -> Any:
        true, predicted = np.meshgrid(self.labels, self.labels, indexing="ij")
        return pandas().DataFrame(
            {"true": true.ravel(), "predicted": predicted.ravel(), "rows": self.confusion_matrix.ravel()}
        )

    def _draw(self, ax: Any) -> list[Any]:
        from sklearn.metrics import ConfusionMatrixDisplay

        words = [plain(label, 16) for label in self.labels]
        drawn = ConfusionMatrixDisplay(self.confusion_matrix, display_labels=words).plot(
            ax=ax,
            cmap="Blues",
            colorbar=False,
            include_values=len(words) <= MOST_NUMBERS,
            values_format="d",
            text_kw={"fontsize": SMALL},
        )
        for text in [] if drawn.text_ is None else drawn.text_.ravel():
            if text.get_text() == "0":
                text.set_text("")  # what did not happen would only hide what did
        ax.tick_params(labelsize=SMALL, length=0)
        for text in ax.get_xticklabels() + ax.get_yticklabels():
            text.set_parse_math(False)
        if max(map(len, words)) > 3:
            ax.tick_params(axis="x", labelrotation=90)
        ax.set_xlabel("predicted", fontsize=LARGE)
        ax.set_ylabel("true", fontsize=LARGE)
        return [ax]


def measured_rows(classifier: Any, y: np.ndarray) -> np.ndarray:
    """Return the rows that have a label, −1 being one if the classifier knows it as a class.

    Raises
    ------
    DataError
        If there are none, or labels of another kind than the classifier's.
    """
    rows = comparable_rows(y, classifier.classes_)
    if len(rows) == 0:
        raise DataError("y holds no label (all are -1, which marks unlabelled rows); label some rows.")
    return rows
