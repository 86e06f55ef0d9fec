"""A classifier with few labels: when unlabelled rows take part, and that they help."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

from deepbelief import DBN, DBNClassifier
from deepbelief.core.rows import Rows
from deepbelief.estimators import few_labels
from deepbelief.estimators.few_labels import unlabelled_part, wanted
from deepbelief.estimators.fine_tuning import RADIUS, radius_for
from deepbelief.estimators.fitted import fitted_stack

X, Y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
TRAIN, TEST = np.arange(1300), np.arange(1300, 1797)


@pytest.fixture(scope="module")
def dbn():
    return DBN((100, 100), random_state=0).fit(X[TRAIN])


def hidden(n_labels: int) -> np.ndarray:
    """The labels of the training rows, all but the first of each class hidden."""
    y = np.full(len(TRAIN), -1)
    for k in range(10):
        rows = np.flatnonzero(Y[TRAIN] == k)[: n_labels // 10]
        y[rows] = k
    return y


@pytest.mark.parametrize(
    "setting, n_labelled, n_rows, expected",
    [
        ("auto", 100, 1000, True),
        ("auto", 500, 1000, True),
        ("auto", 501, 1000, False),
        ("auto", 10, 999, False),
        (True, 501, 1000, True),
        (False, 10, 60_000, False),
    ],
)
def test_when_unlabelled_rows_take_part(setting, n_labelled, n_rows, expected):
    assert wanted(setting, n_labelled, n_rows) is expected


def test_unlabelled_rows_help():
    """With five labels of each class the error on new digits is below 13 %, on average over three nets.

    It is 11.3 %, and 18.6 % if the nets learn from the labelled rows alone.
    """
    errors = {"auto": 0.0, False: 0.0}
    for seed in range(3):
        dbn = DBN((100, 100), random_state=seed).fit(X[TRAIN])
        for setting in errors:
            net = DBNClassifier.from_dbn(dbn, semi_supervised=setting, random_state=seed).fit(X[TRAIN], hidden(50))
            errors[setting] += (1 - net.score(X[TEST], Y[TEST])) / 3
    assert errors["auto"] < 0.13
    assert errors["auto"] < 0.7 * errors[False]


def test_with_all_labels_nothing_changes(dbn):
    fits = [
        DBNClassifier.from_dbn(dbn, semi_supervised=s, finetune_epochs=1, random_state=0).fit(X[TRAIN], Y[TRAIN])
        for s in ("auto", False)
    ]
    np.testing.assert_array_equal(fits[0].coefs_[0], fits[1].coefs_[0])


def test_the_same_seed_gives_the_same_network(dbn):
    fits = [DBNClassifier.from_dbn(dbn, finetune_epochs=2, random_state=3).fit(X[TRAIN], hidden(50)) for _ in range(2)]
    for one, other in zip(fits[0].coefs_, fits[1].coefs_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_early_stopping_and_warm_start_go_with_it(dbn):
    net = DBNClassifier.from_dbn(
        dbn, finetune_epochs=60, early_stopping=True, n_iter_no_change=2, warm_start=True, random_state=0
    )
    net.fit(X[TRAIN], hidden(100))
    losses = [entry["validation_loss"] for entry in net.history_ if entry["phase"] == "finetune"]
    n_before = len(net.history_)
    assert len(losses) == int(np.argmin(losses)) + 1 + 2 < 60
    net.fit(X[TRAIN], hidden(100))
    assert len(net.history_) > n_before


def test_guesses_keep_labels_and_are_mostly_right(dbn):
    y = hidden(50)
    known = np.flatnonzero(y >= 0)
    part = unlabelled_part(fitted_stack(dbn).layers, Rows(X[TRAIN], labels=y), 10, radius_for("auto", Rows(X[TRAIN])))
    np.testing.assert_array_equal(part.rows.labels[known], y[known])
    assert (part.rows.labels == Y[TRAIN]).mean() > 0.85
    assert part.radius == pytest.approx(RADIUS * np.sqrt(X[TRAIN].astype(float).var(axis=0).sum()), rel=1e-4)


def test_neighbours_found_in_pieces_are_those_of_all_rows_at_once(monkeypatch):
    """Also where rows are there several times; and how far it has come is told."""
    rows = np.random.default_rng(0).integers(0, 3, (150, 4)).astype(np.float32)
    monkeypatch.setattr(few_labels, "ROWS_AT_ONCE", 40)
    told = []
    distances, neighbours = few_labels._nearest(rows, 6, lambda *numbers: told.append(numbers))
    expected = NearestNeighbors(n_neighbors=6).fit(rows).kneighbors()
    np.testing.assert_array_equal(distances, expected[0])
    np.testing.assert_array_equal(neighbours, expected[1])
    assert told == [(done, 150) for done in (0, 40, 80, 120, 150)]


def test_too_many_rows_are_not_all_looked_at(dbn, monkeypatch):
    """Labelled rows are always in the graph; of the others as many as there is room for, evenly."""
    monkeypatch.setattr(few_labels, "GRAPH_ROWS", 300)
    y = hidden(50)
    known = np.flatnonzero(y >= 0)
    guesses = unlabelled_part(fitted_stack(dbn).layers, Rows(X[TRAIN], labels=y), 10, 1.0).rows.labels
    assert 290 < (guesses >= 0).sum() <= 300  # a few may be out of reach of any label
    np.testing.assert_array_equal(guesses[known], y[known])


@pytest.mark.parametrize(
    "settings, n_labelled, is_said",
    [
        ({"pretrain_epochs": 0}, 60, True),
        ({"pretrain_epochs": 1}, 60, False),  # the layers learn from them
        ({"pretrain_epochs": 0, "semi_supervised": True}, 60, False),
        ({"pretrain_epochs": 0}, 100, False),  # there are none
    ],
)
def test_rows_that_nothing_is_learned_from_are_said(settings, n_labelled, is_said):
    """The network is then the one that has never seen them."""
    labels = np.where(np.arange(100) < n_labelled, Y[:100], -1)
    quick = {"softmax_epochs": 1, "finetune_epochs": 1, "random_state": 0}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net = DBNClassifier((8,), **quick, **settings).fit(X[:100], labels)
        alone = DBNClassifier((8,), **quick, **settings).fit(X[:60], Y[:60])
    said = [str(one.message) for one in caught if "are not learned from" in str(one.message)]
    assert [one.startswith("The 40 rows without a label") for one in said] == [True] * is_said
    if is_said:
        np.testing.assert_array_equal(net.coefs_[0], alone.coefs_[0])
