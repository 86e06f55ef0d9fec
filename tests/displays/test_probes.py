"""Bias images and single units, against the estimators' own reverse passes."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from deepbelief import DBN, RBM, DBNClassifier
from deepbelief.displays import BiasProbeDisplay, UnitProbeDisplay
from deepbelief.displays.bars import Bars
from deepbelief.displays.forms import Picture


def come_down(dbn, depth, h):
    return dbn.inverse_transform(h, depth=depth)


# --- bias -------------------------------------------------------------------------------------------------------------


def test_bias_images_are_zeros_brought_down(dbn, digits, ax, words, mosaic):
    display = BiasProbeDisplay.from_estimator(dbn, digits[0]).plot(ax)
    np.testing.assert_allclose(display.mean_image, digits[0].mean(axis=0), rtol=1e-6)
    for depth, n_units in [(1, 40), (2, 30), (3, 20)]:
        expected = come_down(dbn, depth, np.zeros((1, n_units)))[0]
        np.testing.assert_allclose(display.images[depth - 1], expected, rtol=1e-6)
        r = np.corrcoef(expected, digits[0].mean(axis=0))[0, 1]
        assert display.correlations[depth - 1] == pytest.approx(r, rel=1e-5)
    titles = [f"bias, layer {depth} (r = {r:.2f})" for depth, r in enumerate(display.correlations, start=1)]
    assert words(ax) == ["mean image", *titles]
    assert np.isfinite(mosaic(ax)).sum() == 4 * 64
    assert display.frame().image.tolist() == ["mean image", *(f"bias, layer {depth}" for depth in (1, 2, 3))]


def test_bias_without_data_has_no_mean_image(dbn, ax, words):
    display = BiasProbeDisplay.from_estimator(dbn).plot(ax)
    assert display.mean_image is None
    assert np.isnan(display.correlations).all()
    assert words(ax) == ["bias, layer 1", "bias, layer 2", "bias, layer 3"]


def test_correlation_with_a_mean_that_is_zero_is_left_out(gaussian, table, ax, words):
    display = BiasProbeDisplay.from_estimator(gaussian, table).plot(ax)
    assert np.isnan(display.correlations).all()
    assert words(ax)[:2] == ["mean image", "bias, layer 1"]
    assert words(ax)[2:] == list(table.columns)


# --- units ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer,n_units", [(1, 40), (2, 30), (3, 20)])
def test_unit_images_are_one_unit_on_minus_the_bias_image(dbn, layer, n_units):
    display = UnitProbeDisplay.from_estimator(dbn, layer=layer)
    expected = come_down(dbn, layer, np.eye(n_units)) - come_down(dbn, layer, np.zeros((1, n_units)))
    np.testing.assert_allclose(display.images, expected, rtol=1e-6, atol=1e-6)
    assert display.units.tolist() == list(range(n_units))


@pytest.mark.filterwarnings("ignore:Bernoulli visible units")
@pytest.mark.parametrize("visible", ["auto", "bernoulli"])
def test_at_the_scale_of_the_data(digits, visible):
    rbm = RBM(5, n_iter=2, random_state=0, visible=visible).fit(digits[0] * 9 - 4)
    display = UnitProbeDisplay.from_estimator(rbm)
    expected = rbm.inverse_transform(np.eye(5)) - rbm.inverse_transform(np.zeros((1, 5)))
    np.testing.assert_allclose(display.images, expected, atol=1e-5)


def test_six_by_twelve_by_default(digits, ax, words, mosaic):
    rbm = RBM(80, n_iter=1, random_state=0).fit(digits[0])
    display = UnitProbeDisplay.from_estimator(rbm).plot(ax)
    assert words(ax) == ["layer 1: 72 of 80 units, minus the bias image", *map(str, range(72))]
    corners = display._tiles().geometry.corners
    assert len(np.unique(corners[:, 0].round(6))) == 12
    assert len(np.unique(corners[:, 1].round(6))) == 6
    assert np.isfinite(mosaic(ax)).sum() == 72 * 64


def test_each_unit_has_its_own_scale_unless_it_is_shared(dbn, ax, mosaic):
    own = UnitProbeDisplay.from_estimator(dbn, n_units=12)._tiles()
    np.testing.assert_allclose(np.abs(own.values).max(axis=1), 1)
    assert own.limits == (-1, 1)
    shared = UnitProbeDisplay.from_estimator(dbn, n_units=12, scale="shared").plot(ax)
    largest = np.abs(shared.images).max()
    assert ax.images[0].get_clim() == (-largest, largest)
    assert ax.images[0].get_cmap()(1.0)[:3] == pytest.approx((0, 0.45, 0.7))  # blue = more
    assert np.nanmax(mosaic(ax)) == shared.images.max()
    assert [bar.get_ylabel() for bar in ax.child_axes] == ["change of the data"]


def test_shared_bars_say_their_scale(gaussian, ax, words):
    display = UnitProbeDisplay.from_estimator(gaussian, n_units=3, scale="shared").plot(ax)
    assert words(ax)[0].endswith(f"; bars reach ±{np.abs(display.images).max():.2g}")
    assert ax.child_axes == []
    assert words(ax)[1:4] == ["0", "1", "2"]
    assert words(ax)[4:] == list(gaussian.feature_names_in_)


def test_a_unit_that_does_nothing_is_even_grey(digits):
    rbm = RBM(6, n_iter=1, random_state=0).fit(digits[0])
    rbm.components_[2] = 0
    tiles = UnitProbeDisplay.from_estimator(rbm)._tiles()
    assert not tiles.values[2].any()


def test_what_a_unit_adds_in_rows_of_data(dbn, digits):
    some = digits[0][np.linspace(0, 299, 50).round().astype(int)]
    display = UnitProbeDisplay.from_estimator(dbn, digits[0], layer=2, units=[4, 9], view="context")
    for image, unit in zip(display.images, (4, 9), strict=True):
        on = off = dbn.transform(some, depth=2)
        on, off = on.copy(), off.copy()
        on[:, unit], off[:, unit] = 1, 0
        expected = (come_down(dbn, 2, on) - come_down(dbn, 2, off)).mean(axis=0)
        np.testing.assert_allclose(image, expected, atol=1e-6)


def test_what_turns_a_unit_on_is_the_mean_of_such_rows_less_that_of_all(dbn, digits, ax, words):
    X = digits[0]
    display = UnitProbeDisplay.from_estimator(dbn, X, layer=3, view="excites").plot(ax)
    h = dbn.transform(X, depth=3)
    expected = h.T @ X / h.sum(axis=0)[:, None] - X.mean(axis=0)
    factor = h.mean(axis=0) / h.std(axis=0)
    np.testing.assert_allclose(display.images, expected * factor[:, None], atol=1e-5)
    assert words(ax)[0] == "layer 3: 20 of 20 units, what turns each on"


def test_what_turns_a_unit_on_that_never_changes_is_nothing(digits):
    rbm = RBM(6, n_iter=1, random_state=0).fit(digits[0])
    rbm.components_[2] = 0
    assert not UnitProbeDisplay.from_estimator(rbm, digits[0], view="excites").images[2].any()


def test_by_activity(dbn, digits):
    display = UnitProbeDisplay.from_estimator(dbn, digits[0], layer=2, order="activity", n_units=5)
    means = dbn.transform(digits[0], depth=2).mean(axis=0)
    assert display.units.tolist() == np.argsort(-means)[:5].tolist()
    assert display._tiles().title.startswith("layer 2: the most active 5 of 30 units")


def test_by_distinctness(dbn):
    display = UnitProbeDisplay.from_estimator(dbn, order="distinct", n_units=10)
    everyone = UnitProbeDisplay.from_estimator(dbn).images
    lengths = np.linalg.norm(everyone, axis=1)
    cosines = np.abs(everyone @ everyone.T) / np.outer(lengths, lengths)
    taken = display.units.tolist()
    assert taken[0] == lengths.argmax()
    for index in range(1, 10):
        others = [unit for unit in range(40) if unit not in taken[:index]]
        nearest = cosines[np.ix_(others, taken[:index])].max(axis=1)
        assert taken[index] == others[nearest.argmin()]


def test_explicit_units(dbn):
    display = UnitProbeDisplay.from_estimator(dbn, layer=3, units=[7, 3], order="distinct")
    assert display.units.tolist() == [7, 3]
    expected = UnitProbeDisplay.from_estimator(dbn, layer=3).images[[7, 3]]
    np.testing.assert_allclose(display.images, expected, atol=1e-6)  # differences of float32 numbers near 1


def test_by_class_takes_the_units_that_the_class_drives(dbn, digits, ax, words):
    X, y = digits
    some = np.where(np.arange(len(y)) < 250, y, -1)
    display = UnitProbeDisplay.by_class(dbn, X, some, layer=2, n_per_class=3).plot(ax)
    h = dbn.transform(X[:250], depth=2)
    for row, digit in enumerate(range(10)):
        drive = h[y[:250] == digit].mean(axis=0) - h[y[:250] != digit].mean(axis=0)
        units = display.units[3 * row : 3 * row + 3]
        assert units.tolist() == np.argsort(-drive)[:3].tolist()
        np.testing.assert_allclose(display.drives[3 * row : 3 * row + 3], drive[units], rtol=1e-5)
    assert display.classes.tolist() == list(range(10))
    written = words(ax)
    assert written[1:31] == [str(unit) for unit in display.units]
    assert written[31:61] == [f"{drive:+.2f}" for drive in display.drives]
    assert written[61:] == [str(digit) for digit in range(10)]
    assert display.frame()["class"].tolist() == np.repeat(range(10), 3).tolist()


@pytest.mark.parametrize(
    "settings,sentence",
    [
        ({"layer": 4}, "layer=4 is not between 1 and 3, the number of layers."),
        ({"layer": 0}, "layer=0 is not between 1 and 3"),
        ({"layer": 1.5}, "layer=1.5 is not between 1 and 3"),
        ({"units": [40]}, "units holds 40, but layer 1 has the units 0 to 39"),
        ({"units": [-1]}, "units holds -1, but layer 1"),
        ({"units": []}, "is not a list of one or more unit numbers"),
        ({"units": [0.5]}, "is not a list of one or more unit numbers"),
        ({"order": "size"}, "order='size' is none of 'index', 'activity', 'distinct'"),
        ({"order": "activity"}, 'order="activity" needs X'),
        ({"view": "context"}, 'view="context" needs X'),
        ({"view": "near"}, "view='near' is none of 'alone', 'context', 'excites'"),
        ({"scale": "log"}, "scale='log' is none of 'unit', 'shared'"),
        ({"n_units": 0}, "n_units=0 is not a positive integer"),
        ({"image_shape": (7, 9)}, "holds 63 values, but the data have 64 features"),
    ],
)
def test_refusals_are_sentences(dbn, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        UnitProbeDisplay.from_estimator(dbn, **settings)


def test_by_class_refuses(dbn, digits):
    with pytest.raises(ValueError, match="fewer than two classes"):
        UnitProbeDisplay.by_class(dbn, digits[0], np.full(300, 3))
    with pytest.raises(ValueError, match="300 rows, but y has 2 labels"):
        UnitProbeDisplay.by_class(dbn, digits[0], [0, 1])


def test_unfitted_foreign_and_other_width(dbn, digits):
    with pytest.raises(NotFittedError):
        UnitProbeDisplay.from_estimator(DBN())
    with pytest.raises(TypeError, match="estimator is a str; pass a fitted RBM, DBN, DBNClassifier or DBNRegressor"):
        UnitProbeDisplay.from_estimator("model")
    with pytest.raises(ValueError, match="63 features, but DBN is expecting 64"):
        BiasProbeDisplay.from_estimator(dbn, digits[0][:, 1:])


def test_names_that_the_model_was_fitted_with_are_drawn_as_bars(gaussian, dbn):
    assert UnitProbeDisplay.from_estimator(gaussian).form == Bars(tuple(gaussian.feature_names_in_))
    assert UnitProbeDisplay.from_estimator(gaussian, image_shape=(5, 6)).form == Picture((5, 6))
    assert UnitProbeDisplay.from_estimator(dbn).form == Picture((8, 8))


# --- units of a fine-tuned network ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def network(digits):
    X, y = digits
    settings = {"activation": "relu", "pretrain_epochs": 0, "softmax_epochs": 0, "finetune_epochs": 2}
    return DBNClassifier((20, 15), **settings, random_state=0).fit(X, y)


def rectified(network, X, layer):
    for weights, bias in list(zip(network.coefs_, network.intercepts_, strict=True))[:layer]:
        X = np.maximum(X @ weights + bias, 0)
    return X


@pytest.mark.parametrize("layer", [1, 2])
def test_units_of_a_network_are_shown_by_the_rows_that_turn_them_on(network, digits, layer):
    X = np.asarray(digits[0], np.float64)
    display = UnitProbeDisplay.from_estimator(network, X, layer=layer, view="excites", finetuned=True)
    on = rectified(network, X, layer)
    deviation = on.std(axis=0)
    change = (on - on.mean(axis=0)).T @ X / len(X) / np.where(deviation > 0, deviation, 1)[:, None]
    np.testing.assert_allclose(display.images, np.where(deviation[:, None] > 0, change, 0), atol=1e-4)
    assert "of the network" in display._tiles().title


def test_units_of_a_network_by_class(network, digits):
    X, y = digits
    display = UnitProbeDisplay.by_class(network, X, y, layer=2, view="excites", finetuned=True)
    on = rectified(network, np.asarray(X, np.float64), 2)
    drive = on[y == 3].mean(axis=0) - on[y != 3].mean(axis=0)
    np.testing.assert_allclose(display.drives.reshape(10, 8)[3], np.sort(drive)[::-1][:8], rtol=1e-4)


def test_a_network_has_no_way_down(network, dbn, digits):
    with pytest.raises(ValueError, match=r'view="alone" shows what comes down.*set view="excites"'):
        UnitProbeDisplay.from_estimator(network, finetuned=True)
    with pytest.raises(ValueError, match="needs X"):
        UnitProbeDisplay.from_estimator(network, view="excites", finetuned=True)
    with pytest.raises(TypeError, match="estimator is a DBN; pass a fitted DBNClassifier"):
        UnitProbeDisplay.from_estimator(dbn, digits[0], view="excites", finetuned=True)
    with pytest.raises(NotFittedError):
        UnitProbeDisplay.from_estimator(DBNClassifier(), digits[0], view="excites", finetuned=True)
