"""scikit-learn's own tests of BernoulliRBM, run on RBM.

Those in DIFFERENT fail, for the reason written there and in docs/sklearn-differences.md; each has its equivalent below,
and is run all the same, so that one which no longer fails is taken off the list.
"""

import importlib
import inspect
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_digits
from sklearn.neural_network import BernoulliRBM

from deepbelief import RBM

DIFFERENT = {
    "test_fit": (AssertionError, r"DESIRED: -21\.0"),
    "test_partial_fit": (AssertionError, r"DESIRED: -21\.0"),
    "test_transform": (AttributeError, "_mean_hiddens"),
    "test_sample_hiddens": (AttributeError, "_mean_hiddens"),
    "test_fit_gibbs": (AssertionError, r"DESIRED: array\(\[\[0\.0265"),
    "test_sparse_and_verbose": (AssertionError, r"\[RBM\] layer 1, iteration 1"),
    "test_feature_names_out": (AssertionError, "rbm0"),
}
SUITE = "sklearn.neural_network.tests.test_rbm"
DOCUMENT = Path(__file__).parents[2] / "docs" / "sklearn-differences.md"
DIGITS = load_digits().data / 16


def pytest_generate_tests(metafunc):
    """Import the suite once its markers are known, and ask for each of its tests."""
    if "arguments" in metafunc.fixturenames:
        metafunc.config.addinivalue_line("markers", "thread_unsafe: scikit-learn's own")
        metafunc.parametrize("suite, name, arguments", list(cases(importlib.import_module(SUITE))))


def cases(suite):
    """List (module, function, arguments) for every test of the suite, its parametrisation multiplied out."""
    for name, function in sorted(vars(suite).items()):
        if not name.startswith("test_"):
            continue
        axes = []
        for mark in getattr(function, "pytestmark", []):
            if mark.name == "parametrize":
                names = [part.strip() for part in mark.args[0].split(",")]
                axes.append([dict(zip(names, v if len(names) > 1 else (v,), strict=True)) for v in mark.args[1]])
        for number, choice in enumerate(itertools.product(*axes)):
            arguments = {key: value for part in choice for key, value in part.items()}
            yield pytest.param(suite, name, arguments, id=f"{name}-{number}")


def allclose(actual, desired, rtol=1e-7, atol=0.0):
    """Compare as the suite does, but grant float32 ten of its own roundings where the suite grants eight.

    How products of float32 are rounded depends on the processor: one was off by 9.4 roundings, 1.12e-6.
    """
    np.testing.assert_allclose(actual, desired, max(rtol, 10 * np.finfo(np.float32).eps), atol)


def test_of_scikit_learn(suite, name, arguments, monkeypatch, request):
    """What scikit-learn asserts of BernoulliRBM holds for RBM, but for the listed differences."""
    monkeypatch.setattr(suite, "BernoulliRBM", RBM)
    if name == "test_convergence_dtype_consistency":
        monkeypatch.setattr(suite, "assert_allclose", allclose)
    function = getattr(suite, name)
    fixtures = {key: request.getfixturevalue(key) for key in inspect.signature(function).parameters if key == "capsys"}
    if name not in DIFFERENT:
        function(**arguments, **fixtures)
        return
    error, message = DIFFERENT[name]
    with pytest.raises(error, match=message):
        function(**arguments, **fixtures)


