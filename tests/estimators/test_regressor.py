"""DBNRegressor: units of y, intervals that cover, weights, files, going on, and what is refused."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.model_selection import cross_val_score

from deepbelief import DBN, DBNRegressor, DivergedError, ModelError, diagnose, load, save
from deepbelief.core.randomness import RandomStreams
from deepbelief.errors import DataError
from deepbelief.estimators.holding_out import hold_out_any
from deepbelief.estimators.intervals import Calibration, n_calibration
from hostile.model_cases import joined

X, Y = load_diabetes(return_X_y=True)
TWO = np.column_stack([Y, 5e6 - Y])
LOSSES = ("squared", "absolute", "gaussian")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def small(**settings):
    quick = {"pretrain_epochs": 2, "output_epochs": 3, "finetune_epochs": 12, "random_state": 0}
    return DBNRegressor((12,), **{**quick, **settings})


@pytest.mark.parametrize("loss", LOSSES)
def test_it_explains_what_ridge_explains(loss):
    """R² on other rows, of diabetes, is above 0.35 (ridge: 0.45 ± 0.05), also of two targets of other units."""
    fitted = small(loss=loss).fit(X[:350], TWO[:350])
    assert fitted.score(X[350:], TWO[350:]) > 0.35
    assert fitted.predict(X).shape == (442, 2)
    assert small(loss=loss).fit(X[:350], Y[:350]).predict(X).shape == (442,)


@pytest.mark.parametrize("loss", LOSSES)
def test_it_learns_a_part_at_a_time(loss):
    """Passes over halves come to explain other rows too, in the unit of y; nothing was held out for intervals."""
    net = small(loss=loss)
    for _ in range(20):
        assert net.partial_fit(X[:175], TWO[:175]) is net
        net.partial_fit(X[175:350], TWO[175:350])
    assert net.score(X[350:], TWO[350:]) > 0.3
    middle = np.sort(TWO[:175], axis=0)[87] if loss == "absolute" else TWO[:175].mean(axis=0)
    np.testing.assert_array_equal(net.target_mean_, middle)
    assert {entry["phase"] for entry in net.history_} == {"pretrain", "finetune"}
    if loss == "gaussian":
        low, high = net.predict_interval(X[350:])
        assert 0.6 < ((low <= TWO[350:]) & (TWO[350:] <= high)).mean() < 1
    else:
        with pytest.raises(ValueError, match="No rows were held out"):
            net.predict_interval(X)
    with pytest.raises(DataError, match="the model was fitted on 2"):
        net.partial_fit(X, Y)


def test_outliers_among_targets_do_not_move_the_absolute_loss():
    """A hundredth of the targets is a million times too large: medians and their scale stay those of the others."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 4))
    clean = 3 * x[:, 0] + 0.1 * rng.normal(size=600)
    y = np.where(np.arange(600) % 100 == 0, 1e6, clean)
    net = small(loss="absolute").fit(x[:500], y[:500])
    assert abs(net.target_mean_ - np.median(clean)) < 0.2
    assert net.target_scale_ == pytest.approx(clean.std(), rel=0.2)
    assert abs(net.predict(x[500:]) - clean[500:]).mean() < 0.2 * abs(clean).mean()
    squared = small().fit(x[:500], y[:500])
    assert squared.target_scale_ > 1e4


def test_the_robust_scale_of_targets_that_are_mostly_equal():
    """Half of the distances from the median are 0; then it is their mean. Whole weights are repetitions."""
    x = np.random.default_rng(0).normal(size=(40, 3))
    y = np.where(np.arange(40) < 10, 8.0, 2.0)
    net = small(loss="absolute", calibration_fraction=0).fit(x, y)
    assert (net.target_mean_, net.target_scale_) == (2.0, 1.5)
    weighted = small(loss="absolute", calibration_fraction=0).fit(x, y, sample_weight=np.where(y == 8, 9, 1))
    assert (weighted.target_mean_, weighted.target_scale_) == (8.0, 1.5)


