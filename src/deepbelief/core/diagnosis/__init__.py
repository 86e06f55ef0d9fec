"""Named findings about a trained model: what is wrong with it, how one knows, and what to do.

Rules of this room:

* A rule is a function that yields findings, each with whether its limit was passed; limits are constants beside it.
* Limits lie where broken runs and healthy ones part (``benchmarks/diagnosis.py`` counts both): a healthy run has no
  finding. What can be right on purpose, such as some constant pixels, is no finding.
* A rule says nothing where it does not apply: real-valued units are never "on", nor are they saturated.
* A cause comes before its consequences: data, then each layer from the bottom up, then the network. Its advice stands;
  that of later findings agrees with it, see :mod:`~deepbelief.core.diagnosis.advice`.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.diagnosis import data, history, layers, network, reconstructions, samples
from deepbelief.core.diagnosis.advice import agreeing
from deepbelief.core.diagnosis.evidence import Evidence
from deepbelief.core.diagnosis.network import Answers, Estimates, Predictions
from deepbelief.core.diagnosis.training import UNKNOWN, Training
from deepbelief.core.drawing import DrawnRows
from deepbelief.core.finding import Checks, Finding, non_finite
from deepbelief.core.rows import MONITORED_ROWS, Rows
from deepbelief.core.stack import Layer
from deepbelief.core.trees import all_finite

__all__ = ["Answers", "Estimates", "Finding", "Predictions", "Training", "examine", "failures"]

MOST = 0.5  # of the units of a layer: a layer that lost as many learned nothing
LARGEST = 1000.0  # a weight beyond it is not one that fits badly, but one that grew without end
WORST = 2.0  # times the error of the mean row: what a layer that learned anything stays below


def examine(
    stack: Sequence[Layer],
    rows: Rows,
    training: Training = UNKNOWN,
    answers: Answers | None = None,
    drawn: DrawnRows | None = None,
) -> list[Finding]:
    """Return what is wrong with a stack of machines, with the network grown from it, or with the data.

    Parameters
    ----------
    stack : sequence of Layer
        From the bottom up.
    rows : Rows, shape (n_rows, n_visible)
        Data of the kind it was trained on. Layers are judged by at most a thousand of them, evenly spaced.
    training : Training
    answers : Predictions or Estimates, optional
        Of the network, for labelled rows.
    drawn : DrawnRows, optional
        Samples, of a stack that is meant to be a distribution.

    Returns
    -------
    list of Finding
        Empty for a healthy model. A cause comes before its consequences, and no two of them give opposite advice.
    """
    checks = [_everything(stack, rows, training, answers)]
    if drawn is not None:
        checks.append(samples.rules(drawn, to_numpy(rows.spread(MONITORED_ROWS).take(slice(None)))))
    return _passed(itertools.chain.from_iterable(checks))


def failures(
    stack: Sequence[Layer], rows: Rows, training: Training = UNKNOWN, answers: Answers | None = None
) -> list[Finding]:
    """Return why a stack, or the network grown from it, learned nothing at all; see :func:`examine`.

    These are few rules that cost little: weights that ran away, units that are stuck in most of a layer, weights that
    do not move, and a network that is no better than naming the most frequent class, or the mean. Where there is no
    network, there are two more: the same reconstruction for all rows, and reconstructions whose error is more than
    twice that of the mean row. Layers that were not trained are left out.

    Parameters
    ----------
    stack : sequence of Layer
        From the bottom up.
    rows : Rows
        Data of the kind that it was trained on.
    training : Training, default=UNKNOWN
    answers : Predictions or Estimates, optional
        Of the network, for labelled rows.

    Returns
    -------
    list of Finding
    """
    return _passed(_worst(stack, rows, training, answers))


def _passed(checks: Iterable[tuple[bool, Finding]]) -> list[Finding]:
    found: list[Finding] = []
    with np.errstate(over="ignore", invalid="ignore"):  # numbers out of bounds are findings, not warnings
        for passed, finding in checks:
            if passed:
                found.append(agreeing(finding, found))
    return found


def _everything(stack: Sequence[Layer], rows: Rows, training: Training, answers: Answers | None) -> Checks:
    for evidence in _from_the_bottom(stack, rows):
        epochs = training.of_layer(evidence.number - 1)
        if evidence.number == 1:
            yield from data.rules(evidence, rows, training)
        if not all_finite(evidence.layer.parameters):
            yield True, non_finite(evidence.where, "some parameters are not finite numbers")
            break  # nothing can be said of what lies above
        yield from history.large_steps(evidence.where, epochs)
        if epochs or not training.labels_only:
            yield from layers.large_weights(evidence)
            yield from layers.stuck_units(evidence)
            yield from layers.saturated_units(evidence)
            yield from layers.duplicates(evidence)
            yield from history.small_steps(evidence.where, epochs)
            yield from reconstructions.identical(evidence)
            yield from reconstructions.unlike(evidence)
        yield from history.overfitting(evidence.where, epochs)
    yield from network.rules(answers, training.of_network())


def _worst(stack: Sequence[Layer], rows: Rows, training: Training, answers: Answers | None) -> Checks:
    for evidence in _from_the_bottom(stack, rows):
        epochs = training.of_layer(evidence.number - 1)
        if epochs:
            yield from layers.large_weights(evidence, LARGEST)
            yield from layers.stuck_units(evidence, MOST)
            yield from history.small_steps(evidence.where, epochs)
            if answers is None:
                yield from reconstructions.identical(evidence)
                yield from reconstructions.unlike(evidence, WORST)
    yield from network.useless(answers, training.of_network())


def _from_the_bottom(stack: Sequence[Layer], rows: Rows) -> Iterator[Evidence]:
    """Yield what each layer makes of the rows."""
    values = rows.spread(MONITORED_ROWS).take(slice(None))
    for number, layer in enumerate(stack, start=1):
        evidence = Evidence(number, layer, values)
        yield evidence
        values = evidence.above
