"""Whether samples can be told from data by their nearest neighbours, and whether they are copies."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.resemblance import MOST_ROWS, AdversarialAccuracy, adversarial_accuracy
from deepbelief.displays.base import Display, Size, pandas
from deepbelief.displays.colours import BLUE, GREY, VERMILLION
from deepbelief.displays.stacks import as_stack
from deepbelief.displays.tiles import LARGE, SMALL
from deepbelief.estimators.annotations import Data, RandomSource
from deepbelief.estimators.beside import STEPS, Beside, samples_beside
from deepbelief.estimators.fitted import FittedStack

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from deepbelief.estimators.model_file import Estimator

HALF = 0.5  # where nothing tells samples from data


class AdversarialDisplay(Display):
    """Nearest-neighbour adversarial accuracy on the rows that were learned from, and on others.

    Parameters
    ----------
    accuracies : sequence of AdversarialAccuracy
    names : sequence of str
        Of the rows that each is of.
    """

    def __init__(self, accuracies: Sequence[AdversarialAccuracy], names: Sequence[str]) -> None:
        self.accuracies = list(accuracies)
        self.names = list(names)

    @classmethod
    def from_estimator(
        cls,
        estimator: "Estimator",
        X: Data,
        X_held_out: Data | None = None,
        *,
        n_samples: int = MOST_ROWS,
        n_steps: int = STEPS,
        random_state: RandomSource = 0,
    ) -> Self:
        """Draw from a fitted estimator, with chains that start at rows of X.

        Parameters
        ----------
        estimator : RBM, DBN or DBNClassifier
            Fitted; of a classifier, the net as pretraining left it.
        X : array-like or sparse matrix of shape (n_rows, n_features)
            Rows that it learned from.
        X_held_out : array-like or sparse matrix of shape (n_others, n_features), optional
            Rows that it did not learn from.
        n_samples : int, default=500
            No more than there are rows.
        n_steps : int, default=500
            Sweeps of each chain.
        random_state : int, RandomState instance or None, default=0

        Returns
        -------
        AdversarialDisplay
        """
        stack = as_stack(estimator)
        beside = samples_beside(stack, X, n_samples=n_samples, n_steps=n_steps, random_state=random_state)
        return cls.from_drawn(stack, beside, X_held_out)

    @classmethod
    def from_drawn(
        cls, stack: FittedStack, beside: Beside, X_held_out: Data | None = None, name: str = "training rows"
    ) -> Self:
        """Judge samples that have been drawn already; `name` says which rows they stand beside.

        Parameters
        ----------
        stack : FittedStack
            The fitted estimator, see :func:`~deepbelief.displays.stacks.as_stack`.
        beside : Beside
            Samples, and the rows that they are compared with.
        X_held_out : array-like of shape (n_rows, n_features), optional
            Rows that the estimator has not learned from.
        name : str, default='training rows'
            What the rows are called.

        Returns
        -------
        AdversarialDisplay
        """
        samples, sets, names = beside.drawn.samples.astype(float), [beside.data], [name]
        if X_held_out is not None:
            sets.append(to_numpy(stack.rows(X_held_out).spread(2 * MOST_ROWS).take(slice(None))).astype(float))
            names.append("held-out rows")
        # As many rows of each: with more of them, the nearest is nearer.
        n_rows = min(len(samples), *(len(rows) for rows in sets))
        spread = [rows[np.linspace(0, len(rows) - 1, n_rows).round().astype(int)] for rows in (samples, *sets)]
        return cls([adversarial_accuracy(rows, spread[0]) for rows in spread[1:]], names)

    def size(self) -> Size:
        return min(4.8, self.width), 1.3 + 0.45 * len(self.accuracies)

    def frame(self) -> "DataFrame":
        return pandas().DataFrame(
            {
                "rows": self.names,
                "AA_truth": [found.truth for found in self.accuracies],
                "AA_syn": [found.synthetic for found in self.accuracies],
                "n_rows": [found.n_rows for found in self.accuracies],
            }
        )

    def _draw(self, ax: "Axes") -> list["Axes"]:
        places = np.arange(len(self.accuracies))
        ax.axvline(HALF, color=GREY, linewidth=0.8, linestyle="--")
        for values, label, colour, marker in (
            ([found.truth for found in self.accuracies], "AA_truth", BLUE, "o"),
            ([found.synthetic for found in self.accuracies], "AA_syn", VERMILLION, "s"),
        ):
            ax.scatter(values, places, color=colour, marker=marker, s=36, label=label, zorder=3)
        ax.hlines(places, 0, 1, colors=GREY, linewidth=0.4, alpha=0.5)
        ax.set_yticks(places, self.names, fontsize=SMALL)
        ax.set(xlim=(-0.03, 1.03), ylim=(len(places) - 0.5, -0.6))
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(labelsize=SMALL, length=2)
        ax.set_xlabel("0: copies of rows, ½: like the data, 1: unlike the data", fontsize=SMALL)
        ax.set_title("Nearest-neighbour adversarial accuracy", fontsize=LARGE, pad=20)
        ax.legend(fontsize=SMALL, frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 0.97))
        return [ax]
