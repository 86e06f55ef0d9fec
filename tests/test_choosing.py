"""Which of several networks is taken: the first one, unless another is better by more than its standard error."""

import json
import math

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression

from deepbelief.errors import ModelError, ParallelError
from deepbelief.experiment import choosing
from deepbelief.experiment.choice_file import ChoiceFile
from deepbelief.experiment.choosing import ROWS, choose, possible
from deepbelief.experiment.training_data import TrainingData
from deepbelief.run_settings import TrainingSettings

generator = np.random.default_rng(0)
X = generator.normal(size=(120, 3))
Y = (X[:, 0] > 0).astype(int)


class Refusing(ClassifierMixin, BaseEstimator):
    """A network that cannot be trained on these rows."""

    def fit(self, X, y):
        raise ValueError("no")


class Knowing(ClassifierMixin, BaseEstimator):
    """Wrong at the rows `begin` to `end` of all, and right at the others."""

    def __init__(self, begin, end):
        self.begin, self.end = begin, end

    def fit(self, X, y):
        return self

    def predict(self, X):
        right = (X[:, 0] > 0).astype(int)
        return np.where(np.isin(X[:, 0], KNOWN[self.begin : self.end]), 1 - right, right)


KNOWN = X[:, 0].copy()
KINDS = {
    "dummy": DummyClassifier,
    "logistic": LogisticRegression,
    "refusing": Refusing,
    "mean": DummyRegressor,
    "line": LinearRegression,
}


def choice_of(*kinds, x=X, y=Y, told=lambda *_: None, memory=None):
    networks = [{"kind": kind} for kind in kinds]
    return choose(networks, lambda network: KINDS[network["kind"]](), x, y, 0, told, memory)


def test_the_best_network_is_taken():
    choice = choice_of("dummy", "logistic", "refusing")
    assert choice.taken == 1
    assert choice.measured[0] == pytest.approx(max(Y.mean(), 1 - Y.mean()), abs=0.02)
    assert choice.measured[1] > 0.9
    assert choice.measured[2] is None
    assert choice.n_rows == len(X)
    assert choice_of("logistic", "dummy").taken == 0
    assert choice_of("refusing", "dummy", "logistic").taken == 2
    assert choice_of("refusing", "refusing").taken == 0


@pytest.mark.parametrize("gained, lost, taken", [(0, 0, 0), (4, 3, 0), (10, 2, 1), (2, 10, 0)])
def test_another_network_must_be_better_by_more_than_a_standard_error(gained, lost, taken):
    """Of g rows that only the other one is right about, and l that only the first is, that error is about √(g + l)."""
    networks = [{"begin": 0, "end": gained}, {"begin": gained, "end": gained + lost}]
    choice = choose(networks, lambda network: Knowing(**network), X, Y, 0, lambda *_: None)
    assert choice.measured == pytest.approx((1 - gained / len(X), 1 - lost / len(X)))
    assert choice.taken == taken


def test_numbers_are_compared_by_their_squared_errors():
    targets = X[:, 1] * 3 + 1
    choice = choice_of("mean", "line", y=targets)
    assert choice.measure == "squared_error"
    assert choice.taken == 1
    assert choice.measured[0] == pytest.approx(targets.var(), rel=0.05)
    assert choice.measured[1] == pytest.approx(0, abs=1e-20)


def test_each_training_is_told():
    heard = []
    choice_of("dummy", "logistic", told=lambda *word: heard.append(word))
    assert [word[:2] for word in heard] == [(done, 6) for done in range(7)]
    assert math.isnan(heard[0][2])
    assert heard[-1][2] == 0
    heard.clear()
    x = generator.normal(size=(ROWS + 7, 2))
    choice = choice_of("dummy", "logistic", x=x, y=(x[:, 0] > 0).astype(int), told=lambda *word: heard.append(word))
    assert [word[:2] for word in heard] == [(0, 2), (1, 2), (2, 2)]
    assert choice.n_rows == ROWS // 3


def test_too_few_rows_are_not_compared_on():
    assert choice_of("dummy", "logistic", x=X[:50], y=Y[:50]) is None
    assert choice_of("dummy", "logistic", y=np.arange(len(X))) is None  # a class for each row


def test_several_processes_do_not_compare(monkeypatch):
    settings = TrainingSettings(data="digits", preset="accurate")
    assert len(possible(settings, TrainingData(settings))) == 3
    monkeypatch.setattr(choosing, "current_group", lambda: type("Group", (), {"size": 2}))
    with pytest.raises(ParallelError, match="start it without torchrun"):
        possible(settings, TrainingData(settings))


