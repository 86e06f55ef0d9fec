"""The partition function that is followed along training."""

import math

import numpy as np
import pytest
from sklearn.datasets import load_digits

from deepbelief import DBN, RBM, DBNClassifier
from deepbelief.core.gibbs import sweep
from deepbelief.core.partition import log_partition
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.trajectory import _drawn, advanced, begun
from deepbelief.core.units import Gaussian
from deepbelief.displays import TrainingDisplay
from oracles.machines import MACHINES, example

DIGITS = (load_digits().data[:300] > 8).astype(np.float32)


@pytest.mark.parametrize("name", ["bernoulli-bernoulli", "spin-spin", "gaussian-bernoulli", "poisson-bernoulli"])
def test_it_follows_the_exact_one(name):
    """Over five machines that have nothing to do with each other, farther apart than epochs of training ever are."""
    machine, streams = MACHINES[name], RandomStreams(0)
    first = example(machine, 0)
    v = machine.reverse(first, np.zeros((4, first.weights.shape[1])))
    followed = begun(machine, first, v, streams)
    assert followed.value == pytest.approx(log_partition(machine, first), abs=0.1)
    for seed in range(1, 6):
        parameters = example(machine, seed)
        before = followed.value
        followed = advanced(machine, followed, parameters, streams.stream("advance", seed))
        exact = log_partition(machine, parameters)
        assert followed.value == pytest.approx(exact, abs=0.4)
        assert abs(before - exact) > abs(followed.value - exact)


def test_replicas_are_samples_of_the_machine_that_they_have_come_to():
    machine, streams = MACHINES["bernoulli-bernoulli"], RandomStreams(1)
    old, new = example(machine, 0), example(machine, 1)
    followed = begun(machine, old, np.full((4, old.weights.shape[0]), 0.5), streams)
    followed = advanced(machine, followed, new, streams.stream("advance"))
    v, stream = followed.v, streams.stream("more")
    for _ in range(200):
        v, _ = sweep(machine, new, v, stream)
    np.testing.assert_allclose(followed.v.mean(axis=0), v.mean(axis=0), atol=4 * math.sqrt(0.5 / len(v)))
    assert followed.parameters is new


def test_chains_are_drawn_anew_as_their_weights_say():
    weights = np.log([0.5, 0.25, 0.125, 0.125])
    drawn = _drawn(np.repeat(weights, 100), RandomStreams(0).stream("drawn"))
    counts = np.bincount(drawn // 100, minlength=4)
    np.testing.assert_allclose(counts, [200, 100, 50, 50], atol=1)


@pytest.mark.parametrize("n_components, error", [(12, 1e-4), (13, 0.5)])
def test_history_has_the_likelihood_of_each_pass(n_components, error):
    """Exact with 4,096 states of the hidden layer, followed by chains with more."""
    rbm = RBM(n_components, n_iter=6, monitor_likelihood=True, random_state=0)
    for _ in rbm.fit_epochs(DIGITS[:200], validation=DIGITS[200:]):
        entry = rbm.history_[-1]
        exact = rbm.log_partition("exact").value
        assert entry["log_partition"] == pytest.approx(exact, abs=error)
        assert (entry["log_partition"] == pytest.approx(exact, abs=1e-4)) == (n_components == 12)
        rows = rbm.log_likelihood(DIGITS[:200]).mean() + exact - entry["log_partition"]
        assert entry["log_likelihood"] == pytest.approx(rows, abs=1e-3)
        held_out = rbm.log_likelihood(DIGITS[200:]).mean() + exact - entry["log_partition"]
        assert entry["validation_log_likelihood"] == pytest.approx(held_out, abs=1e-3)
        expected = np.linalg.svd(rbm.components_, compute_uv=False)[:5]
        found = [entry[f"singular_value_{number}"] for number in range(1, 6)]
        np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert "log_likelihood" not in RBM(4, n_iter=1).fit(DIGITS).history_[0]


def test_watching_changes_nothing_that_is_learned():
    plain, watched = (RBM(6, n_iter=3, monitor_likelihood=on, random_state=0).fit(DIGITS) for on in (False, True))
    np.testing.assert_array_equal(plain.components_, watched.components_)
    np.testing.assert_array_equal(plain.h_samples_, watched.h_samples_)


def test_it_goes_on_where_training_goes_on(tmp_path):
    """From a checkpoint bit for bit, and after a warm start."""
    settings = {"n_iter": 4, "monitor_likelihood": True, "random_state": 0}
    whole = RBM(13, **settings).fit(DIGITS)
    epochs = RBM(13, **settings, checkpoint=tmp_path / "kept").fit_epochs(DIGITS)
    next(epochs), next(epochs)
    epochs.close()
    again = RBM(13, **settings, checkpoint=tmp_path / "kept").fit(DIGITS)
    assert again.history_ == whole.history_
    more = whole.set_params(warm_start=True, n_iter=2).fit(DIGITS)
    assert more.history_[-1]["log_partition"] == pytest.approx(more.log_partition().value, abs=0.5)


def test_layers_of_nets_are_watched_too():
    dbn = DBN((6, 4), n_iter=2, monitor_likelihood=True, random_state=0).fit(DIGITS)
    assert all("log_likelihood" in entry for entry in dbn.history_)
    net = DBNClassifier((6,), pretrain_epochs=2, finetune_epochs=1, monitor_likelihood=True, random_state=0)
    net.fit(DIGITS, load_digits().target[:300])
    assert "log_likelihood" in net.history_[1]
    assert "log_likelihood" not in net.history_[-1]


def test_documents_have_none_and_that_is_said():
    counts = np.random.default_rng(0).integers(0, 4, (40, 5))
    rbm = RBM(3, visible="replicated-softmax", n_iter=2, monitor_likelihood=True, random_state=0)
    with pytest.warns(UserWarning, match="measures nothing here: documents of each length"):
        rbm.fit(counts)
    assert "log_likelihood" not in rbm.history_[-1]


def test_a_machine_that_loses_its_distribution_loses_the_line():
    """Two Gaussian layers: with weights above 1 the energy falls without bound."""
    machine, streams = Machine(Gaussian(), Gaussian()), RandomStreams(0)
    small, large = (Parameters(np.full((3, 2), w), {"bias": np.zeros(3)}, {"bias": np.zeros(2)}) for w in (0.1, 50.0))
    followed = begun(machine, small, np.zeros((4, 3)), streams)
    assert followed.value == pytest.approx(log_partition(machine, small), abs=0.05)
    lost = advanced(machine, followed, large, streams.stream("lost"))
    assert lost.is_lost
    assert advanced(machine, lost, small, streams.stream("later")).is_lost


def test_the_display_draws_both(ax):
    rbm = RBM(6, n_iter=3, monitor_likelihood=True, random_state=0).fit(DIGITS)
    display = TrainingDisplay.from_estimator(rbm).plot(ax)
    titles = [panel.get_title() for panel in display.axes_]
    assert "log-likelihood (nats)" in titles
    values = display.axes_[titles.index("largest singular values of the weights")]
    assert len(values.lines) == 5
    assert len(values.get_legend().get_texts()) == 1


@pytest.fixture
def ax():
    from matplotlib.figure import Figure

    return Figure(figsize=(6, 6), layout="constrained").add_subplot()
