"""The confusion matrix of a classifier."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.metrics import confusion_matrix
from sklearn.utils.validation import check_is_fitted

from deepbelief.displays.base import Display, Size, pandas, plain
from deepbelief.displays.colours import CHANGES, counts
from deepbelief.displays.tiles import LARGE, SMALL, widest
from deepbelief.estimators.annotations import Data, Targets
from deepbelief.estimators.labels import labels_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

MOST_NUMBERS = 30  # classes up to which the counts are written into the cells


class ConfusionDisplay(Display):
    """A confusion matrix.

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
    def from_estimator(cls, classifier: ClassifierMixin, X: Data, y: Targets) -> Self:
        """Predict and count.

        Parameters
        ----------
        classifier : DBNClassifier
            Fitted.
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Rows without a label are left out, see the classifier's `unlabelled`.

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
        labels = labels_for(classifier, y, len(predicted))
        labels.require_some()
        classes = np.union1d(classifier.classes_, labels.values)
        return cls.from_predictions(labels.values, predicted[labels.known], classes)

    @classmethod
    def from_predictions(cls, y_true: ArrayLike, y_pred: ArrayLike, labels: ArrayLike | None = None) -> Self:
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
        n_classes = min(len(self.labels), MOST_NUMBERS)
        side = max(2.5, 0.4 * n_classes)
        beside = words + 0.7
        side = max(min(side, self.width - beside), 0.22 * n_classes)  # three digits must fit into a cell
        return side + beside, side + beside - 0.1

    def frame(self) -> "DataFrame":
        true, predicted = np.meshgrid(self.labels, self.labels, indexing="ij")
        return pandas().DataFrame(
            {"true": true.ravel(), "predicted": predicted.ravel(), "rows": self.confusion_matrix.ravel()}
        )

    def _draw(self, ax: "Axes") -> list["Axes"]:
        words, most = [plain(label, 16) for label in self.labels], max(int(self.confusion_matrix.max()), 1)
        ax.imshow(self.confusion_matrix, cmap=counts(), vmin=0, vmax=most, interpolation="none").set_gid(CHANGES)
        for (true, predicted), n in np.ndenumerate(self.confusion_matrix):
            # What did not happen would only hide what did.
            if n and len(words) <= MOST_NUMBERS:
                light: dict[str, Any] = {"color": "white"} if n > most / 2 else {}
                ax.text(predicted, true, str(n), ha="center", va="center", fontsize=SMALL, **light)
        places = range(len(words))
        ax.set_xticks(places, words, parse_math=False, rotation=90 if max(map(len, words)) > 3 else 0)
        ax.set_yticks(places, words, parse_math=False)
        ax.tick_params(labelsize=SMALL, length=0)
        ax.set_xlabel("predicted", fontsize=LARGE)
        ax.set_ylabel("true", fontsize=LARGE)
        return [ax]
