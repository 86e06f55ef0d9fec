"""One watched trial, and the estimate of its time: with a clock that the models themselves move."""

from threading import Event

import numpy as np
import pytest
from sklearn.svm import SVC

from cli.conftest import tiny_images
from deepbelief.experiment import trials
from deepbelief.experiment.contenders import NAMES, contenders
from deepbelief.experiment.trials import Split, expected_seconds, watched

NET = {"hidden_layer_sizes": (4,), "pretrain_epochs": 1, "softmax_epochs": 1, "finetune_epochs": 1, "batch_size": 10}
ZOO = contenders(NET)


def rows(n_train: int, n_test: int) -> Split:
    images, labels = np.zeros((n_train + n_test, 1), np.float32), np.arange(n_train + n_test) % 2
    return Split(images[:n_train], labels[:n_train], images[n_train:], labels[n_train:])


def result_of(generator):
    """What a generator returns in the end."""
    while True:
        try:
            next(generator)
        except StopIteration as finished:
            return finished.value


class Model:
    """Takes a second for each row to learn from, to the power of its growth, and as much for each row to predict."""

    def __init__(self, clock: list[float], growth: int) -> None:
        self.clock, self.growth = clock, growth

    def fit(self, X, y):
        self.clock[0] += len(X) ** self.growth
        self.n_train = len(X)

    def predict(self, X):
        self.clock[0] += len(X) * self.n_train ** (self.growth - 1)
        return np.zeros(len(X))


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(trials.time, "perf_counter", lambda: now[0])
    return now


@pytest.mark.parametrize("growth", [1, 2])
def test_the_estimate_follows_the_growth(clock, growth):
    expected = expected_seconds(Model(clock, growth), growth, rows(20_000, 8_000))
    rehearsal, clock[0] = clock[0], 0.0
    complete = Model(clock, growth)
    complete.fit(np.zeros(20_000), None)
    complete.predict(np.zeros(8_000))
    assert expected == pytest.approx(clock[0])
    assert rehearsal < clock[0] / 20


def test_what_is_short_is_not_estimated(clock):
    assert expected_seconds(Model(clock, 1), 1, rows(1_000, 1_000)) is None
    assert clock == [0.0]


def test_a_rehearsal_that_fails_says_nothing(clock):
    assert expected_seconds(None, 1, rows(20_000, 20)) is None


def test_whoever_watches_is_heard_while_the_model_works(monkeypatch):
    monkeypatch.setattr(trials, "_HEARTBEAT", 0.001)
    seen = Event()

    class Patient(Model):
        def fit(self, X, y):
            assert seen.wait(60)
            super().fit(X, y)

    trial = watched(Patient([0.0], 1), rows(4, 2))
    assert next(trial) >= 0
    seen.set()
    assert result_of(trial).predicted.tolist() == [0, 0]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_goes_wrong_at_work_is_told_to_whoever_watches(error):
    class Failing(Model):
        def fit(self, X, y):
            raise error("no")

    with pytest.raises(error, match="no"):
        list(watched(Failing([0.0], 1), rows(4, 2)))


def test_every_name_has_a_model():
    assert tuple(ZOO) == NAMES
    assert [name for name, contender in ZOO.items() if contender.is_random] == ["dnn-random", "dnn"]
    assert ZOO["dnn"].make(7).get_params()["random_state"] == 7
    ours, theirs = (ZOO[name].make(7).get_params() for name in ("dnn", "dnn-random"))
    assert {name for name in ours if ours[name] != theirs[name]} == {"pretrain_epochs"}


@pytest.mark.parametrize("n_rows", [1, 60])
def test_the_svm_on_all_cores_says_what_scikit_learn_s_says(n_rows):
    images, labels = tiny_images(240)
    ours = ZOO["svm"].make(0).fit(images, labels)
    theirs = SVC().fit(images, labels)
    np.testing.assert_array_equal(ours.predict(images[:n_rows]), theirs.predict(images[:n_rows]))
