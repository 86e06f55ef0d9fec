"""Labels that do not follow from the rows: each row left out in turn."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from deepbelief.core.diagnosis.left_out import RIDGE, agreement, beyond_luck, left_out

LIMIT = 3.0


def some_rows(n_rows: int, n_classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return normal rows around the centre of their class."""
    rng = np.random.default_rng(seed)
    targets = np.arange(n_rows) % n_classes
    return 2 * rng.normal(size=(n_classes, 4))[targets] + rng.normal(size=(n_rows, 4)), targets


def test_a_row_left_out_is_a_fit_on_the_others():
    """As scikit-learn's ridge regression with an intercept, fitted anew without each row."""
    x, _ = some_rows(12, 3)
    wanted = np.random.default_rng(1).normal(size=(12, 2))
    ridge = Ridge(alpha=RIDGE * ((x - x.mean(axis=0)) ** 2).sum() / len(x))
    for row, found in enumerate(left_out(x @ x.T, wanted)):
        others = np.arange(12) != row
        refitted = ridge.fit(x[others], wanted[others]).predict(x[row : row + 1])[0]
        np.testing.assert_allclose(found, refitted - wanted[others].mean(axis=0), rtol=1e-9, atol=1e-12)


def test_beyond_luck_is_in_standard_errors_of_answers_dealt_out_at_random():
    """Over 4,000 deals of the same answers to three classes of unequal size: mean 0, variance 1."""
    rng, codes = np.random.default_rng(0), np.repeat([0, 1, 2], [10, 20, 40])
    answered = np.repeat([0, 1, 2], [30, 25, 15])
    found = np.array([beyond_luck(codes, rng.permutation(answered)) for _ in range(4000)])
    assert abs(found.mean()) <= 5 / np.sqrt(4000)
    assert found.var() == pytest.approx(1, abs=5 * np.sqrt(2 / 4000))
    assert beyond_luck(codes, np.zeros(70, int)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_labels_follow_until_they_are_shuffled(seed):
    x, targets = some_rows(90, 3, seed)
    assert agreement(x, targets, LIMIT) > 2 * LIMIT
    assert agreement(x, np.random.default_rng(seed).permutation(targets), LIMIT) <= LIMIT


def test_a_product_of_two_features_is_seen():
    """No linear rule tells these classes apart."""
    x = np.random.default_rng(0).normal(size=(200, 2))
    assert agreement(x, (x[:, 0] * x[:, 1] > 0).astype(int), LIMIT) > 2 * LIMIT


def test_unknown_values_and_constant_features_do_no_harm():
    x, targets = some_rows(90, 3)
    x[::7, 1] = np.nan
    assert agreement(np.column_stack([x, np.full(90, 3.0)]), targets, LIMIT) > LIMIT
    assert agreement(np.zeros((90, 2)), targets, LIMIT) <= LIMIT


def test_few_rows_tell_nothing():
    """Neither thirty rows of two classes, nor classes of fewer than ten rows, nor one class."""
    assert agreement(*some_rows(30, 2), LIMIT) is None
    assert agreement(*some_rows(60, 8), LIMIT) is None
    assert agreement(*some_rows(60, 1), LIMIT) is None