class Remembering(ClassifierMixin, BaseEstimator):
    """Right at the rows that it has learned from, and at no others."""

    def fit(self, X, y):
        self.known_ = {tuple(row): label for row, label in zip(X, y, strict=True)}
        return self

    def predict(self, X):
        return np.array([self.known_.get(tuple(row), -1) for row in X])


def test_copies_of_a_row_are_not_learned_from_where_it_is_measured_on(monkeypatch):
    monkeypatch.setitem(KINDS, "remembering", Remembering)
    choice = choice_of("dummy", "remembering", x=np.repeat(X, 4, axis=0), y=np.repeat(Y, 4))
    assert choice.measured[1] == 0
    assert choice.n_rows == 4 * len(X)
    assert choice_of("dummy", "logistic", x=np.repeat(X[:40], 4, axis=0), y=np.repeat(Y[:40], 4)) is None


class Interrupting:
    """Interrupted at one of its trainings."""

    n_left = 2

    def fit(self, X, y):
        type(self).n_left -= 1
        if type(self).n_left == 0:
            raise KeyboardInterrupt
        return super().fit(X, y)


@pytest.mark.parametrize("kinds", [("dummy", "refusing", "interrupting"), ("mean", "line", "interrupting")])
def test_an_interrupted_comparison_goes_on(tmp_path, monkeypatch, kinds):
    """Nothing is trained twice, and the same is chosen."""
    numbers = {"y": X[:, 1] / 3} if "mean" in kinds else {}
    kind = LinearRegression if numbers else LogisticRegression
    made = type("Made", (Interrupting, kind), {"n_left": 2})
    monkeypatch.setitem(KINDS, "interrupting", made)
    memory = ChoiceFile(tmp_path / "comparison.json")
    with pytest.raises(KeyboardInterrupt):
        choice_of(*kinds, memory=memory, **numbers)
    heard = []
    choice = choice_of(*kinds, memory=memory, told=lambda *word: heard.append(word[0]), **numbers)
    assert heard == [7, 8, 9]
    assert made.n_left == -2
    assert choice == choice_of(*kinds, **numbers)
    choice_of(*kinds, memory=memory, told=lambda *word: heard.append(word[0]), **numbers)
    assert heard[3:] == [9]


def test_what_was_measured_of_other_data_is_refused(tmp_path):
    memory = ChoiceFile(tmp_path / "comparison.json")
    choice_of("dummy", "logistic", memory=memory)
    for other in ({"x": X + 1}, {"y": 1 - Y}):
        with pytest.raises(ModelError, match="made with other data or settings; take the same to go on"):
            choice_of("dummy", "logistic", memory=memory, **other)
    with pytest.raises(ModelError, match="made with other data or settings"):
        choice_of("logistic", "dummy", memory=memory)


def test_a_file_of_something_else_is_refused(tmp_path):
    memory = ChoiceFile(tmp_path / "comparison.json")
    choice_of("dummy", "logistic", memory=memory)
    whole = json.loads(memory.path.read_text())
    first, *others = whole["errors"]
    of_errors = [[first[:-1], *others], [[*first[:-1], -1.0]], [[*first[:-1], True]], [[*first[:-1], None]], [7], first]
    files = [json.dumps(whole | {"errors": errors}) for errors in (*of_errors, [*whole["errors"], first], None)]
    files += ["", "{", "[]", json.dumps(whole | {"more": 1}), memory.path.read_text()[:-3], "\ud800"]
    for content in files:
        memory.path.write_bytes(content.encode("utf-8", "surrogatepass"))
        with pytest.raises(ModelError, match="this is not what a comparison of networks has measured; train without"):
            choice_of("dummy", "logistic", memory=memory)
    memory.path.unlink()
    memory.path.mkdir()
    with pytest.raises(ModelError, match="cannot be read"):
        choice_of("dummy", "logistic", memory=memory)


def test_of_several_networks_that_are_alike_one_is_measured(tmp_path, monkeypatch):
    """And all of them are trained afterwards."""
    measured = []

    def choosing_none(networks, estimator_of, *_):
        measured.extend(estimator_of(network).n_networks for network in networks)
        return

    monkeypatch.setattr(choosing, "choose", choosing_none)
    settings = TrainingSettings("digits")
    networks = [{"n_networks": 3}, {"n_networks": 2}]
    _, taken = choosing.chosen(settings, networks, TrainingData(settings), lambda *_: None, ChoiceFile(tmp_path / "x"))
    assert measured == [1, 1]
    assert taken.network["n_networks"] == 3