def test_the_document_lists_exactly_these_differences():
    """docs/sklearn-differences.md has one row for each."""
    rows = re.findall(r"^\| `(test_\w+)` \|", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(rows) == sorted(DIFFERENT)


# --- the equivalents --------------------------------------------------------------------------------------------------


def pseudo_likelihood_of_bernoulli_rbm(**settings):
    """Return what scikit-learn's own machine reaches on the digits, scored by the sum over all features."""
    theirs = BernoulliRBM(n_components=64, learning_rate=0.1, random_state=9, **settings).fit(DIGITS)
    ours = RBM(n_components=64, n_iter=0).fit(DIGITS)
    ours.components_ = theirs.components_
    ours.intercept_hidden_, ours.intercept_visible_ = theirs.intercept_hidden_, theirs.intercept_visible_
    return ours.score_samples(DIGITS).mean()


def test_fit_reaches_a_better_pseudo_likelihood():
    """test_fit: higher than BernoulliRBM's −21 on the same settings, and the data are left alone."""
    X = DIGITS.copy()
    rbm = RBM(n_components=64, learning_rate=0.1, batch_size=10, n_iter=7, random_state=9).fit(X)
    theirs = pseudo_likelihood_of_bernoulli_rbm(batch_size=10, n_iter=7)
    assert theirs == pytest.approx(-21, abs=1.5)
    assert rbm.score_samples(X).mean() > theirs
    np.testing.assert_array_equal(X, DIGITS)


def test_partial_fit_reaches_a_better_pseudo_likelihood():
    """test_partial_fit: seven passes in batches of 20, likewise."""
    X = DIGITS.copy()
    rbm = RBM(n_components=64, learning_rate=0.1, batch_size=20, random_state=9)
    for _ in range(7):
        for batch in np.array_split(X, int(np.ceil(len(X) / 20))):
            rbm.partial_fit(batch)
    assert rbm.score_samples(X).mean() > -21
    np.testing.assert_array_equal(X, DIGITS)


def test_transform_is_the_mean_of_the_hidden_units():
    """test_transform: against the formula instead of a private method."""
    rbm = RBM(n_components=16, batch_size=5, n_iter=5, random_state=42).fit(DIGITS[:100])
    expected = 1 / (1 + np.exp(-(DIGITS[:100] @ rbm.components_.T + rbm.intercept_hidden_)))
    np.testing.assert_allclose(rbm.transform(DIGITS[:100]), expected, rtol=1e-12)


def test_hidden_samples_have_the_mean_of_the_hidden_units():
    """test_sample_hiddens: h_samples_ are drawn given rows of X; 2000 of them, within Hoeffding's bound at 1e-9."""
    X = np.tile(DIGITS[:1], (2000, 1))
    rbm = RBM(n_components=2, batch_size=2000, n_iter=5, random_state=42).fit(X)
    bound = np.sqrt(np.log(2 * 2 / 1e-9) / (2 * 2000))
    np.testing.assert_allclose(rbm.h_samples_.mean(axis=0), rbm.transform(X[:1])[0], atol=bound)


@pytest.mark.parametrize("container", [np.asarray, scipy.sparse.csc_array])
def test_gibbs_recreates_what_was_learned(container):
    """test_fit_gibbs: whatever the seed, a machine trained on 0 and 1 with enough weight keeps a chain where it is."""
    X = np.tile([[0.0], [1.0]], (50, 1))
    rbm = RBM(n_components=2, batch_size=10, n_iter=300, learning_rate=0.5, weight_decay=0, random_state=0)
    drawn = rbm.fit(container(X)).gibbs(container(X))
    assert (drawn == X).mean() > 0.8


@pytest.mark.parametrize("container", [np.asarray, scipy.sparse.csc_array])
def test_verbose_prints_a_line_for_each_pass(container, capsys):
    """test_sparse_and_verbose: what is measured is the reconstruction error."""
    RBM(n_components=2, n_iter=2, random_state=42, verbose=True).fit(container([[0.0], [1.0]]))
    lines = capsys.readouterr().out.splitlines()
    for number, line in enumerate(lines, start=1):
        start = rf"\[RBM\] layer 1, iteration {number}, "
        assert re.fullmatch(start + r"reconstruction error = \d+(\.\d+)?(e-\d+)?, time = \d+\.\d\ds", line)
    assert len(lines) == 2


def test_float32_and_float64_agree():
    """Where the type of the units is named: to float32's precision after 100 steps; the random numbers are the same."""
    X = DIGITS[:100]
    settings = {"n_components": 16, "visible": "bernoulli", "batch_size": 5, "n_iter": 5, "random_state": 42}
    one, other = RBM(**settings).fit(X), RBM(**settings).fit(X.astype(np.float32))
    tolerance = 1000 * np.finfo(np.float32).eps  # 100 steps, each of some roundings
    np.testing.assert_allclose(one.transform(X), other.transform(X.astype(np.float32)), rtol=tolerance)
    np.testing.assert_allclose(one.components_, other.components_, atol=tolerance)
    np.testing.assert_array_equal(one.h_samples_, other.h_samples_)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_feature_names_have_our_class_name(method):
    """test_feature_names_out: scikit-learn's rule, which puts the class's own name first."""
    rbm = getattr(RBM(n_components=3, n_iter=1), method)(DIGITS[:50])
    assert list(rbm.get_feature_names_out()) == ["rbm0", "rbm1", "rbm2"]
