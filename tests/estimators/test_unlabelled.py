"""Rows without a label, in all that a classifier does: by which mark, in which words, in parts, and when measured."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score

from deepbelief import DBNClassifier, diagnose, load, save
from deepbelief.errors import DataError, ModelError

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS, LABELS = (DIGITS[:200] / 16).astype(np.float32), LABELS[:200]
FEW = np.where(np.arange(200) < 80, LABELS, -1)


def classifier(**settings):
    """Return a tiny classifier."""
    defaults = {"pretrain_epochs": 2, "softmax_epochs": 2, "finetune_epochs": 2, "random_state": 0}
    return DBNClassifier((10,), **{**defaults, **settings})


# --- words, objects, missing values -----------------------------------------------------------------------------------

NAMES = np.array(["n" + str(digit) for digit in range(10)])
AS_USERS_WRITE_THEM = {
    "words, None": [NAMES[label] if label >= 0 else None for label in FEW],
    "words, NaN": np.array([NAMES[label] if label >= 0 else np.nan for label in FEW], dtype=object),
    "words, pd.NA": pd.Series([NAMES[label] if label >= 0 else pd.NA for label in FEW], dtype="string"),
    "words, -1": [NAMES[label] if label >= 0 else -1 for label in FEW],
    "category": pd.Series([NAMES[label] if label >= 0 else None for label in FEW], dtype="category"),
    "objects": FEW.astype(object),
    "objects, None": np.array([label if label >= 0 else None for label in FEW], dtype=object),
    "Int64": pd.Series([label if label >= 0 else pd.NA for label in FEW], dtype="Int64"),
    "fractions, NaN": np.where(FEW >= 0, FEW, np.nan),
}


@pytest.fixture(scope="module")
def by_numbers():
    """A classifier that learned from whole numbers and −1."""
    return classifier().fit(DIGITS, FEW)


@pytest.mark.parametrize("y", AS_USERS_WRITE_THEM.values(), ids=AS_USERS_WRITE_THEM.keys())
def test_the_same_labels_in_other_words_give_the_same_network(y, by_numbers):
    """Bit for bit; and its answers are labels like those it was given."""
    net = classifier().fit(DIGITS, y)
    for one, other in zip(net.coefs_, by_numbers.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)
    given = [label for label in list(y) if not pd.isna(label)]
    expected = {NAMES[answer] if isinstance(given[0], str) else answer for answer in by_numbers.predict(DIGITS)}
    answers = net.predict(DIGITS)
    assert set(answers.tolist()) == expected <= set(given)
    kind = "O" if isinstance(given[0], str) else "f" if isinstance(given[0], float) else "i"
    assert answers.dtype.kind == net.classes_.dtype.kind == kind
    assert net.score(DIGITS, y) == by_numbers.score(DIGITS, FEW)
    assert [finding.name for finding in diagnose(net, DIGITS, y)] == [
        finding.name for finding in diagnose(by_numbers, DIGITS, FEW)
    ]


def test_booleans_as_objects():
    """Are two classes, and come back as booleans."""
    y = np.array([None, True, False, True] * 50, dtype=object)
    net = classifier().fit(DIGITS, y)
    assert net.classes_.tolist() == [False, True]
    assert net.predict(DIGITS).dtype == bool


def test_minus_one_as_a_word_is_no_class():
    """NumPy writes −1 among words so; a warning says that it counts as unlabelled."""
    y = np.array([NAMES[label] if label >= 0 else -1 for label in FEW])
    assert y.dtype.kind == "U"
    with pytest.warns(
        UserWarning, match="120 rows labelled -1 count as unlabelled, and the classes go from 'n0' to 'n9'"
    ):
        net = classifier().fit(DIGITS, y)
    assert net.classes_.tolist() == NAMES.tolist()
    assert len(classifier(unlabelled=None).fit(DIGITS, y).classes_) == 11


# --- −1 that is a class, −1 that is none ------------------------------------------------------------------------------

SIGNS = LABELS % 3 - 1


def test_minus_one_beside_0_and_1_is_said_to_count_as_unlabelled():
    """Once in a fit, with the number of rows; both remedies end the warning."""
    with pytest.warns(UserWarning, match=f"{(SIGNS == -1).sum()} rows labelled -1 count as unlabelled") as caught:
        net = classifier().fit(DIGITS, SIGNS)
    assert len(caught) == 1
    assert net.classes_.tolist() == [0, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert classifier(unlabelled=None).fit(DIGITS, SIGNS).classes_.tolist() == [-1, 0, 1]
        assert classifier(unlabelled=-1).fit(DIGITS, SIGNS).classes_.tolist() == [0, 1]
        assert classifier().partial_fit(DIGITS, SIGNS, classes=[0, 1]).classes_.tolist() == [0, 1]
        assert classifier().partial_fit(DIGITS, SIGNS, classes=[-1, 0, 1]).classes_.tolist() == [-1, 0, 1]


def test_unlabelled_rows_among_ten_digits_are_nothing_to_warn_of():
    """Whoever marks rows with −1 among classes of which it can hardly be one is left in peace."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net = classifier(warm_start=True).fit(DIGITS, FEW).fit(DIGITS, FEW)
        net.partial_fit(DIGITS, FEW).score(DIGITS, FEW)
        net.score(DIGITS[:2], [-1, 1])


