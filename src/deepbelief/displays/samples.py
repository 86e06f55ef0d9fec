"""Samples, each beside the row of the data that is nearest to it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from deepbelief.core.resemblance import nearest
from deepbelief.displays.base import check_count, pandas
from deepbelief.displays.choosing import choose_form
from deepbelief.displays.forms import Form, Picture, feature_columns
from deepbelief.displays.geometry import data_limits
from deepbelief.displays.stacks import as_drawn, as_stack
from deepbelief.displays.tiles import TileDisplay, Tiles
from deepbelief.estimators.annotations import Data, RandomSource
from deepbelief.estimators.beside import STEPS, Beside, samples_beside
from deepbelief.estimators.fitted import FittedStack

if TYPE_CHECKING:
    from pandas import DataFrame

    from deepbelief.estimators.model_file import Estimator

PAIRS_IN_A_ROW = {True: 7, False: 4}  # of pictures, and of bar charts


class SamplesDisplay(TileDisplay):
    """Samples of a net beside their nearest rows.

    Parameters
    ----------
    samples, neighbours : ndarray of shape (n_samples, n_features)
        Pictures at the scale of the data; rows of a table as the visible units see them, standardised for instance.
    distances : ndarray of shape (n_samples,)
        Between the two, in visible units: root mean squared differences.
    rows : ndarray of int, shape (n_samples,)
        Which of the rows that were looked at are the neighbours.
    form : Picture or Bars
    """

    def __init__(
        self, samples: np.ndarray, neighbours: np.ndarray, distances: np.ndarray, rows: np.ndarray, form: Form
    ) -> None:
        self.samples = samples
        self.neighbours = neighbours
        self.distances = distances
        self.rows = rows
        self.form = form

    @classmethod
    def from_estimator(
        cls,
        estimator: "Estimator",
        X: Data,
        *,
        n_samples: int = 14,
        n_steps: int = STEPS,
        random_state: RandomSource = 0,
        image_shape: tuple[int, ...] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> Self:
        """Draw from a fitted estimator, with chains that start at rows of X.

        Parameters
        ----------
        estimator : RBM, DBN or DBNClassifier
            Fitted; of a classifier, the net as pretraining left it.
        X : array-like or sparse matrix of shape (n_rows, n_features)
            Neighbours are sought among a thousand of these rows, evenly spaced.
        n_samples : int, default=14
        n_steps : int, default=500
            Sweeps of each chain.
        random_state : int, RandomState instance or None, default=0
        image_shape : tuple of (height, width) or (height, width, 3), optional
        feature_names : sequence of str, optional
            Draw bars with these names.

        Returns
        -------
        SamplesDisplay
        """
        stack = as_stack(estimator)
        form = choose_form(stack.n_features, image_shape, feature_names, estimator)
        check_count("n_samples", n_samples)
        beside = samples_beside(stack, X, n_samples=n_samples, n_steps=n_steps, random_state=random_state)
        return cls.from_drawn(stack, beside, form, n_samples)

    @classmethod
    def from_drawn(cls, stack: FittedStack, beside: Beside, form: Form, n_samples: int = 14) -> Self:
        """Show some of the samples that have been drawn already.

        Parameters
        ----------
        stack : FittedStack
            The fitted estimator, see :func:`~deepbelief.displays.stacks.as_stack`.
        beside : Beside
            Samples, and the rows that they are compared with.
        form : Form
            Whether a row is a picture or bars.
        n_samples : int, default=14
            The number of samples to show.

        Returns
        -------
        SamplesDisplay
        """
        drawn, in_a_row = beside.drawn.along[-1], PAIRS_IN_A_ROW[isinstance(form, Picture)]
        n_samples = max(n_samples - n_samples % in_a_row, min(n_samples, in_a_row))
        shown = drawn[np.linspace(0, len(drawn) - 1, min(n_samples, len(drawn))).round().astype(int)]
        rows, distances = nearest(shown.astype(float), beside.data)
        distances = distances / np.sqrt(shown.shape[1])
        return cls(as_drawn(stack, shown, form), as_drawn(stack, beside.data[rows], form), distances, rows, form)

    def frame(self) -> "DataFrame":
        tables = [
            pandas().DataFrame(
                {"sample": np.arange(len(values)), "kind": kind, "distance": self.distances, "row": self.rows}
                | feature_columns(self.form, values)
            )
            for kind, values in (("sample", self.samples), ("nearest row", self.neighbours))
        ]
        return pandas().concat(tables, ignore_index=True)

    def _tiles(self) -> Tiles:
        n_pairs = min(PAIRS_IN_A_ROW[isinstance(self.form, Picture)], len(self.samples))
        notes = [["", f"{distance:.2g}"] for distance in self.distances]
        return Tiles(
            np.stack([self.samples, self.neighbours], axis=1).reshape(2 * len(self.samples), -1),
            self.form,
            2 * n_pairs,
            data_limits(self.neighbours),
            title="Each sample beside its nearest row; below, how far they are apart",
            notes=[note for pair in notes for note in pair],
            headings=["sample", "nearest"] * n_pairs,
            group=2,
        )