def test_whole_weights_of_a_part_are_repetitions():
    weights, x, y = np.arange(60) % 4, ((X - X.min(0)) / np.ptp(X, axis=0))[:60], Y[:60]
    weighted, repeated = small(), small()
    for _ in range(2):
        weighted.partial_fit(x, y, sample_weight=weights)
        repeated.partial_fit(np.repeat(x, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_array_equal(weighted.predict(x), repeated.predict(x))


def test_a_part_after_a_fit_takes_its_intervals_away():
    """The network is another one then, and may have learned from the rows that were held out."""
    net = small().fit(X, Y)
    net.predict_interval(X)
    with pytest.raises(ValueError, match="No rows were held out"):
        net.partial_fit(X, Y).predict_interval(X)


@pytest.mark.parametrize("loss", LOSSES)
def test_predictions_have_the_unit_of_y(loss):
    """y in another unit gives the same predictions in that unit; training is the same, to rounding."""
    one, other = small(loss=loss).fit(X, Y), small(loss=loss).fit(X, 1000 * Y - 7e4)
    np.testing.assert_allclose(other.predict(X), 1000 * one.predict(X) - 7e4, rtol=1e-4, atol=50)
    for a, b in zip(one.predict_interval(X), other.predict_interval(X), strict=True):
        np.testing.assert_allclose(b, 1000 * a - 7e4, rtol=1e-4, atol=200)


@pytest.mark.parametrize(
    "loss, calibration", [("squared", 0.3), ("absolute", 0.3), ("gaussian", 0.3), ("gaussian", 0.0)]
)
def test_intervals_cover_what_they_promise(loss, calibration):
    """Of 4,000 new rows with noise that depends on x: 90 % to 0.08, three deviations with 120 rows held out."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (4400, 2))
    y = 10 * x[:, 0] + rng.normal(size=4400) * (0.3 + 3 * (x[:, 1] > 0))
    net = small(loss=loss, calibration_fraction=calibration, finetune_epochs=40, finetune_learning_rate=0.2)
    low, high = net.fit(x[:400], y[:400]).predict_interval(x[400:])
    assert ((low <= y[400:]) & (y[400:] <= high)).mean() == pytest.approx(0.9, abs=0.08)
    if loss == "gaussian":  # says where the noise is
        widths = high - low
        assert widths[x[400:, 1] > 0.2].mean() > 1.5 * widths[x[400:, 1] < -0.2].mean()
    else:
        assert np.ptp(high - low) < 1e-6 * (high - low).mean()


def test_the_quantile_is_that_of_split_conformal_prediction():
    """The k-th smallest of n errors, k = ⌈(n + 1) · coverage⌉; a row of weight 2 is two rows; few rows are refused."""
    scores = np.random.default_rng(2).random((19, 1))
    calibration = Calibration(scores, np.ones(19))
    assert calibration.quantile(0.9, is_gaussian=False) == np.sort(scores[:, 0])[17]
    assert calibration.quantile(0.95, is_gaussian=False) == scores.max()
    with pytest.raises(ValueError, match=r"19 rows were held out, and an interval that covers 0\.96 needs 24;"):
        calibration.quantile(0.96, is_gaussian=False)
    doubled = Calibration(scores[:10], np.full(10, 2.0))
    repeated = Calibration(np.repeat(scores[:10], 2, axis=0), np.ones(20))
    assert doubled.quantile(0.5, is_gaussian=False) >= np.median(scores[:10])
    assert repeated.quantile(0.5, is_gaussian=False) == np.sort(scores[:10, 0])[5]
    none = Calibration(np.empty((0, 2)), np.empty(0))
    np.testing.assert_allclose(none.quantile(0.95, is_gaussian=True), 1.959964, rtol=1e-6)
    with pytest.raises(ValueError, match="No rows were held out"):
        none.quantile(0.5, is_gaussian=False)


def test_weight_decay_is_that_of_twice_what_the_linear_layer_leaves():
    net = small(finetune_epochs=0, calibration_fraction=0).fit(X, Y)
    assert net.finetune_weight_decay_ == pytest.approx(2 * 0.8 * (1 - net.score(X, Y)) / len(Y), rel=1e-4)


def test_ninety_per_cent_of_the_rows_held_out_is_a_whole_number():
    """Of exponential errors, the interval for 90 % covers 0.9 on average, to three deviations of 4,000 samples."""
    assert [n_calibration(n, 0.1) for n in (0, 10, 80, 90, 131, 142, 353, 1000)] == [0, 1, 8, 9, 19, 19, 39, 99]
    assert n_calibration(20, 0.5) == 9
    errors, n = np.random.default_rng(5).exponential(size=(4000, 19, 1)), 19
    quantiles = [Calibration(some, np.ones(n)).quantile(0.9, is_gaussian=False)[0] for some in errors]
    assert np.mean(1 - np.exp(-np.array(quantiles))) == pytest.approx(0.9, abs=3 * 0.065 / 4000**0.5)


def test_whole_weights_are_repeated_rows_and_others_are_heard():
    times, x = np.random.default_rng(3).integers(0, 3, len(Y)), (X - X.min(0)) / np.ptp(X, axis=0)
    weighted = small().fit(x, Y, sample_weight=times)
    repeated = small().fit(np.repeat(x, times, axis=0), np.repeat(Y, times))
    np.testing.assert_array_equal(weighted.predict(x), repeated.predict(x))
    upper = np.median(Y) < Y
    heavy = small().fit(X, Y, sample_weight=np.where(upper, 3.7, 0.5))
    assert heavy.predict(X).mean() > small().fit(X, Y).predict(X).mean() + 10


def test_copies_of_a_row_are_learned_from_or_held_out_together():
    """Five copies of 60 rows, learned by heart: the intervals are as wide as errors on new rows, not on known ones."""
    x, y = X[:60], Y[:60]
    net = small(calibration_fraction=0.3, finetune_weight_decay=0, finetune_epochs=150, finetune_learning_rate=0.3)
    net.fit(np.repeat(x, 5, axis=0), np.repeat(y, 5))
    by_heart = np.abs(net.predict(x) - y)
    low, high = net.predict_interval(X[60:])
    assert (high - low).mean() > 4 * np.median(by_heart)
    assert ((low <= Y[60:]) & (Y[60:] <= high)).mean() > 0.8
    kept, held_out = hold_out_any(12, 3, RandomStreams(0).stream("test"), np.arange(12) // 3)
    assert len(held_out) == 3
    assert len(set(held_out // 3)) == 1
    assert sorted([*kept, *held_out]) == list(range(12))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("y", [Y, TWO], ids=["vector", "two"])
def test_a_file_holds_all_of_it(loss, y, tmp_path):
    fitted = small(loss=loss).fit(X, y)
    save(fitted, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))
    np.testing.assert_array_equal(again.predict_interval(X), fitted.predict_interval(X))
    assert again.history_ == fitted.history_
    assert diagnose(again, X, y) == []


def test_interrupted_and_resumed_is_as_in_one_go(tmp_path):
    settings = {"checkpoint": tmp_path / "c", "early_stopping": True, "finetune_epochs": 4}
    epochs = small(**settings).fit_epochs(X, Y)
    for _ in range(6):
        next(epochs)
    epochs.close()
    resumed = small(**settings).fit(X, Y)
    whole = small(**{**settings, "checkpoint": None}).fit(X, Y)
    np.testing.assert_array_equal(resumed.predict(X), whole.predict(X))
    np.testing.assert_array_equal(resumed.predict_interval(X), whole.predict_interval(X))
    assert [entry["phase"] for entry in whole.history_] == ["pretrain"] * 2 + ["output"] * 3 + ["finetune"] * 4


def test_goes_on_and_starts_from_a_net():
    """With warm_start nothing is pretrained again and the unit stays; a net may know more rows than have targets."""
    fitted = small(warm_start=True).fit(X, Y)
    scale = fitted.target_scale_
    fitted.fit(X[:300], 2 * Y[:300])
    assert fitted.target_scale_ == scale
    assert fitted.predict(X[:300]).mean() == pytest.approx(2 * Y[:300].mean(), rel=0.15)
    with pytest.raises(
        ValueError, match="loss='gaussian' does not fit the model, which was fitted with loss='squared'"
    ):
        fitted.set_params(loss="gaussian").fit(X, Y)
    net = DBN((12,), n_iter=2, random_state=0).fit(X)
    from_net = DBNRegressor.from_dbn(net, finetune_epochs=5, random_state=0).fit(X[:200], Y[:200])
    np.testing.assert_array_equal(from_net.dbn_.rbms_[0].components_, net.rbms_[0].components_)


def test_holes_text_columns_and_cross_validation():
    """NaN in X is learned from; a table with a category too; scikit-learn's model selection takes it as it is."""
    pd = pytest.importorskip("pandas")
    holey = np.where(np.random.default_rng(4).random(X.shape) < 0.2, np.nan, X)
    assert small().fit(holey[:350], Y[:350]).score(holey[350:], Y[350:]) > 0.2
    table = pd.DataFrame(X[:, :3], columns=["a", "b", "c"]).assign(kind=np.where(Y > 140, "high", "low"))
    net = small(visible="mixed").fit(table, Y)
    assert net.score(table, Y) > 0.5
    assert cross_val_score(small(), X, Y, cv=3).mean() > 0.3


def test_it_says_when_it_learned_nothing():
    with pytest.warns(Warning, match="no better than|no-better-than-mean"):
        stuck = small(finetune_learning_rate=1e-9, output_learning_rate=1e-9).fit(X, Y)
    (finding,) = [found for found in diagnose(stuck, X, Y) if found.where == "the network"]
    assert finding.name == "no-better-than-mean"
    assert "finetune_learning_rate" in finding.advice


@pytest.mark.parametrize(
    "y, says",
    [
        (np.where(np.arange(442) == 17, np.nan, Y), "y contains NaN at row 17; a regressor learns from known numbers"),
        (np.where(np.arange(442)[:, None] == 5, np.inf, TWO), "y contains infinity at row 5, column 0"),
        ([None, *Y[1:]], "y contains NaN at row 0; a regressor"),
        ([None, np.nan, *Y[2:]], r"y contains NaN at row 0 \(and in 1 other row\); a regressor learns from known"),
        (["a", *Y[1:].astype(object)], "y holds 'a' at row 0, which is no number"),
        (Y[:-1], "X has 442 rows, but y has 441"),
        (Y[:, None, None], "y has the shape"),
    ],
)
def test_targets_that_are_no_numbers_are_refused(y, says):
    with pytest.raises(ValueError, match=says):
        small().fit(X, y)


def test_other_bad_input_is_refused_in_a_sentence():
    with pytest.raises(DataError, match="one sample only"):
        small().fit(X[:1], Y[:1])
    fitted = small().fit(X, Y)
    with pytest.raises(ValueError, match=r"coverage must lie between 0 and 1, such as 0\.9; got 90"):
        fitted.predict_interval(X, 90)
    with pytest.raises(DataError, match="y of validation has 2 numbers in a row, but the model was fitted on one"):
        list(small().fit_epochs(X, Y, validation=(X, TWO)))
    with pytest.raises(DivergedError, match="lower"):
        small(output_learning_rate=1e9).fit(X, Y)


def broken(path, change):
    """Write the file once more with something else in its description of the model."""
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    about = json.loads(header.pop("__metadata__")["deepbelief"])
    change(about["estimator"])
    path.write_bytes(joined(header, about, content[end:]))


@pytest.mark.parametrize(
    "name, values",
    [
        ("n_targets", [0, -1, 3, "2", None, True, 1e9]),
        ("n_calibration", [-1, 10**9, 5, None, True, "x", 0.5]),
        ("dbn", [None, {}, []]),
        ("loss", ["cubic", "gaussian", None, 1]),
    ],
)
def test_a_file_that_lies_is_refused(name, values, tmp_path):
    save(small(finetune_epochs=1).fit(X, TWO), tmp_path / "good")
    for number, value in enumerate(values):
        path = tmp_path / str(number)
        path.write_bytes((tmp_path / "good").read_bytes())
        where = (lambda about: about["parameters"]) if name == "loss" else (lambda about: about)
        broken(path, lambda about, where=where, value=value: where(about).update({name: value}))
        with pytest.raises(ModelError):
            load(path)
    broken(tmp_path / "good", lambda about: None)
    load(tmp_path / "good")
