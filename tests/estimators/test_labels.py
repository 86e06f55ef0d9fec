"""Labels of a classifier: what it learns from rows with and without one, and in which words it answers."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from deepbelief import DBN, DBNClassifier
from deepbelief.errors import DataError

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS, LABELS = (DIGITS[:200] / 16).astype(np.float32), LABELS[:200]
FEW = np.where(np.arange(200) < 80, LABELS, -1)


def classifier(**settings):
    """Return a tiny classifier."""
    defaults = {"pretrain_epochs": 2, "softmax_epochs": 2, "finetune_epochs": 2, "random_state": 0}
    return DBNClassifier((10,), **{**defaults, **settings})


def test_unlabelled_rows_pretrain():
    """The net is the DBN of all rows; without the unlabelled rows it is another."""
    with_all, labelled_only = classifier().fit(DIGITS, FEW), classifier().fit(DIGITS[:80], FEW[:80])
    net = DBN((10,), n_iter=2, random_state=0).fit(DIGITS)
    np.testing.assert_array_equal(with_all.dbn_.rbms_[0].components_, net.rbms_[0].components_)
    assert (with_all.dbn_.rbms_[0].components_ != labelled_only.dbn_.rbms_[0].components_).any()


def test_labels_do_not_touch_pretraining():
    """Other labels on the same rows: the same net, another network."""
    one, other = classifier().fit(DIGITS, FEW), classifier().fit(DIGITS, np.where(FEW < 0, -1, 9 - FEW))
    np.testing.assert_array_equal(one.dbn_.rbms_[0].components_, other.dbn_.rbms_[0].components_)
    assert (one.coefs_[0] != other.coefs_[0]).any()


def test_softmax_and_fine_tuning_see_labelled_rows_only():
    """From one net, unlabelled rows more or less make no difference."""
    net = DBN((10,), n_iter=1, random_state=0).fit(DIGITS)
    some, all_rows = (DBNClassifier.from_dbn(net, random_state=0) for _ in range(2))
    some.fit(DIGITS[:80], FEW[:80])
    all_rows.fit(DIGITS, FEW)
    for one, other in zip(some.coefs_, all_rows.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_unlabelled_is_no_class():
    """−1 is not among the classes and is never predicted."""
    net = classifier().fit(DIGITS, FEW)
    np.testing.assert_array_equal(net.classes_, np.arange(10))
    assert (net.predict(DIGITS) >= 0).all()


def test_minus_one_and_one_alone_are_two_classes():
    """As in every other classifier."""
    y = np.where(LABELS < 5, -1, 1)
    np.testing.assert_array_equal(classifier().fit(DIGITS, y).classes_, [-1, 1])


def test_string_labels():
    """Classes in sorted order, predictions in the language of y."""
    names = np.array(["zero", "one", "two"])
    rows = LABELS < 3
    net = classifier(finetune_epochs=30).fit(DIGITS[rows], names[LABELS[rows]])
    assert list(net.classes_) == ["one", "two", "zero"]
    best = net.predict_proba(DIGITS[rows]).argmax(axis=1)
    np.testing.assert_array_equal(net.predict(DIGITS[rows]), net.classes_[best])
    assert net.score(DIGITS[rows], names[LABELS[rows]]) > 0.9


ERRORS = {
    "no label at all": (np.full(200, -1), r"No row of y has a label \(all are -1"),
    "one class": (np.full(200, 3), "y holds one class only, 3; "),
    "one class and unlabelled rows": (np.where(FEW < 0, -1, 3), "y holds one class only, 3; "),
    "one class of strings": (np.full(200, "cat"), "y holds one class only, 'cat'; "),
    "too short": (LABELS[:-1], "X has 200 rows, but y has 199 labels"),
    "missing labels only": (np.full(200, np.nan), r"No row of y has a label \(all are missing"),
    "infinity": (np.where(np.arange(200) == 7, np.inf, LABELS), "y contains infinity at row 7"),
    "words and numbers": (
        np.array(["a", 1] * 100, dtype=object),
        "y mixes words and numbers, 'a' at row 0 and 1 at row 1",
    ),
    "no y": (None, "requires y to be passed, but the target y is None"),
    "real numbers": (np.linspace(0, 1, 200), "Unknown label type: continuous"),
}


@pytest.mark.parametrize("y, message", ERRORS.values(), ids=ERRORS.keys())
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_unusable_labels(method, y, message):
    """One sentence that says what and where, in plain numbers and words."""
    with pytest.raises(ValueError, match=message) as error:
        getattr(classifier(), method)(DIGITS, y)
    assert "np." not in str(error.value)


def test_unknown_class_later():
    """partial_fit and warm_start name it in plain words."""
    net = classifier().partial_fit(DIGITS[LABELS < 5], LABELS[LABELS < 5])
    with pytest.raises(DataError, match=r"y holds [5-9], unknown to the first call"):
        net.partial_fit(DIGITS, LABELS)
    warm = classifier(warm_start=True).fit(DIGITS[LABELS < 2], LABELS[LABELS < 2])
    with pytest.raises(DataError, match=r"warm_start knows the classes \[0, 1\]; y holds \[0, 1, 2"):
        warm.fit(DIGITS, LABELS)
