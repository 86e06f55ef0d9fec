"""The wrong predictions that a classifier makes with the highest probability."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from deepbelief.displays.base import Size, check_count, pandas, plain
from deepbelief.displays.choosing import choose_form
from deepbelief.displays.forms import Form, feature_columns
from deepbelief.displays.tiles import LARGE, TileDisplay, Tiles
from deepbelief.estimators.annotations import Data, Targets
from deepbelief.estimators.fitted import fitted_stack
from deepbelief.estimators.labels import labels_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from deepbelief.estimators.classifier import DBNClassifier

COLUMNS = 8


class MistakesDisplay(TileDisplay):
    """Rows with the wrong label, those first that the classifier was most sure of.

    Parameters
    ----------
    images : ndarray of shape (n_shown, n_features)
    true, predicted : ndarray of shape (n_shown,)
    confidences : ndarray of shape (n_shown,)
        The probability that the classifier gave to its answer.
    rows : ndarray of int, shape (n_shown,)
        Where each came from.
    n_rows, n_mistakes : int
        How many rows were predicted, and how many of them wrongly.
    form : Picture or Bars
    """

    def __init__(
        self,
        images: np.ndarray,
        true: np.ndarray,
        predicted: np.ndarray,
        confidences: np.ndarray,
        rows: np.ndarray,
        n_rows: int,
        n_mistakes: int,
        form: Form,
    ) -> None:
        self.images = images
        self.true = true
        self.predicted = predicted
        self.confidences = confidences
        self.rows = rows
        self.n_rows = n_rows
        self.n_mistakes = n_mistakes
        self.form = form

    @classmethod
    def from_estimator(
        cls,
        classifier: "DBNClassifier",
        X: Data,
        y: Targets,
        *,
        n_images: int = 24,
        image_shape: tuple[int, ...] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> Self:
        """Predict, and keep the worst.

        Parameters
        ----------
        classifier : DBNClassifier
            Fitted.
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Rows without a label are left out, see the classifier's `unlabelled`.
        n_images : int, default=24
        image_shape : tuple of (height, width) or (height, width, 3), optional
        feature_names : sequence of str, optional
            Draw bars with these names.

        Returns
        -------
        MistakesDisplay

        Raises
        ------
        ValueError
            If X or y does not fit, no row has a label.
        """
        check_is_fitted(classifier)
        check_count("n_images", n_images)
        form = choose_form(classifier.n_visible_, image_shape, feature_names, classifier)
        probabilities = classifier.predict_proba(X)
        labels = labels_for(classifier, y, len(probabilities))
        labels.require_some()
        predicted = classifier.classes_[probabilities.argmax(axis=1)]
        wrong = labels.known[predicted[labels.known] != labels.values]
        confidences = probabilities.max(axis=1)
        worst = wrong[np.argsort(-confidences[wrong], kind="stable")[:n_images]]
        stack = fitted_stack(classifier)
        images = stack.to_data(stack.rows(X).take(worst))
        about = (labels.at(worst), predicted[worst], confidences[worst], worst, len(labels.known), len(wrong))
        return cls(images, *about, form)

    @property
    def titles(self) -> list[str]:
        """What is written above each: true class → predicted class (probability)."""
        return [
            f"{plain(true, 12)} → {plain(predicted, 12)} ({confidence:.2f})"
            for true, predicted, confidence in zip(self.true, self.predicted, self.confidences, strict=True)
        ]

    def size(self) -> Size:
        return super().size() if self.n_mistakes else (4.0, 1.0)

    def frame(self) -> "DataFrame":
        about = {"row": self.rows, "true": self.true, "predicted": self.predicted, "confidence": self.confidences}
        return pandas().DataFrame(about | feature_columns(self.form, self.images))

    def _draw(self, ax: "Axes") -> list["Axes"]:
        if self.n_mistakes:
            return super()._draw(ax)
        ax.set_axis_off()
        ax.text(
            0.5, 0.5, f"no mistakes among {self.n_rows} rows", ha="center", va="center", fontsize=LARGE,
            transform=ax.transAxes,
        )  # fmt: skip
        return [ax]

    def _tiles(self) -> Tiles:
        n_columns = min(COLUMNS, len(self.images))
        values, limits = self.form.placed(self.images)
        return Tiles(values, self.form, n_columns, limits, title=self.form.words, titles=self.titles)
