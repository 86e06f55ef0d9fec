"""Rows with a part covered, and the expected values of that part."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.displays.base import check_count, pandas
from deepbelief.displays.choosing import choose_form
from deepbelief.displays.forms import Form, Picture, feature_columns
from deepbelief.displays.geometry import data_limits
from deepbelief.displays.stacks import as_drawn, as_stack
from deepbelief.displays.tiles import TileDisplay, Tiles
from deepbelief.estimators.annotations import Data, RandomSource
from deepbelief.estimators.beside import completed_units
from deepbelief.estimators.sampling import STEPS_TO_FILL
from deepbelief.estimators.settings import random_streams

if TYPE_CHECKING:
    from pandas import DataFrame

    from deepbelief.estimators.model_file import Estimator

GROUPS_IN_A_ROW = {True: 4, False: 2}  # of pictures, and of bar charts
SHARE = 0.5  # of the features of a table that is covered


class CompletionDisplay(TileDisplay):
    """Rows, what was shown of them, and what a net made of that.

    Parameters
    ----------
    truth, completed : ndarray of shape (n_images, n_features)
        Pictures at the scale of the data; rows of a table as the visible units see them, standardised for instance.
    known : ndarray of bool, shape (n_images, n_features)
        Which features the net was given.
    form : Picture or Bars

    Attributes
    ----------
    errors : ndarray of shape (n_images,)
        Mean squared difference over what was covered.
    """

    def __init__(self, truth: np.ndarray, completed: np.ndarray, known: np.ndarray, form: Form) -> None:
        self.truth = truth
        self.completed = completed
        self.known = known
        self.form = form
        covered = np.maximum((~known).sum(axis=1), 1)
        self.errors = (np.square(completed - truth) * ~known).sum(axis=1) / covered

    @classmethod
    def from_estimator(
        cls,
        estimator: "Estimator",
        X: Data,
        *,
        n_images: int = 8,
        n_steps: int = STEPS_TO_FILL,
        random_state: RandomSource = 0,
        image_shape: tuple[int, ...] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> Self:
        """Cover the lower half of pictures, or half of the features of other rows, and fill it in.

        Parameters
        ----------
        estimator : RBM, DBN or DBNClassifier
            Fitted; of a classifier, the net as pretraining left it.
        X : array-like or sparse matrix of shape (n_rows, n_features)
            Rows without holes; some of them, evenly spaced, are shown.
        n_images : int, default=8
        n_steps : int, default=50
            Sweeps of the chains, ten for each row; the first quarter is left out of the average.
        random_state : int, RandomState instance or None, default=0
            Of the chains, and of which features are covered.
        image_shape : tuple of (height, width) or (height, width, 3), optional
        feature_names : sequence of str, optional
            Draw bars with these names.

        Returns
        -------
        CompletionDisplay
        """
        stack = as_stack(estimator)
        form = choose_form(stack.n_features, image_shape, feature_names, estimator)
        rows = to_numpy(stack.rows(X).spread(check_count("n_images", n_images)).take(slice(None)))
        known = np.ones(rows.shape, bool)
        if isinstance(form, Picture):
            height = form.shape[0]
            known.reshape(len(rows), height, -1)[:, height // 2 :] = False
        else:
            n_covered = max(1, round(SHARE * rows.shape[1]))
            stream = random_streams(random_state).stream("covered")
            for row in known:
                row[stream.permutation(rows.shape[1])[:n_covered]] = False
        completed = completed_units(stack, rows, known, check_count("n_steps", n_steps), random_state)
        return cls(as_drawn(stack, rows, form), as_drawn(stack, completed, form), known, form)

    def frame(self) -> "DataFrame":
        given = np.where(self.known, self.truth, np.nan)
        tables = [
            pandas().DataFrame(
                {"image": np.arange(len(values)), "kind": kind, "error": self.errors}
                | feature_columns(self.form, values)
            )
            for kind, values in (("truth", self.truth), ("given", given), ("completed", self.completed))
        ]
        return pandas().concat(tables, ignore_index=True)

    def _tiles(self) -> Tiles:
        n_groups = min(GROUPS_IN_A_ROW[isinstance(self.form, Picture)], len(self.truth))
        given = np.where(self.known, self.truth, np.nan)
        if isinstance(self.form, Picture) and len(self.form.shape) == 2:
            given = np.where(self.known, self.truth, np.mean(data_limits(self.truth)))  # grey, so that it is seen
        notes = [["", "", f"{error:.2g}"] for error in self.errors]
        return Tiles(
            np.stack([self.truth, given, self.completed], axis=1).reshape(3 * len(self.truth), -1),
            self.form,
            3 * n_groups,
            data_limits(self.truth),
            title="Below each: the mean squared difference from the truth over what was covered",
            notes=[note for group in notes for note in group],
            headings=["truth", "given", "completed"] * n_groups,
            group=3,
        )
