"""States of sampling chains, from the rows at which they start to their ends."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from deepbelief.displays.base import check_count, pandas
from deepbelief.displays.choosing import choose_form
from deepbelief.displays.forms import Form, feature_columns
from deepbelief.displays.geometry import data_limits
from deepbelief.displays.stacks import as_drawn, as_stack
from deepbelief.displays.tiles import TileDisplay, Tiles
from deepbelief.estimators.annotations import Data, RandomSource
from deepbelief.estimators.beside import STEPS, Beside, samples_beside
from deepbelief.estimators.fitted import FittedStack

if TYPE_CHECKING:
    from pandas import DataFrame

    from deepbelief.estimators.model_file import Estimator


class ChainDisplay(TileDisplay):
    """Gibbs chains, one to a line, after ever more sweeps.

    Parameters
    ----------
    along : ndarray of shape (n_kept, n_chains, n_features)
        Means of the features; the first are the rows that the chains start at. Pictures at the scale of the data; rows
        of a table as the visible units see them.
    steps : tuple of int
        After how many sweeps these are.
    autocorrelation_time : float
        In sweeps.
    form : Picture or Bars
    """

    def __init__(self, along: np.ndarray, steps: tuple[int, ...], autocorrelation_time: float, form: Form) -> None:
        self.along = along
        self.steps = steps
        self.autocorrelation_time = autocorrelation_time
        self.form = form

    @classmethod
    def from_estimator(
        cls,
        estimator: "Estimator",
        X: Data,
        *,
        n_chains: int = 6,
        n_steps: int = STEPS,
        random_state: RandomSource = 0,
        image_shape: tuple[int, ...] | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> Self:
        """Run chains that start at rows of X.

        Parameters
        ----------
        estimator : RBM, DBN or DBNClassifier
            Fitted; of a classifier, the net as pretraining left it.
        X : array-like or sparse matrix of shape (n_rows, n_features)
        n_chains : int, default=6
        n_steps : int, default=500
            Sweeps of each chain.
        random_state : int, RandomState instance or None, default=0
        image_shape : tuple of (height, width) or (height, width, 3), optional
        feature_names : sequence of str, optional
            Draw bars with these names.

        Returns
        -------
        ChainDisplay
        """
        stack = as_stack(estimator)
        form = choose_form(stack.n_features, image_shape, feature_names, estimator)
        check_count("n_chains", n_chains)
        beside = samples_beside(stack, X, n_samples=n_chains, n_steps=n_steps, random_state=random_state)
        return cls.from_drawn(stack, beside, form, n_chains)

    @classmethod
    def from_drawn(cls, stack: FittedStack, beside: Beside, form: Form, n_chains: int = 6) -> Self:
        """Show some of the chains that have been run already.

        Parameters
        ----------
        stack : FittedStack
            The fitted estimator, see :func:`~deepbelief.displays.stacks.as_stack`.
        beside : Beside
            Samples, and the rows that they are compared with.
        form : Form
            Whether a row is a picture or bars.
        n_chains : int, default=6
            The number of chains to show.

        Returns
        -------
        ChainDisplay
        """
        drawn = beside.drawn
        shown = np.linspace(0, drawn.along.shape[1] - 1, min(n_chains, drawn.along.shape[1])).round().astype(int)
        along = np.stack([as_drawn(stack, states[shown], form) for states in drawn.along])
        return cls(along, drawn.steps, drawn.mixing.autocorrelation_time, form)

    def frame(self) -> "DataFrame":
        tables = [
            pandas().DataFrame({"chain": np.arange(len(values)), "sweeps": sweeps} | feature_columns(self.form, values))
            for sweeps, values in zip(self.steps, self.along, strict=True)
        ]
        return pandas().concat(tables, ignore_index=True)

    def _tiles(self) -> Tiles:
        n_kept, n_chains, n_features = self.along.shape
        return Tiles(
            np.swapaxes(self.along, 0, 1).reshape(n_kept * n_chains, n_features),
            self.form,
            n_kept,
            data_limits(self.along[0]),
            title=f"A chain to a line, after so many sweeps (autocorrelation time {self.autocorrelation_time:.3g})",
            headings=["row" if sweeps == 0 else str(sweeps) for sweeps in self.steps],
        )
