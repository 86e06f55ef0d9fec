"""Machines made by hand, whose numbers can be computed in the head, and what the diagnosis finds in them."""

import numpy as np

from deepbelief.core.diagnosis import Finding, Predictions, Training, examine
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.rows import Rows
from deepbelief.core.stack import Layer

N_FEATURES, N_HIDDEN = 20, 20
BINARY = Machine()
X = np.random.default_rng(0).integers(0, 2, (200, N_FEATURES)).astype(np.float32)


def copying(gain: float = 6.0) -> Parameters:
    """A machine whose hidden units each copy one visible unit, and back: σ(±gain/2) up, nearly the input down."""
    bias = np.full(N_FEATURES, -gain / 2, np.float32)
    return Parameters(np.eye(N_FEATURES, dtype=np.float32) * gain, {"bias": bias}, {"bias": bias.copy()})


def found(
    parameters: Parameters,
    x: np.ndarray = X,
    machine: Machine = BINARY,
    records=(),
    predictions: Predictions | None = None,
    **training,
) -> dict[str, Finding]:
    """Findings by name."""
    stack, rows = [Layer(machine, parameters)], Rows(x, np.float32)
    findings = examine(stack, rows, Training(records, **training), predictions)
    return {finding.name: finding for finding in findings}


def record(phase: str = "pretrain", **metrics: float) -> dict:
    return {"phase": phase, "layer": 0, **metrics}
