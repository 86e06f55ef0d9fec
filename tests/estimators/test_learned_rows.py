"""Rows that were learned from are found again: all of them, or a sample that says how many there are."""

import numpy as np
import pytest

from deepbelief.datasets import row_hashes
from deepbelief.estimators import learned_rows
from deepbelief.estimators.learned_rows import LearnedRows
from deepbelief.experiment.overlap import overlap_with


def rows(n, seed=0):
    return np.random.default_rng(seed).random((n, 4), np.float32)


def test_few_rows_are_all_told_apart():
    seen, new = row_hashes(rows(300)), row_hashes(rows(200, seed=1))
    learned = LearnedRows.of(np.concatenate([seen, seen[:50]]))
    assert learned.n_distinct == len(learned.hashes) == 300
    found, others = learned.told_apart(np.concatenate([new[:100], seen[40:60], new[100:], seen[:1]]))
    assert np.flatnonzero(found).tolist() == [*range(100, 120), 220]
    np.testing.assert_array_equal(others, ~found)


def test_of_many_rows_the_smallest_hashes_are_kept(monkeypatch):
    monkeypatch.setattr(learned_rows, "MOST", 64)
    hashes = row_hashes(rows(1000))
    learned = LearnedRows.of(hashes)
    assert learned.hashes.tolist() == sorted(hashes.tolist())[:64]
    assert learned.n_distinct == 1000
    assert learned.hashes.base is None  # else all hashes stay in memory
    found, others = learned.told_apart(hashes)
    assert found.sum() == 64
    assert not others.any()
    new = row_hashes(rows(1000, seed=1))
    found, others = learned.told_apart(new)
    assert not found.any()
    np.testing.assert_array_equal(others, new < learned.hashes[-1])


def test_the_order_of_the_rows_does_not_matter(monkeypatch):
    monkeypatch.setattr(learned_rows, "MOST", 64)
    hashes = row_hashes(rows(1000))
    np.testing.assert_array_equal(LearnedRows.of(hashes).hashes, LearnedRows.of(hashes[::-1]).hashes)


def test_nothing_can_be_looked_up_in_little(monkeypatch):
    monkeypatch.setattr(learned_rows, "MOST", 2)
    learned = LearnedRows.of(np.arange(10, 20, dtype=np.uint64))
    found = overlap_with(learned, np.array([12, 2**63], np.uint64), np.array([True, False]))
    assert (found.n_rows, found.n_looked_up, found.n_learned_from, found.n_others) == (2, 0, None, 0)
    assert found.is_most is found.accuracy_on_others is found.interval_on_others is None


@pytest.mark.parametrize("share", [0.2, 0.6, 0.9])
def test_the_estimate_from_a_sample_is_right_on_average(monkeypatch, share):
    """Within four standard errors of the mean of 200 estimates, each from some 100 rows of 1000.

    The model is right about 90 % of the rows that it learned from and about 50 % of the others.
    """
    monkeypatch.setattr(learned_rows, "MOST", 500)
    generator = np.random.default_rng(0)
    hashes = row_hashes(rows(6000))
    estimates, accuracies = [], []
    for _ in range(200):
        generator.shuffle(hashes)
        trained, new = hashes[:5000], hashes[5000:]
        n_seen = int(1000 * share)
        looked_at = np.concatenate([trained[:n_seen], new[: 1000 - n_seen]])
        right = generator.random(1000) < np.where(np.arange(1000) < n_seen, 0.9, 0.5)
        found = overlap_with(LearnedRows.of(trained), looked_at, right)
        assert 50 < found.n_looked_up < 160
        estimates.append(found.n_learned_from)
        accuracies.append(found.accuracy_on_others)
    for values, truth in (estimates, 1000 * share), (accuracies, 0.5):
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        assert abs(np.mean(values) - truth) < 4 * error


def test_an_overlap_counts_by_hand():
    learned = LearnedRows.of(np.arange(5, dtype=np.uint64))
    hashes = np.array([0, 1, 2, 7, 8, 9, 9], np.uint64)
    right = np.array([True, True, True, True, False, True, False])
    found = overlap_with(learned, hashes, right)
    assert (found.n_rows, found.n_looked_up, found.n_learned_from, found.n_others) == (7, 7, 3, 4)
    assert found.accuracy_on_others == 0.5
    assert found.interval_on_others[0] < 0.5 < found.interval_on_others[1]
    assert found.is_most is False
    assert overlap_with(learned, hashes[:6]).is_most is True
    assert overlap_with(learned, hashes).accuracy_on_others is None
    assert overlap_with(None, hashes, right) is None
