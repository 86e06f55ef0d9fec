"""Backpropagation with few labels in arrays made once: what :mod:`~deepbelief.core.semisupervised` says.

The rows with labels come first in each array, then the moved rows, the mixed rows if there are any, and the same rows
as they are. These last take part in the gradient only as long as their guessed labels count.
"""

import numpy as np

from deepbelief.core.adversarial import sharpened
from deepbelief.core.arrays import to_numpy
from deepbelief.core.ascent import Carry, StepsResult
from deepbelief.core.kernels.engine import Engine
from deepbelief.core.kernels.host_network_layers import MakeLayers
from deepbelief.core.kernels.host_regularized import add_measured, weights_of
from deepbelief.core.mixing import mixed
from deepbelief.core.outputs import SOFTMAX
from deepbelief.core.randomness import Stream
from deepbelief.core.recipes import Consistency
from deepbelief.core.rows import Rows


class HostSemisupervisedSteps:
    """Steps from rows with labels and from rows of all kinds.

    Parameters
    ----------
    engine : Engine
    make_layers : callable
        Takes the most rows of a step and the most that it moves, returns the layers.
    labelled : Rows
    rows : Rows
        Of all kinds, with guessed labels.
    order : ndarray of int, shape (n_rows,)
        In which the epoch takes the rows of all kinds.
    n_labelled, n_all : int
        Rows of a step, with labels and of all kinds.
    carried : dict of array
        Summed loss and accuracy so far.
    consistency : Consistency
    draws, noise : Stream
        Which rows with labels a step has, and where the search for directions begins.
    """

    is_awaited = True

    def __init__(
        self,
        engine: Engine,
        make_layers: MakeLayers,
        labelled: Rows,
        rows: Rows,
        order: np.ndarray,
        n_labelled: int,
        n_all: int,
        carried: Carry,
        consistency: Consistency,
        draws: Stream,
        noise: Stream,
    ) -> None:
        self._labelled, self._rows, self._order, self._n_labelled = labelled, rows, order, n_labelled
        self._consistency, self._draws, self._noise = consistency, draws, noise
        self.name = f"kernel ({engine.name})"
        self._sums = dict(carried)
        n_most = min(n_all, len(order))
        self._readers = [engine.reader(labelled, n_labelled), engine.reader(rows, n_most)]
        self._layers = make_layers(n_labelled + (3 if consistency.mixup else 2) * n_most, n_most)

    def advance(self, first: int, last: int, epoch: float) -> None:
        """Make one step."""
        layers, indices, n, n_known = self._layers, self._order[first:last], last - first, self._n_labelled
        known, moved = slice(n_known), slice(n_known, n_known + n)
        mixtures = slice(moved.stop, moved.stop + n if self._consistency.mixup else moved.stop)
        plain = slice(mixtures.stop, mixtures.stop + n)
        x, errors = layers.inputs[0], layers.errors[-1]
        chosen = self._draws.choice(len(self._labelled), n_known)
        for reader, which, place in zip(self._readers, (chosen, indices), (known, plain), strict=True):
            reader.read(which, x[place])
        layers.learner.begin(epoch)
        scale, (trust, guidance) = layers.learner.error_scale, self._consistency.shares(epoch)

        moments_of_known, logits = layers.normalise(known)
        answers, truth = SOFTMAX.answers(logits), SOFTMAX.truth(self._labelled.known_labels[chosen], logits)
        weights = weights_of(self._labelled, chosen, x.dtype)
        add_measured(self._sums, answers, truth, weights)
        errors[known] = SOFTMAX.errors(answers, truth) * (scale / n_known * weights)[:, None]

        moments_of_plain, logits = layers.normalise(plain)
        answers, weights = SOFTMAX.answers(logits), weights_of(self._rows, indices, x.dtype) / n
        said = np.exp(to_numpy(answers))
        held, shares = sharpened(said, self._consistency.sharpening), (scale * trust * weights)[:, None]
        layers.move(x[plain], moved, moments_of_plain, said, self._consistency.radius, self._noise)
        moments_of_moved, logits = layers.normalise(moved)
        errors[moved] = SOFTMAX.errors(SOFTMAX.answers(logits), held) * shares
        parts = [(known, moments_of_known), (moved, moments_of_moved)]

        if self._consistency.mixup:
            portions = self._noise.uniform((n, 1), x)
            x[mixtures] = mixed(x[plain], portions)
            moments_of_mixtures, logits = layers.normalise(mixtures)
            errors[mixtures] = SOFTMAX.errors(SOFTMAX.answers(logits), mixed(held, portions)) * shares
            parts.append((mixtures, moments_of_mixtures))

        guesses = self._rows.known_labels[indices]
        if guidance > 0 and (guesses >= 0).any():
            shares = (scale * guidance * (guesses >= 0) * weights)[:, None]
            errors[plain] = SOFTMAX.errors(answers, SOFTMAX.truth(guesses, answers)) * shares
            parts.append((plain, moments_of_plain))
        layers.learn(parts)

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number."""
        return self._layers.is_finite()

    def result(self) -> StepsResult:
        """Return what the steps made so far have led to."""
        return self._layers.result(self._sums)
