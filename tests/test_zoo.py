"""The zoo's data are what they say they are, and its summary counts right."""

import os
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from zoo_data import zoo
from zoo_table import difference, summary, table

MNIST = Path(os.environ.get("DEEPBELIEF_DATA", Path(__file__).parents[2] / "shared" / "data")) / "mnist"
SETS = zoo()


def dense(x):
    return x.toarray() if scipy.sparse.issparse(x) else x


def check(data):
    """Make a set twice and assert what every set must be."""
    (x, y), (again, y_again) = data.make(0), data.make(0)
    assert x.dtype == again.dtype
    np.testing.assert_array_equal(dense(x), dense(again))
    np.testing.assert_array_equal(y, y_again)
    assert x.ndim == 2
    assert y.shape == (x.shape[0],)
    assert np.isfinite(dense(x)).all()
    labels, counts = np.unique(y, return_counts=True)
    assert len(labels) >= 2
    assert counts.min() >= 5  # the 40 % that are held out then have some of each class
    assert -1 not in labels.tolist()  # would mark rows as unlabelled


def test_there_are_many_kinds_and_some_were_tuned_on():
    assert len(SETS) >= 24
    assert 0 < sum(data.tuned for data in SETS.values()) < len(SETS) / 2
    assert all(name == data.name for name, data in SETS.items())
    assert all(data.about.endswith((".", "?")) for data in SETS.values())


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_finite_has_classes_and_is_the_same_for_the_same_seed(name):
    check(SETS[name])


@pytest.mark.skipif(
    not MNIST.is_dir(), reason="MNIST's IDX files are not here; DEEPBELIEF_DATA names the folder that holds mnist/"
)
def test_mnist_comes_in_four_forms():
    sets = [data for name, data in zoo(str(MNIST)).items() if name not in SETS]
    assert [data.make(0)[0].dtype for data in sets] == [np.float32, np.float32, np.uint8, np.int64]
    for data in sets:
        check(data)
    upright, inverted, as_bytes, as_integers = (data.make(0)[0] for data in sets)
    np.testing.assert_array_equal(1 - upright, inverted)
    np.testing.assert_array_equal(as_bytes, as_integers)
    np.testing.assert_allclose(as_bytes / 255, upright, atol=1e-6)


@pytest.mark.parametrize(
    "name, n_rows, n_features",
    [
        ("wine", 178, 13),
        ("breast-cancer", 569, 30),
        ("sines", 1200, 120),
        ("imbalanced", 3000, 30),
        ("wide", 160, 2000),
        ("moons", 1000, 2),
    ],
)
def test_the_sets_on_which_the_old_defaults_failed_have_their_shapes(name, n_rows, n_features):
    assert SETS[name].make(0)[0].shape == (n_rows, n_features)


def test_seven_per_cent_of_the_imbalanced_rows_are_positive():
    assert np.mean(SETS["imbalanced"].make(0)[1]) == pytest.approx(0.07, abs=0.01)


def test_other_seeds_make_other_data():
    for name in ("sines", "moons", "wide", "binary-sparse", "spectra", "digits-colour"):
        assert (dense(SETS[name].make(0)[0]) != dense(SETS[name].make(1)[0])).any()


def record(dbn, warned=(), **baselines):
    """A set of two classes, with the scores of the methods by seed."""
    trials = {
        name: [{"score": s, "seconds": 1.0, "warnings": []} for s in scores] for name, scores in baselines.items()
    }
    trials["dbn"] = [{"score": score, "seconds": 2.0, "warnings": list(warned)} for score in dbn]
    facts = {"about": "A set.", "tuned": True, "rows": 9, "features": 4, "classes": 2, "sparse": False}
    return {**facts, "trials": trials}


def test_the_classifier_is_compared_with_the_better_baseline():
    assert difference(record([0.7, 0.8], logistic=[0.6, 0.7], mlp=[0.8, 0.9])) == pytest.approx(-10)
    assert difference(record([0.7], logistic=[0.6])) is None


def test_the_summary_counts_sets_that_are_close_ahead_or_silent_at_chance():
    rescaled, at_chance = "UserWarning: it is rescaled", "ConvergenceWarning: it is at chance"
    sets = {
        "ahead": record([0.9], logistic=[0.8], mlp=[0.85]),
        "close": record([0.79], logistic=[0.8], mlp=[0.7]),
        "behind": record([0.9, 0.51], logistic=[0.8, 0.8], mlp=[0.7, 0.7]),
        "silent": record([0.5], warned=[rescaled], logistic=[0.8], mlp=[0.7]),
        "honest": record([0.5], warned=[rescaled, at_chance], logistic=[0.8], mlp=[0.7]),
    }
    text = summary({"sets": sets})
    assert "5 sets" in text
    assert "or ahead, on 2; ahead on 1." in text
    assert "Behind: honest (−30.0), silent (−30.0), behind (−9.5)." in text
    assert "with one seed or more: behind, silent." in text


def test_the_table_has_a_line_for_each_set_and_marks_the_tuned():
    text = table(
        {"sets": {"first": record([0.9, 0.8], warned=["UserWarning: x"], logistic=[0.8, 0.8], mlp=[0.7, 0.7])}}
    )
    line = next(line for line in text.splitlines() if line.startswith("| first"))
    assert line == ("| first † | A set. 9 × 4, 2 classes | 80.0 | 70.0 |  | 85.0 ± 5.0 | +5.0 |  | UserWarning |")
