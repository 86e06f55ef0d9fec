"""Findings about samples: a broken machine and a healthy one for each."""

import numpy as np
import pytest

from deepbelief import DBN, RBM, DBNClassifier, diagnose
from deepbelief.core.diagnosis import examine
from deepbelief.core.drawing import drawn_rows, is_state
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.rows import Rows
from deepbelief.core.stack import Layer
from deepbelief.core.units import Bernoulli, Categorical

RNG = np.random.default_rng(0)
N = 40
ROWS = (RNG.random((200, N)) < 0.3).astype(np.float32)
NAMES = {"chains-do-not-mix", "samples-unlike-data", "copies-of-rows"}


def layer(weights, visible=0.0, hidden=0.0, machine=None):
    weights = np.asarray(weights, np.float32)
    n_visible, n_hidden = weights.shape
    biases = (
        np.zeros(n, np.float32) + np.asarray(bias, np.float32) for n, bias in ((n_visible, visible), (n_hidden, hidden))
    )
    return Layer(machine or Machine(), Parameters(weights, *({"bias": bias} for bias in biases)))


def found(stack, rows=ROWS):
    start = rows[:100] if len(rows) >= 100 else rows
    drawn = drawn_rows(stack, start, 200, RandomStreams(0))
    return {finding.name: finding for finding in examine(stack, Rows(rows, np.float32), drawn=drawn)} | {"": drawn}


def test_a_machine_that_draws_the_data_is_healthy():
    """Independent units with the means of the data, whose rows are just that."""
    assert not NAMES & set(found([layer(0.01 * RNG.normal(size=(N, 5)), np.log(0.3 / 0.7))]))


def test_chains_that_never_change_sides():
    """All units up or all down: weights of a magnet, whose chains stay on the side where they began."""
    magnet = layer(np.full((N, 5), 2.0), -5.0, -40.0)
    rows = np.repeat(RNG.integers(0, 2, (200, 1)), N, axis=1).astype(np.float32)
    finding = found([magnet], rows)["chains-do-not-mix"]
    assert finding.value > 0.95
    assert "after 200 sweeps" in finding.evidence
    assert "gradient='tempered'" in finding.advice
    assert "chains-do-not-mix" not in found([layer(np.full((N, 5), 0.1), -0.25, -2.0)], rows)


def test_samples_that_are_elsewhere():
    finding = found([layer(np.zeros((N, 5)), 6.0)])["samples-unlike-data"]
    assert finding.value == pytest.approx((0.7 / 0.3) ** 0.5, abs=0.1)
    assert "standard deviations off" in finding.evidence


def test_copies_of_rows():
    """A hidden layer of one category for each of thirty rows: what it draws are those rows."""
    rows = ROWS[:30]
    balance = -6.0 * (rows.sum(axis=1) - 12)
    lookup = layer(12.0 * (rows.T - 0.5), 0.0, balance, Machine(Bernoulli(), Categorical(30)))
    finding = found([lookup], rows)["copies-of-rows"]
    assert finding.value > 0.5
    assert "of the samples lie within 0.25" in finding.evidence


def test_nothing_is_said_of_few_rows():
    assert not NAMES & set(found([layer(np.zeros((N, 5)), 6.0)], ROWS[:10]))


def test_nothing_is_drawn_from_numbers_that_are_none():
    rbm = RBM(4, n_iter=1, random_state=0).fit(ROWS)
    rbm.components_ = np.full_like(rbm.components_, np.nan)
    assert [finding.name for finding in diagnose(rbm, ROWS)] == ["non-finite"]


def test_grey_values_are_no_states():
    assert is_state(layer(np.zeros((N, 2))), ROWS)
    assert not is_state(layer(np.zeros((N, 2))), ROWS / 2)
    grey = found([layer(np.zeros((N, 2)))], ROWS * 0.9)[""]
    assert set(np.unique(grey.samples)) == {0.5}
    assert set(np.unique(found([layer(np.zeros((N, 2)))])[""].samples)) == {0, 1}


def test_machines_and_nets_are_judged_and_classifiers_are_not():
    """Fitted, then made to draw elsewhere."""
    x, y = ROWS[:100], (ROWS[:100, 0]).astype(int)
    rbm = RBM(6, n_iter=5, random_state=0).fit(x)
    net = DBN((6, 4), n_iter=5, random_state=0).fit(x)
    classifier = DBNClassifier((6,), pretrain_epochs=5, finetune_epochs=2, random_state=0).fit(x, y)
    for estimator in (rbm, net, classifier):
        assert not NAMES & {finding.name for finding in diagnose(estimator, x)}
    for machine in (rbm, net.rbms_[0], classifier.dbn_.rbms_[0]):
        machine.intercept_visible_ = machine.intercept_visible_ + np.float32(12)
    for estimator, is_judged in ((rbm, True), (net, True), (classifier, False), (classifier.dbn_, True)):
        names = {finding.name for finding in diagnose(estimator, x)}
        assert ("samples-unlike-data" in names) == is_judged
