"""Holes in the data, weights of rows and of classes, and the order of the rows: in all estimators."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_wine
from sklearn.ensemble import AdaBoostClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score

from deepbelief import DBN, RBM, DBNClassifier, diagnose, load, save
from deepbelief.errors import DataError
from deepbelief.estimators.row_weights import repetitions
from estimators.tiny import RNG, X, Y, made

KINDS = [RBM, DBN, DBNClassifier]
every = pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
ORDER = np.random.default_rng(3).permutation(60)


def holey(x, share=0.3, seed=1):
    """Return the same with NaN at random, but no row or column of nothing else."""
    holes = np.random.default_rng(seed).random(x.shape) < share
    holes[np.arange(len(x)), np.arange(len(x)) % x.shape[1]] = False
    return np.where(holes, np.nan, x)


def numbers(estimator):
    """Return what was learned, and what it says of whole rows."""
    says = estimator.predict_proba(X) if isinstance(estimator, DBNClassifier) else estimator.transform(X)
    weights = estimator.coefs_ if isinstance(estimator, DBNClassifier) else [estimator.reconstruct(X)]
    return [says, *weights]


def assert_same(one, other):
    for a, b in zip(numbers(one), numbers(other), strict=True):
        np.testing.assert_array_equal(a, b)


@every
@pytest.mark.parametrize("settings", [{}, {"visible": "gaussian"}], ids=["auto", "gaussian"])
def test_holes_are_learned_from_and_looked_through(kind, settings, tmp_path):
    """Every answer is a finite number, also from a file, and for rows of whom nothing is known."""
    fitted = made(kind, **settings).fit(holey(X), Y)
    save(fitted, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    rows = holey(X)
    rows[5] = np.nan
    for estimator in (fitted, again):
        answer = estimator.predict_proba if kind is DBNClassifier else estimator.transform
        assert np.isfinite(answer(rows)).all()
        np.testing.assert_allclose(answer(X[:9]), answer(np.concatenate([X[:9], rows]))[:9], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(answer(rows)[5], answer(np.full((1, 6), np.nan))[0], rtol=1e-5)
    assert isinstance(diagnose(fitted, rows), list)


@every
def test_what_stands_in_a_hole_makes_no_difference(kind):
    """A hole in float32, in float64 and in a sparse matrix is the same hole, whatever the data are stored in."""
    rows = holey(X).astype(np.float32)
    fitted = made(kind).fit(rows, Y)
    assert_same(fitted, made(kind).fit(scipy.sparse.csr_array(rows), Y))


def test_a_hole_tells_what_its_row_tells():
    """Two features that are always equal: one that is missing is filled in with the other."""
    x = RNG.random((400, 1)) < 0.5
    rows = np.concatenate([x, x, ~x], axis=1).astype(float)
    rbm = RBM(8, n_iter=60, random_state=0).fit(holey(rows, 0.2))
    asked = np.array([[1, np.nan, np.nan], [0, np.nan, np.nan], [np.nan, np.nan, 1]])
    np.testing.assert_allclose(rbm.reconstruct(asked), [[1, 1, 0], [0, 0, 1], [0, 0, 1]], atol=0.15)


@every
def test_training_goes_on_with_holes(kind):
    """In a warm start, and in part after part."""
    if kind is not DBNClassifier:
        part = made(kind).partial_fit(holey(X)).partial_fit(holey(X, seed=2))
        assert np.isfinite(part.transform(X)).all()
    warm = made(kind, warm_start=True).fit(X, Y).fit(holey(X), Y)
    assert np.isfinite(numbers(warm)[0]).all()


@pytest.mark.parametrize("kind", [RBM, DBN])
def test_how_probable_a_row_with_holes_is_cannot_be_said(kind):
    fitted = made(kind).fit(X)
    rows = X.copy()
    rows[3, 2] = np.nan
    for ask in (fitted.free_energy, fitted.score_samples):
        with pytest.raises(DataError, match="contains NaN at row 3, column 2"):
            ask(rows)


@every
@pytest.mark.parametrize(
    "row, column, says",
    [(slice(None), 4, "every row of column 4; leave that column out"), (7, slice(None), "every column of row 7")],
)
def test_nothing_is_learned_from_nothing(kind, row, column, says):
    rows = X.copy()
    rows[row, column] = np.nan
    with pytest.raises(DataError, match=says):
        made(kind).fit(rows, Y)


@every
def test_the_order_of_the_rows_makes_no_difference(kind):
    """Bit for bit, with holes and weights too."""
    assert_same(made(kind).fit(X, Y), made(kind).fit(X[ORDER], Y[ORDER]))
    rows, weights = holey(X), np.linspace(0.5, 2, 60)
    assert_same(
        made(kind).fit(rows, Y, sample_weight=weights),
        made(kind).fit(rows[ORDER], Y[ORDER], sample_weight=weights[ORDER]),
    )


@pytest.mark.parametrize("scale", [1, 30], ids=["as they are", "standardised"])
@every
def test_whole_weights_are_repetitions(kind, scale):
    """Bit for bit; a row of weight 0 is not there, also where things are measured, and where data are standardised."""
    weights, rows = np.arange(60) % 4, scale * X
    weighted = made(kind).fit(rows, Y, sample_weight=weights)
    repeated = made(kind).fit(np.repeat(rows, weights, axis=0), np.repeat(Y, weights))
    assert_same(weighted, repeated)
    assert hasattr(weighted, "data_mean_") == (scale > 1)
    assert weighted.history_ == repeated.history_


@every
def test_more_rows_have_weights_too(kind):
    """The first call and the ones after it; other weights are no repetitions, and make a difference."""
    weights = np.arange(60) % 4
    weighted, repeated, other = made(kind), made(kind), made(kind)
    for _ in range(2):
        weighted.partial_fit(X, Y, sample_weight=weights)
        repeated.partial_fit(np.repeat(X, weights, axis=0), np.repeat(Y, weights))
        other.partial_fit(X, Y, sample_weight=weights / 2)
    assert_same(weighted, repeated)
    with pytest.raises(AssertionError):
        assert_same(weighted, other)


def test_classes_have_weights_in_partial_fit():
    """Each row has its own times that of its class; how frequent classes are is not known."""
    by_class = made(DBNClassifier, class_weight={1: 3.0}).partial_fit(X, Y)
    net = made(DBNClassifier).partial_fit(X, Y)
    with pytest.raises(AssertionError):
        assert_same(net, by_class)
    with pytest.raises(ValueError, match="partial_fit does not; set class_weight to a dictionary"):
        made(DBNClassifier, class_weight="balanced").partial_fit(X, Y)


@every
def test_other_weights_are_relative(kind):
    """Twice all weights are the same weights, and equal ones are none."""
    weights = np.linspace(0.1, 1.7, 60)
    one, other = (made(kind).fit(X, Y, sample_weight=factor * weights) for factor in (1, 4.0))
    for a, b in zip(numbers(one), numbers(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    plain = made(kind).fit(X, Y)
    assert abs(numbers(one)[0] - numbers(plain)[0]).max() > 1e-4
    equal = made(kind).fit(X, Y, sample_weight=np.full(60, 0.3))
    for a, b in zip(numbers(equal), numbers(plain), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


def test_data_are_standardised_by_their_weights():
    """Also the numbers of a table, and the mean that units of learned variance are shifted by."""
    rows, weights = 30 * X, np.linspace(0, 1.7, 60)
    mean = np.average(rows, axis=0, weights=weights)
    deviation = np.average((rows - mean) ** 2, axis=0, weights=weights) ** 0.5
    for settings in ({}, {"visible": "gaussian-learned-variance"}):
        rbm = RBM(2, n_iter=1, **settings).fit(rows, sample_weight=weights)
        np.testing.assert_allclose(rbm.data_mean_, mean, rtol=1e-6)
    np.testing.assert_allclose(RBM(2, n_iter=1).fit(rows, sample_weight=weights).data_scale_, deviation, rtol=1e-6)
    coded = RBM(2, n_iter=1, visible="mixed").fit(rows, sample_weight=weights)
    np.testing.assert_allclose([feature.shift for feature in coded.features_], mean, rtol=1e-6)
    np.testing.assert_allclose([feature.scale for feature in coded.features_], deviation, rtol=1e-6)


def test_a_weighted_machine_has_the_weighted_means():
    """The exact gradient ends where the model's mean of each feature is the weighted mean of the data."""
    x = (RNG.random((40, 3)) < 0.5).astype(float)
    weights = np.linspace(0.05, 2, 40)
    settings = {"gradient": "exact", "n_iter": 400, "learning_rate": 0.5, "weight_decay": 0, "random_state": 0}
    rbm = RBM(2, batch_size=40, **settings).fit(x, sample_weight=weights)
    sampled = rbm.sample(4000, 20).mean(axis=0)
    np.testing.assert_allclose(sampled, np.average(x, axis=0, weights=weights), atol=0.05)  # 6 standard errors


