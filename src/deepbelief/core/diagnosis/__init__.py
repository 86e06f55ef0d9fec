"""Named findings about a trained model: what is wrong with it, how one knows, and what to do.

Rules of this room:

* A rule is a function that yields findings, each with whether its limit was passed; limits are constants beside it.
* Limits lie where broken runs and healthy ones part (``benchmarks/diagnosis.py`` counts both): a healthy run has no
  finding. What can be right on purpose, such as some constant pixels, is no finding.
* A cause comes before its consequences: data, then each layer from the bottom up, then the network.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from deepbelief.core.arrays import all_finite
from deepbelief.core.diagnosis import data, history, layers, network
from deepbelief.core.diagnosis.network import Predictions
from deepbelief.core.finding import Checks, Finding, non_finite
from deepbelief.core.rows import MONITORED_ROWS, Rows
from deepbelief.core.stack import Layer

__all__ = ["Finding", "Predictions", "examine"]


def examine(
    stack: Sequence[Layer],
    rows: Rows,
    records: Sequence[dict[str, Any]] = (),
    predictions: Predictions | None = None,
) -> list[Finding]:
    """Return what is wrong with a stack of machines, with the network grown from it, or with the data.

    Parameters
    ----------
    stack : sequence of Layer
        From the bottom up.
    rows : Rows, shape (n_rows, n_visible)
        Data of the kind it was trained on. Layers are judged by at most a thousand of them, evenly spaced.
    records : sequence of dict
        What was measured after each epoch: ``phase``, ``layer`` and metrics by name.
    predictions : Predictions, optional
        Of the network for labelled rows.

    Returns
    -------
    list of Finding
        Empty for a healthy model.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # numbers out of bounds are findings, not warnings
        return [finding for passed, finding in _checks(stack, rows, records, predictions) if passed]


def _checks(
    stack: Sequence[Layer], rows: Rows, records: Sequence[dict[str, Any]], predictions: Predictions | None
) -> Iterator[tuple[bool, Finding]]:
    yield from data.rules(stack[0].machine.visible, rows)
    yield from _stack(stack, rows, records)
    if predictions is not None and len(predictions.targets):
        yield from network.rules(predictions)


def _stack(stack: Sequence[Layer], rows: Rows, records: Sequence[dict[str, Any]]) -> Checks:
    values = rows.spread(MONITORED_ROWS).take(slice(None))
    # A network that was trained, but from random weights on purpose, has no layers to be judged.
    labels_only = any(record["phase"] != "pretrain" for record in records)
    for index, layer in enumerate(stack):
        if not all_finite(layer.parameters):
            yield True, non_finite(f"layer {index + 1}", "some parameters are not finite numbers")
            return  # nothing can be said of what lies above
        epochs = [record for record in records if record["phase"] == "pretrain" and record["layer"] == index]
        yield from history.rules(index + 1, epochs)
        if epochs or not labels_only:
            yield from layers.rules(layers.Evidence(index + 1, layer, values))
        values = layer.machine.forward(layer.parameters, values)
