"""No two findings of one diagnosis give opposite advice, whatever is broken together."""

import re
from dataclasses import replace
from itertools import combinations, cycle, product

import numpy as np
import pytest

from core.diagnosed import N_HIDDEN, X, copying, record
from deepbelief.core.diagnosis import Finding, Predictions, Training, examine
from deepbelief.core.diagnosis.advice import agreeing
from deepbelief.core.rbm import Machine
from deepbelief.core.rows import Rows
from deepbelief.core.stack import Layer

CHANGES = re.compile(r"\b(lower|higher|fewer|more|less) ((?:[a-z-]+ )?(?:rate|passes|rows|units|decay))\b")
OPPOSITE = {"lower": "higher", "higher": "lower", "fewer": "more", "more": "fewer", "less": "more"}


def finding(name: str, advice: str, where: str = "layer 1") -> Finding:
    return Finding(name, where, 1.0, 0.5, "measured", advice, "a guide")


def opposed(findings: list[Finding]) -> list[tuple[str, str]]:
    """Pairs of pieces of advice that pull the same thing in opposite directions."""
    advice = [one.advice for one in findings]
    return [
        (one, other)
        for one, other in combinations(advice, 2)
        if {(OPPOSITE[direction], what) for direction, what in CHANGES.findall(one)} & set(CHANGES.findall(other))
    ]


FAST = finding("exploding-weights", "Use a lower learning rate")


@pytest.mark.parametrize(
    "later, changed",
    [
        (finding("weights-not-moving", "Use a higher learning rate"), True),
        (finding("identical-reconstructions", "Train it again"), True),  # a symptom has no remedy of its own
        (finding("unknown", "Use a higher learning rate"), True),
        (finding("unknown", "Use a higher fine-tuning rate"), False),
        (finding("dead-hidden-units", "Use a lower learning rate"), False),
        (finding("overfitting", "Use fewer passes"), False),
    ],
)
def test_later_advice_gives_way(later, changed):
    agreed = agreeing(later, [FAST])
    assert replace(agreed, advice=later.advice) == later  # what was measured stays
    if changed:
        assert agreed.advice == "This may come from exploding-weights (layer 1): do what is advised there first"
    else:
        assert agreed == later


def test_the_first_finding_keeps_its_advice():
    alone = finding("weights-not-moving", "Use a higher learning rate")
    assert agreeing(alone, []) == alone


def test_the_oracle_knows_a_contradiction():
    assert opposed([FAST, finding("unknown", "Use more passes or a higher learning rate")])
    assert not opposed([FAST, finding("unknown", "Use a lower learning rate and more passes")])


def biased(value: float):
    return replace(copying(), hidden={"bias": np.full(N_HIDDEN, value, np.float32)})


MACHINES = {
    "healthy": copying(),
    "dead": biased(-40),
    "on": biased(40),
    "saturated": copying(40.0),
    "exploded": copying(60.0),
    "still": replace(copying(), weights=copying().weights * 0),
    "noise": replace(copying(), weights=np.random.default_rng(0).normal(size=(20, 20)).astype(np.float32)),
}
STEPS = {
    "right": {"update_ratio": 1e-3},
    "too large": {"update_ratio": 0.5},
    "none": {"update_ratio": 1e-7},
    "by heart": {"update_ratio": 1e-3, "free_energy_gap": 5.0, "free_energy_spread": 1.0},
}
TUNED = {
    "not": [],
    "at chance": [record("finetune", accuracy=0.5, update_ratio=1e-3)],
    "too fast": [record("finetune", accuracy=0.5, update_ratio=0.9)],
    "too slow": [record("finetune", accuracy=0.5, update_ratio=1e-9)],
    "by heart": [record("finetune", accuracy=1.0, loss=1e-3, validation_loss=loss) for loss in (1.0, 5.0)],
    "unmeasured": [record("finetune", accuracy=0.5)],
}
DATA = {"right": X, "black": X * 0, "far off": X * 255, "dim": X / 100, "inverted": 1 - X * (np.arange(20) < 2)}


@pytest.mark.parametrize("below, above", list(product(MACHINES, MACHINES)))
def test_no_faults_together_give_opposite_advice(below, above):
    """Two layers with each fault there is, trained in each wrong way, on some kind of data, with a network on top."""
    stack = [Layer(Machine(), MACHINES[below]), Layer(Machine(), MACHINES[above])]
    targets = np.arange(100) % 2
    found = 0
    kinds = zip(product(STEPS.values(), STEPS.values()), cycle(DATA.values()), cycle(TUNED.values()), strict=False)
    for number, ((below_steps, above_steps), x, tuned) in enumerate(kinds):
        first = [record(**below_steps | {"free_energy_gap": 0.0}), *[record(**below_steps)] * 6]
        second = [entry | {"layer": 1} for entry in (record(**above_steps), *[record(**above_steps)] * 6)]
        training = Training([*first, *second, *tuned], centred=False, learning_rate=0.5)
        predictions = Predictions(targets, targets * (number % 2))
        findings = examine(stack, Rows(x, np.float32), training, predictions)
        assert not opposed(findings)
        found = max(found, len(findings))
    assert found > 3  # there was something to contradict
