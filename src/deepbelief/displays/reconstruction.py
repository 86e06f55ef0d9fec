"""Rows beside their reconstructions from every layer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from deepbelief.core.inspection import untrained as untrained_layers
from deepbelief.core.rows import Rows
from deepbelief.core.stack import Layer
from deepbelief.displays.base import check_count, pandas
from deepbelief.displays.choosing import choose_form
from deepbelief.displays.forms import Form, Picture, feature_columns
from deepbelief.displays.stacks import as_stack, check_layer
from deepbelief.displays.tiles import TileDisplay, Tiles
from deepbelief.estimators.annotations import Data, RandomSource
from deepbelief.estimators.fitted import FittedStack
from deepbelief.estimators.settings import random_streams

if TYPE_CHECKING:
    from pandas import DataFrame

    from deepbelief.estimators.model_file import Estimator

MOST_COLUMNS, MOST_CHARTS = 15, 10  # pictures, or bar charts, in a row


class ReconstructionDisplay(TileDisplay):
    """Rows of data, each beside its way up to a layer and down again.

    Parameters
    ----------
    originals : ndarray of shape (n_images, n_features)
    reconstructions : ndarray of shape (n_depths, n_images, n_features)
        At the scale of the data.
    depths : tuple of int
        How many layers each went up; 1 is the first hidden layer.
    form : Picture or Bars
    untrained : ndarray of shape (n_depths, n_images, n_features), optional
        The same through a stack that has learned nothing.

    Attributes
    ----------
    errors : ndarray of shape (n_depths, n_images)
        Mean squared difference from the original; of bars with a scale for each column, in variances of the column.
    untrained_, untrained_errors_ : ndarray or None
    """

    def __init__(
        self,
        originals: np.ndarray,
        reconstructions: np.ndarray,
        depths: Sequence[int],
        form: Form,
        untrained: np.ndarray | None = None,
    ) -> None:
        self.originals = originals
        self.reconstructions = reconstructions
        self.depths = tuple(depths)
        self.form = form
        self.untrained_ = untrained
        self.errors = self._off(reconstructions)
        self.untrained_errors_ = None if untrained is None else self._off(untrained)

    @classmethod
    def from_estimator(
        cls,
        estimator: "Estimator",
        X: Data,
        *,
        n_images: int = 10,
        depths: Sequence[int] | None = None,
        untrained: bool = False,
        random_state: RandomSource = 0,
        image_shape: tuple[int, ...] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> Self:
        """Reconstruct rows of X, evenly spaced.

        Parameters
        ----------
        estimator : RBM, DBN, DBNClassifier or DBNRegressor
            Fitted; of a classifier, the net as pretraining left it.
        X : array-like or sparse matrix of shape (n_samples, n_features)
        n_images : int, default=10
        depths : sequence of int, optional
            Layers to come back from, counted from 1; all of them if None.
        untrained : bool, default=False
            Show the same through an untrained stack too, for contrast.
        random_state : int, RandomState instance or None, default=0
            For the weights of the untrained stack.
        image_shape : tuple of (height, width) or (height, width, 3), optional
        feature_names : sequence of str, optional
            Draw bars with these names.

        Returns
        -------
        ReconstructionDisplay

        Raises
        ------
        ValueError
            If X does not fit the estimator, a depth is beyond the stack.
        """
        stack = as_stack(estimator)
        form = choose_form(stack.n_features, image_shape, feature_names, estimator)
        depths = range(1, len(stack.layers) + 1) if depths is None else [check_layer(stack, depth) for depth in depths]
        if len(depths) == 0:
            raise ValueError("depths is empty; name at least one layer to come back from.")
        rows = stack.rows(X).spread(check_count("n_images", n_images))
        noise = None
        if untrained:
            noise = _through(stack, untrained_layers(stack.layers, random_streams(random_state)), rows, depths)
        originals = stack.to_data(rows.take(slice(None)))
        return cls(originals, _through(stack, stack.layers, rows, depths), depths, form, noise)

    def frame(self) -> "DataFrame":
        kinds = [("original", 0, self.originals, np.zeros(len(self.originals)))]
        for index, depth in enumerate(self.depths):
            kinds.append(("reconstruction", depth, self.reconstructions[index], self.errors[index]))
        if self.untrained_ is not None and self.untrained_errors_ is not None:
            for index, depth in enumerate(self.depths):
                kinds.append(("untrained", depth, self.untrained_[index], self.untrained_errors_[index]))
        tables = [
            pandas().DataFrame(
                {"image": np.arange(len(values)), "kind": kind, "depth": depth, "error": errors}
                | feature_columns(self.form, values)
            )
            for kind, depth, values, errors in kinds
        ]
        return pandas().concat(tables, ignore_index=True)

    def _off(self, reconstructions: np.ndarray) -> np.ndarray:
        return np.square(self.form.placed_changes(reconstructions - self.originals)).mean(axis=-1)

    def _tiles(self) -> Tiles:
        headings = ["original", *(f"from\nlayer {depth}" for depth in self.depths)]
        columns = [self.originals, *self.reconstructions]
        notes = [np.full(len(self.originals), ""), *(_words(errors) for errors in self.errors)]
        if self.untrained_ is not None and self.untrained_errors_ is not None:
            headings += [f"untrained\nlayer {depth}" for depth in self.depths]
            columns += [*self.untrained_]
            notes += [_words(errors) for errors in self.untrained_errors_]
        group, n_images = len(columns), len(self.originals)
        most = MOST_COLUMNS if isinstance(self.form, Picture) else MOST_CHARTS
        n_groups = _side_by_side(n_images, min(max(1, most // group), n_images))
        tiles = np.stack(columns, axis=1).reshape(n_images * group, -1)
        said = "Below each: its mean squared difference from the original"
        said += ", in variances of the columns" * self.form.has_scales
        return Tiles(
            self.form.placed(tiles)[0],
            self.form,
            n_groups * group,
            self.form.placed(self.originals)[1],
            title=f"{said}. {self.form.words}" if self.form.words else said,
            notes=np.stack(notes, axis=1).ravel().tolist(),
            headings=headings * n_groups,
            group=group,
        )


def _side_by_side(n_images: int, most: int) -> int:
    """Return how many images to put into a row, so that many make no tower and few places stay empty."""
    return min(range(most, most // 2, -1), key=lambda n: -n_images % n)


def _words(errors: np.ndarray) -> np.ndarray:
    return np.array([f"{error:.3g}" for error in errors])


def _through(stack: FittedStack, layers: Sequence[Layer], rows: Rows, depths: Sequence[int]) -> np.ndarray:
    """Return what comes back from each depth, at the scale of the data: (n_depths, n_rows, n_features)."""
    return np.stack([stack.through(layers[:depth], rows) for depth in depths])