@pytest.mark.parametrize(
    "weights, says",
    [
        (np.r_[np.ones(59), -1], "sample_weight is -1 at row 59"),
        (np.zeros(60), "must contain at least one non-zero"),
        (np.r_[np.ones(59), np.nan], "sample_weight is nan at row 59"),
        (np.r_[np.ones(59), np.inf], "sample_weight is inf at row 59"),
        (np.ones(59), "59"),
    ],
)
@every
def test_weights_that_are_none(kind, weights, says):
    with pytest.raises(ValueError, match=says):
        made(kind).fit(X, Y, sample_weight=weights)


def imbalanced():
    rng = np.random.default_rng(4)
    y = (rng.random(900) < 0.08).astype(int)
    x = rng.normal(size=(900, 5)) + 0.9 * y[:, None]
    return x[:600], y[:600], x[600:], y[600:]


def test_balanced_classes_count_the_same():
    """Balanced accuracy on held-out rows rises; a dictionary of the same weights is the same."""
    x, y, held, truth = imbalanced()
    plain, balanced = (
        DBNClassifier((20,), random_state=0, finetune_epochs=20, class_weight=weight).fit(x, y)
        for weight in (None, "balanced")
    )
    scores = [balanced_accuracy_score(truth, net.predict(held)) for net in (plain, balanced)]
    assert scores[1] > scores[0] + 0.04
    counts = np.bincount(y)
    given = {label: 600 / 2 / count for label, count in enumerate(counts)}
    same = DBNClassifier((20,), random_state=0, finetune_epochs=20, class_weight=given).fit(x, y)
    np.testing.assert_allclose(same.predict_proba(held), balanced.predict_proba(held), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "class_weight, says",
    [
        ({5: 2.0}, "names the class 5"),
        ({1: -1.0}, "must be a number of at least 0"),
        ({0: 0, 1: 0, 2: 0}, "class_weight leaves no row with a label; give one of its classes a weight above 0"),
        ("even", "class_weight"),
    ],
)
def test_class_weights_that_are_none(class_weight, says):
    with pytest.raises(ValueError, match=says):
        made(DBNClassifier, class_weight=class_weight).fit(X, Y)


