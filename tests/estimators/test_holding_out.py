"""Rows that are held out: which, and when there are too few."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from deepbelief import DBNClassifier
from deepbelief.core.randomness import RandomStreams
from deepbelief.errors import DataError
from deepbelief.estimators.holding_out import hold_out

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS, LABELS = (DIGITS[:200] / 16).astype(np.float32), LABELS[:200]


def stopping_early(**settings):
    """Return a tiny classifier that holds rows out."""
    tiny = {"pretrain_epochs": 1, "softmax_epochs": 1, "finetune_epochs": 2, "random_state": 0}
    return DBNClassifier((10,), **{**tiny, "early_stopping": True, **settings})


def test_hold_out_is_a_stratified_partition():
    """Every row on one side, and every class in proportion on both."""
    targets = np.repeat([0, 1], [40, 60])
    kept, held_out = hold_out(targets, 0.1, RandomStreams(0).stream("test"))
    np.testing.assert_array_equal(np.sort(np.concatenate([kept, held_out])), np.arange(100))
    np.testing.assert_array_equal(np.bincount(targets[held_out]), [4, 6])


def test_hold_out_of_a_class_with_one_row():
    """The sentence names the class as the user does."""
    y = np.array(["a"] * 100 + ["b"] * 99 + ["rare"])
    with pytest.raises(DataError, match="rare"):
        stopping_early().fit(DIGITS, y)


def test_hold_out_of_too_few_rows():
    """Is refused in a sentence whose remedy works."""
    with pytest.raises(DataError, match=r"too few to hold.*early_stopping=False"):
        stopping_early(validation_fraction=0.01).fit(DIGITS, LABELS)
    assert stopping_early(early_stopping=False).fit(DIGITS, LABELS).history_
