"""Callbacks of scikit-learn: told of every pass, given what is fitted so far, and heard when they want to stop."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from deepbelief import DBN, RBM, DBNClassifier
from deepbelief.estimators import callbacks
from estimators.tiny import RNG, X, Y, made

V = RNG.random((5, 6)).astype(np.float32)


def answer_of(estimator):
    return estimator.predict_proba(V) if hasattr(estimator, "predict_proba") else estimator.transform(V)


class Watcher:
    """Notes what it is told, and asks to stop after some passes."""

    def __init__(self, stop_after=None):
        self.tasks, self.answers, self.stop_after = [], [], stop_after
        self.open = 0

    def setup(self, estimator, context):
        self.open += 1

    def teardown(self, estimator, context):
        self.open -= 1

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, X=None, fitted_estimator=None):
        assert X is not None
        self.tasks.append(context.task_name)
        if context.task_name == "pass" and fitted_estimator is not None:
            self.answers.append(answer_of(fitted_estimator))
        return self.stop_after is not None and self.tasks.count("pass") >= self.stop_after


@pytest.fixture(autouse=True)
def available():
    pytest.importorskip(
        "sklearn.callback", reason="this scikit-learn has no callbacks: 1.9 is the first", exc_type=ImportError
    )


TASKS = {
    RBM: ["pass"] * 6 + ["pretrain 1", "fit"],
    DBN: ["pass"] * 3 + ["pretrain 1"] + ["pass"] * 3 + ["pretrain 2", "fit"],
    DBNClassifier: ["pass", "pretrain 1", "pass", "pretrain 2"]
    + ["pass"] * 2
    + ["softmax 1"]
    + ["pass"] * 2
    + ["finetune 1", "fit"],
}


@pytest.mark.parametrize("kind", TASKS)
def test_every_pass_is_told_and_changes_nothing(kind):
    watcher = Watcher()
    watched = made(kind).set_callbacks(watcher).fit(X, Y)
    assert watcher.tasks == TASKS[kind]
    assert watcher.open == 0
    np.testing.assert_array_equal(answer_of(watched), answer_of(made(kind).fit(X, Y)))
    if watcher.answers:
        np.testing.assert_array_equal(watcher.answers[-1], answer_of(watched))
    assert len(watcher.answers) == {RBM: 6, DBN: 0, DBNClassifier: 4}[kind]
    assert not hasattr(clone(watched), "components_")
    pickle.loads(pickle.dumps(watched.set_callbacks()))


def test_a_machine_stops_after_the_pass_that_a_callback_says():
    stopped = made(RBM).set_callbacks(Watcher(stop_after=2)).fit(X)
    epochs = made(RBM)
    for epoch in epochs.fit_epochs(X):
        if epoch.epoch == 2:
            break
    np.testing.assert_array_equal(stopped.components_, epochs.components_)
    assert len(stopped.history_) == 2


def test_a_network_stops_as_soon_as_it_answers():
    """It has no top layer while its layers are pretrained; a deep belief net is whole only in the end."""
    watcher = Watcher(stop_after=1)
    net = made(DBNClassifier).set_callbacks(watcher).fit(X, Y)
    assert watcher.tasks == ["pass", "pretrain 1", "pass", "pretrain 2", "pass", "softmax 1", "fit"]
    assert net.predict(X).shape == Y.shape
    np.testing.assert_array_equal(
        made(DBN).set_callbacks(Watcher(stop_after=1)).fit(X).transform(X), made(DBN).fit(X).transform(X)
    )


def test_a_fit_that_fails_tears_down():
    watcher = Watcher()
    watcher.on_fit_task_begin = lambda estimator, context: 1 / 0
    with pytest.raises(ZeroDivisionError):
        made(RBM).set_callbacks(watcher).fit(X)
    assert watcher.open == 0


def test_monitors_of_scikit_learn_score_each_pass():
    monitor = callbacks_of_scikit_learn().ScoringMonitor(scoring="accuracy")
    net = made(DBNClassifier).set_callbacks(monitor).fit(X, Y)
    scores = [row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "pass"]
    assert len(scores) == 4
    assert scores[-1] == np.mean(net.predict(X) == Y)


def callbacks_of_scikit_learn():
    import sklearn.callback

    return sklearn.callback


def test_without_callbacks_every_pass_is_taken():
    seen = []
    callbacks.run_passes(RBM(), (seen.append(number) for number in range(3)), X, is_fitted=lambda _: True)
    assert seen == [0, 1, 2]
