"""Intervals and tests, against enumeration of everything that can happen and against values worked out by hand."""

from itertools import product
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from deepbelief.experiment.statistics import LEVEL, holm, mcnemar, wilson_interval


def split(only_first: int, only_second: int, both: int = 3, neither: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Which rows two classifiers have right, so many of each kind."""
    kinds = [(True, False)] * only_first + [(False, True)] * only_second
    kinds += [(True, True)] * both + [(False, False)] * neither
    first, second = zip(*kinds, strict=True)
    return np.array(first), np.array(second)


@pytest.mark.parametrize("n_right, n_rows", [(90, 100), (1, 7), (20_391, 21_000)])
def test_wilson_solves_its_quadratic(n_right, n_rows):
    # The ends are where the accuracy lies just z standard errors, those of the end itself, away.
    z = norm.ppf(1 - LEVEL / 2)
    for end in wilson_interval(n_right, n_rows):
        assert abs(n_right / n_rows - end) == pytest.approx(z * sqrt(end * (1 - end) / n_rows))


def test_wilson_as_worked_out_by_hand():
    # n = 10, all right: n / (n + z²) = 10 / 13.8415.
    assert wilson_interval(10, 10) == pytest.approx((0.722467, 1.0), abs=1e-6)
    assert wilson_interval(0, 10) == pytest.approx((0.0, 0.277533), abs=1e-6)


@pytest.mark.parametrize("n_rows", [50, 500])
def test_the_interval_covers_as_often_as_it_says(n_rows):
    intervals = np.array([wilson_interval(k, n_rows) for k in range(n_rows + 1)])
    coverage = []
    for accuracy in np.linspace(0.8, 0.99, 77):
        covered = (intervals[:, 0] <= accuracy) & (accuracy <= intervals[:, 1])
        coverage.append(binom.pmf(np.arange(n_rows + 1), n_rows, accuracy)[covered].sum())
    assert np.mean(coverage) == pytest.approx(0.95, abs=0.01)
    assert min(coverage) > 0.9  # accuracies between two possible counts: less than 95 %, never much less


@pytest.mark.parametrize("n_split", [1, 2, 5, 8, 11])
def test_mcnemar_counts_all_ways_to_share_the_rows_out(n_split):
    ways = np.array([sum(way) for way in product((0, 1), repeat=n_split)])
    for only_first in range(n_split + 1):
        as_unequal = abs(2 * ways - n_split) >= abs(2 * only_first - n_split)
        test = mcnemar(*split(only_first, n_split - only_first))
        assert (test.only_first, test.only_second) == (only_first, n_split - only_first)
        assert test.p_value == pytest.approx(as_unequal.mean())


def test_mcnemar_as_worked_out_by_hand():
    assert mcnemar(*split(1, 7)).p_value == pytest.approx(2 * (1 + 8) / 2**8)
    assert mcnemar(*split(0, 0)).p_value == 1.0
    assert mcnemar(*split(7, 1, both=900)).p_value == mcnemar(*split(1, 7)).p_value


@pytest.mark.parametrize("n_split", range(1, 60, 7))
def test_mcnemar_keeps_its_level(n_split):
    p = np.array([mcnemar(*split(k, n_split - k)).p_value for k in range(n_split + 1)])
    assert binom.pmf(np.arange(n_split + 1), n_split, 0.5)[p <= LEVEL].sum() <= LEVEL


def test_holm_as_worked_out_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.7, 0.6]) == [1.0, 1.0]
    assert holm([0.02]) == [0.02]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_holm_rejects_what_its_procedure_rejects(p_values):
    rejected = set()
    for step, place in enumerate(np.argsort(p_values, kind="stable")):
        # As Holm wrote it: step down from the smallest, and stop at the first that is not small enough.
        if p_values[place] * (len(p_values) - step) > LEVEL:
            break
        rejected.add(int(place))
    assert {place for place, p in enumerate(holm(p_values)) if p <= LEVEL} == rejected