def test_another_mark_than_minus_one():
    """−1 is a class then, and rows with the mark have no label in whatever is done with the network."""
    y = np.where(LABELS < 3, -1, np.where(LABELS < 6, 7, 99))
    net = classifier(unlabelled=99).fit(DIGITS, y)
    assert net.classes_.tolist() == [-1, 7]
    known = y != 99
    assert net.score(DIGITS, y) == accuracy_score(y[known], net.predict(DIGITS[known]))
    few = classifier().fit(DIGITS, np.where(y == 99, -1, np.where(y == -1, 6, 7)))
    for one, other in zip(net.coefs_, few.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_setting_is_a_setting_like_the_others(tmp_path):
    """It survives cloning, saving and loading; a checkpoint of another one is refused by name."""
    for unlabelled in (None, "?", 9, np.int64(9), 0.5, "auto"):
        net = classifier(unlabelled=unlabelled)
        assert clone(net).unlabelled == unlabelled
        y = NAMES[LABELS] if unlabelled == "?" else LABELS
        save(net.fit(DIGITS, y), tmp_path / "net", overwrite=True)
        loaded = load(tmp_path / "net")
        assert loaded.unlabelled == unlabelled
        assert loaded.get_params()["unlabelled"] == unlabelled
        assert loaded.score(DIGITS, y) == net.score(DIGITS, y)
    kept = classifier(unlabelled=9, checkpoint=tmp_path / "checkpoints").fit(DIGITS, LABELS)
    again = clone(kept).fit(DIGITS, LABELS)
    np.testing.assert_array_equal(again.coefs_[0], kept.coefs_[0])
    with pytest.raises(ModelError, match="unlabelled=9, not None"):
        clone(kept).set_params(unlabelled=None).fit(DIGITS, LABELS)


@pytest.mark.parametrize("unlabelled", [float("nan"), float("inf"), [1, 2], b"a"])
def test_what_can_mark_no_row(unlabelled):
    """Is refused like every other setting that is none."""
    with pytest.raises(ValueError, match="'unlabelled' parameter of DBNClassifier"):
        classifier(unlabelled=unlabelled).fit(DIGITS, LABELS)


def test_words_come_back_from_a_file(tmp_path):
    """Words as objects, learned beside missing ones, are the classes of the loaded model too."""
    net = classifier().fit(DIGITS, AS_USERS_WRITE_THEM["words, pd.NA"])
    save(net, tmp_path / "net")
    loaded = load(tmp_path / "net")
    assert loaded.classes_.dtype == net.classes_.dtype == object
    np.testing.assert_array_equal(loaded.predict(DIGITS), net.predict(DIGITS))


# --- measuring --------------------------------------------------------------------------------------------------------


def test_score_leaves_unlabelled_rows_out(by_numbers):
    """Also with weights; a label that is no class of the classifier is an error of it."""
    known, answers = FEW >= 0, by_numbers.predict(DIGITS)
    weights = np.arange(200) % 7 + 1
    assert by_numbers.score(DIGITS, FEW) == accuracy_score(FEW[known], answers[known])
    weighted = accuracy_score(FEW[known], answers[known], sample_weight=weights[known])
    assert by_numbers.score(DIGITS, FEW, weights) == weighted
    assert by_numbers.score(DIGITS, np.where(known, answers, -1)) == 1
    assert by_numbers.score(DIGITS[:4], [*answers[:3], 77]) == 0.75
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        by_numbers.score(DIGITS, FEW, weights[1:])


def test_missing_labels_are_left_out_where_all_rows_to_learn_from_have_one():
    """unlabelled=None is about learning: what is measured may have no label."""
    net = classifier(unlabelled=None).fit(DIGITS, LABELS)
    some = np.where(np.arange(200) < 80, LABELS, np.nan)
    assert net.score(DIGITS, some) == net.score(DIGITS[:80], LABELS[:80])
    assert net.score(DIGITS[:2], [-1, LABELS[1]]) == (net.predict(DIGITS[1:2]) == LABELS[1]) / 2
    with pytest.raises(DataError, match="y has no label at row 80, but unlabelled=None"):
        net.fit(DIGITS, some)


def test_score_without_a_label(by_numbers):
    """Is refused in a sentence."""
    with pytest.raises(ValueError, match="requires y to be passed"):
        by_numbers.score(DIGITS, None)
    for y in (np.full(200, -1), [None] * 200):
        with pytest.raises(DataError, match="No row of y has a label"):
            by_numbers.score(DIGITS, y)


def test_cross_validation_with_70_percent_of_the_labels_hidden():
    """Each fold's score is the accuracy on its labelled rows; a search chooses by them."""
    hidden = np.random.default_rng(0).random(200) < 0.7
    y = np.where(hidden, -1, LABELS % 3 + 5)
    net, folds = classifier(finetune_epochs=40), StratifiedKFold(3)
    expected = []
    for train, test in folds.split(DIGITS, y):
        known = test[y[test] >= 0]
        expected.append(accuracy_score(y[known], clone(net).fit(DIGITS[train], y[train]).predict(DIGITS[known])))
    np.testing.assert_array_equal(cross_val_score(net, DIGITS, y, cv=folds), expected)
    assert np.mean(expected) > 0.6  # where every row marked −1 counts as a mistake, no more than 0.3 is possible
    search = GridSearchCV(net, {"unlabelled": ["auto", -1]}, cv=folds, refit=False).fit(DIGITS, y)
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], np.mean(expected))
    words = np.array([None if hide else NAMES[label % 3] for label, hide in zip(LABELS, hidden, strict=True)])
    np.testing.assert_array_equal(cross_val_score(net, DIGITS, words, cv=folds.split(DIGITS, y)), expected)


