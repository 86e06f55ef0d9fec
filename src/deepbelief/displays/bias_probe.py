"""What a stack shows when no hidden unit is on, beside the mean image."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from deepbelief.core.inspection import bias_image, correlation
from deepbelief.displays.base import pandas
from deepbelief.displays.choosing import choose_form
from deepbelief.displays.forms import Form, feature_columns
from deepbelief.displays.stacks import as_stack
from deepbelief.displays.tiles import TileDisplay, Tiles
from deepbelief.estimators.annotations import Data

if TYPE_CHECKING:
    from pandas import DataFrame

    from deepbelief.estimators.model_file import Estimator


class BiasProbeDisplay(TileDisplay):
    """The mean image beside the reverse pass of all-zero hidden units from every layer.

    Parameters
    ----------
    images : ndarray of shape (n_layers, n_features)
        From the first hidden layer up, at the scale of the data.
    form : Picture or Bars
    mean_image : ndarray of shape (n_features,), optional

    Attributes
    ----------
    correlations : ndarray of shape (n_layers,)
        Of each bias image with the mean image; NaN without one, or where one of the two is constant.
    """

    def __init__(self, images: np.ndarray, form: Form, mean_image: np.ndarray | None = None) -> None:
        self.images = images
        self.form = form
        self.mean_image = mean_image
        self.correlations = np.array(
            [np.nan if mean_image is None else correlation(image, mean_image) for image in images]
        )

    @classmethod
    def from_estimator(
        cls,
        estimator: "Estimator",
        X: Data | None = None,
        *,
        image_shape: tuple[int, ...] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> Self:
        """Bring zeros down from every layer.

        Parameters
        ----------
        estimator : RBM, DBN, DBNClassifier or DBNRegressor
            Fitted; of a classifier, the net as pretraining left it.
        X : array-like or sparse matrix of shape (n_samples, n_features), optional
            For the mean image.
        image_shape : tuple of (height, width) or (height, width, 3), optional
        feature_names : sequence of str, optional
            Draw bars with these names.

        Returns
        -------
        BiasProbeDisplay

        Raises
        ------
        ValueError
            If X does not fit the estimator.
        """
        stack = as_stack(estimator)
        form = choose_form(stack.n_features, image_shape, feature_names, estimator)
        depths = range(1, len(stack.layers) + 1)
        images = np.stack([stack.to_data(bias_image(stack.layers[:depth])) for depth in depths])
        return cls(images, form, None if X is None else stack.to_data(stack.rows(X).moments()[0]))

    def frame(self) -> "DataFrame":
        values, correlations = self.images, self.correlations
        names = [f"bias, layer {depth}" for depth in range(1, len(self.images) + 1)]
        if self.mean_image is not None:
            values, correlations = np.vstack([self.mean_image, values]), np.append(1.0, correlations)
            names = ["mean image", *names]
        columns = feature_columns(self.form, values)
        return pandas().DataFrame({"image": names, "correlation": correlations, **columns})

    def _tiles(self) -> Tiles:
        titles = [f"bias, layer {depth}" for depth in range(1, len(self.images) + 1)]
        values = self.images
        if self.mean_image is not None:
            known = [f" (r = {r:.2f})" if np.isfinite(r) else "" for r in self.correlations]
            titles = ["mean image", *(title + r for title, r in zip(titles, known, strict=True))]
            values = np.vstack([self.mean_image, values])
        values, limits = self.form.placed(values)
        return Tiles(values, self.form, len(values), limits, title=self.form.words, titles=titles, inches=1.5)
