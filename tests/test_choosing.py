"""Which of several networks is taken: the first one, unless another is better by more than its standard error."""

import math

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression

from deepbelief.errors import ParallelError
from deepbelief.experiment import choosing
from deepbelief.experiment.choosing import ROWS, choose

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


def choice_of(*kinds, x=X, y=Y, told=lambda *_: None):
    return choose([{"kind": kind} for kind in kinds], lambda network: KINDS[network["kind"]](), x, y, 0, told)


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
    monkeypatch.setattr(choosing, "current_group", lambda: type("Group", (), {"size": 2}))
    with pytest.raises(ParallelError, match="start it without torchrun"):
        choice_of("dummy", "logistic")