def warnings_of(fit, *arguments, **settings):
    """Return the sentences of ConvergenceWarnings of a fit."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(*arguments, **settings)
    return [str(warning.message) for warning in caught if warning.category is ConvergenceWarning]


@pytest.mark.parametrize("weighted", ["rows", "classes"])
def test_rows_of_weight_zero_do_not_make_fit_complain(weighted):
    """What the network says of rows of weight 0 is wrong, as it was taught others, or one class only."""
    x, learned = np.tile(np.eye(4), (30, 1)), np.arange(120) < 40
    y = np.arange(120) % 2
    settings = {"pretrain_epochs": 1, "finetune_epochs": 40, "random_state": 0}
    if weighted == "rows":
        y[~learned] = 1 - y[~learned]
        net, weights = DBNClassifier((4,), **settings), learned.astype(float)
    else:
        learned = y == 0
        net, weights = DBNClassifier((4,), class_weight={0: 1, 1: 0}, **settings), None
    assert warnings_of(net.fit, x, y, weights) == []
    np.testing.assert_array_equal(net.predict(x[learned]), y[learned])


def found(*arguments, **settings):
    return [
        (finding.name, finding.where, finding.value, finding.evidence) for finding in diagnose(*arguments, **settings)
    ]


@every
def test_the_diagnosis_counts_rows_by_their_weights(kind):
    """Whole weights are repetitions, weights of zero leave out, and other weights are relative."""
    net = made(kind).fit(X, Y)
    y = (1 - Y,) if kind is DBNClassifier else ()
    whole = np.arange(60) % 4
    rows = np.repeat(np.arange(60), whole)
    repeated = found(net, X[rows], *(labels[rows] for labels in y))
    assert repeated
    assert found(net, X, *y, sample_weight=whole) == repeated != found(net, X, *y)
    spoilt = np.where(whole[:, None] == 0, 1e6, X)
    assert found(net, spoilt, *y, sample_weight=whole) == repeated
    some = np.where(whole == 0, 0.0, 0.25)
    assert found(net, spoilt, *y, sample_weight=some) == found(net, X, *y, sample_weight=some)
    with pytest.raises(DataError, match="sample_weight is -1 at row 0"):
        diagnose(net, X, sample_weight=-np.ones(60))


def test_relative_weights_are_shares_of_as_many_rows():
    weights = np.array([0.0, 0.5, 0.0, 1.0, 2.5, 0.0])
    assert repetitions(weights).tolist() == [1, 3, 4, 4, 4, 4]
    assert repetitions(np.array([2.0, 0.0, 1.0])).tolist() == [0, 0, 2]
    counts = np.bincount(repetitions(np.random.default_rng(0).random(1000) * 1e6), minlength=1000)
    assert counts.max() == 2


def test_boosting_works_with_weights():
    x, y = load_wine(return_X_y=True)
    boosted = AdaBoostClassifier(
        DBNClassifier((10,), finetune_epochs=5, random_state=0), n_estimators=3, random_state=0
    )
    assert boosted.fit(x[::2], y[::2]).score(x[1::2], y[1::2]) > 0.9