# --- in parts ---------------------------------------------------------------------------------------------------------


def test_classes_decide_what_minus_one_is_in_a_batch():
    """After classes=[0, 1, 2], rows marked −1 in a batch of −1 and 1 have no label: as if they were not there."""
    one, other = (classifier().partial_fit(DIGITS, LABELS % 3, classes=[0, 1, 2]) for _ in range(2))
    one.partial_fit(DIGITS[:4], [-1, 1, -1, 1])
    other.partial_fit(DIGITS[[1, 3]], [1, 1])
    for first, second in zip(one.coefs_, other.coefs_, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("classes", [[-1, 1], [-1, 0, 1]])
def test_a_batch_of_a_class_named_minus_one(classes):
    """Is learned: more and more rows are given to that class."""
    names = np.array(classes)
    net = classifier().partial_fit(DIGITS, names[LABELS % len(names)], classes=classes)
    before = net.predict_proba(DIGITS)[:, 0].mean()
    for _ in range(5):
        net.partial_fit(DIGITS, np.full(200, -1))
    assert net.predict_proba(DIGITS)[:, 0].mean() > before + 0.1
    assert net.score(DIGITS, np.full(200, -1)) == (net.predict(DIGITS) == -1).mean()


def test_a_first_batch_without_labels_and_a_later_one_of_minus_one():
    """The classes that were named decide in the first call too."""
    net = classifier().partial_fit(DIGITS, np.full(200, -1), classes=[-1, 1])
    assert net.history_[-1]["phase"] == "finetune"
    net = classifier().partial_fit(DIGITS, np.full(200, -1), classes=[0, 1])
    assert net.history_[-1]["phase"] == "pretrain"


def test_classes_that_cannot_be():
    """Are refused before anything is learned."""
    for settings, classes, message in (
        ({"unlabelled": -1}, [-1, 0, 1], "classes holds -1, which marks rows without a label"),
        ({}, [4], "classes holds one class only, 4"),
        ({}, ["a", "b"], "cannot be compared with the model's classes, like 'a'"),
    ):
        net = classifier(**settings)
        with pytest.raises(DataError, match=message):
            net.partial_fit(DIGITS, LABELS, classes=classes)
        assert not hasattr(net, "classes_")


def test_a_warm_start_judges_minus_one_by_its_classes():
    """−1 was a class of the first fit, so it is one in the next; and where it was none it marks rows."""
    y = np.where(LABELS < 5, -1, 1)
    net = classifier(warm_start=True).fit(DIGITS, y)
    before = net.predict_proba(DIGITS)[:, 0].mean()
    for _ in range(3):
        net.fit(DIGITS, np.full(200, -1))
    assert net.predict_proba(DIGITS)[:, 0].mean() > before + 0.1
    digits = classifier(warm_start=True).fit(DIGITS, LABELS)
    with pytest.raises(DataError, match="No row of y has a label"):
        digits.fit(DIGITS, np.full(200, -1))
    one, other = (clone(digits).fit(DIGITS, LABELS) for _ in range(2))
    one.fit(DIGITS[:40], np.where(LABELS[:40] == 1, 1, -1))
    rows = np.flatnonzero(LABELS[:40] == 1)
    other.fit(DIGITS[rows], LABELS[rows])
    np.testing.assert_array_equal(one.coefs_[0], other.coefs_[0])


VALIDATION = {
    "marked": (np.full(200, -1), "validation: no row has a label"),
    "missing": ([None] * 200, "validation: no row has a label"),
    "other classes": (LABELS + 100, r"validation: no row has one of the classes \[0, 1, .* labels are \[100, 101"),
    "words": (NAMES[LABELS], "cannot be compared with the model's classes"),
}


@pytest.mark.parametrize("y, message", VALIDATION.values(), ids=VALIDATION.keys())
def test_validation_without_a_known_label(y, message):
    """Is refused before training, in a sentence about the labels and not about the rate."""
    with pytest.raises(DataError, match=message):
        next(classifier().fit_epochs(DIGITS, LABELS, validation=(DIGITS, y)))


def test_validation_leaves_unlabelled_rows_out():
    """What is measured on all rows, with some unlabelled, is what is measured on the labelled ones."""
    measured = []
    for validation in ((DIGITS, FEW), (DIGITS[:80], LABELS[:80])):
        epochs = list(classifier().fit_epochs(DIGITS, LABELS, validation=validation))
        measured.append(epochs[-1].metrics["validation_loss"])
    assert measured[0] == measured[1]
