"""Settings of fine-tuning: what they reach, what they refuse, and that a fitted network is an ordinary one."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits

from deepbelief import DBN, DBNClassifier, DBNRegressor, load, save
from deepbelief.core import native
from deepbelief.core.folding import folded, normalised
from deepbelief.core.rows import Rows
from deepbelief.core.units import Bernoulli
from deepbelief.errors import ParallelError
from deepbelief.estimators.fine_tuning import (
    RADIUS,
    finetuning_decay,
    first_decay,
    known_rate,
    radius_for,
    recipe_for,
)

X, Y = load_digits(return_X_y=True)
X, Y = (X[:300] / 16).astype(np.float32), Y[:300]
ACCURATE = {"adversarial_radius": "auto", "batch_normalization": True, "finetune_optimizer": "adam"}


def net(**settings):
    return DBNClassifier(
        (20, 15), **{"pretrain_epochs": 2, "softmax_epochs": 2, "finetune_epochs": 3, "random_state": 0} | settings
    )


@pytest.fixture(scope="module")
def accurate():
    return net(**ACCURATE).fit(X, Y)


@pytest.mark.parametrize(
    "settings",
    [
        {"input_noise": 0.2},
        {"batch_normalization": True},
        {"adversarial_radius": 0.5},
        {"mixup": True},
        {"finetune_optimizer": "adam"},
        {"finetune_max_norm": 0.5},
        {"augment": "8x8"},
        {"activation": "relu"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_each_setting_changes_fine_tuning_and_nothing_before(settings):
    plain, other = net().fit(X, Y), net(**settings).fit(X, Y)
    assert (plain.coefs_[0] != other.coefs_[0]).any()
    for one, two in zip(plain.dbn_.rbms_, other.dbn_.rbms_, strict=True):
        np.testing.assert_array_equal(one.components_, two.components_)
    # Rectified units are what the top layer learns from already.
    first = ("pretrain",) if "activation" in settings else ("pretrain", "softmax")
    before = [[entry for entry in fitted.history_ if entry["phase"] in first] for fitted in (plain, other)]
    assert before[0] == before[1]


def test_rectified_units_are_those_of_the_fitted_network(tmp_path):
    """The weights and biases say what is predicted; a setting that is changed afterwards says nothing."""
    rectified = net(activation="relu", **ACCURATE).fit(X, Y)
    h = X
    for weights, bias in zip(rectified.coefs_[:-1], rectified.intercepts_[:-1], strict=True):
        h = np.maximum(h @ weights + bias, 0)
    logits = h @ rectified.coefs_[-1] + rectified.intercepts_[-1]
    np.testing.assert_array_equal(rectified.predict(X), logits.argmax(axis=1))
    said = rectified.predict_proba(X)
    assert {entry["steps"] for entry in rectified.history_} == {f"kernel ({native.kernels()})"}
    np.testing.assert_array_equal(rectified.set_params(activation="logistic").predict_proba(X), said)
    save(rectified, tmp_path / "net.safetensors")
    np.testing.assert_array_equal(load(tmp_path / "net.safetensors").predict_proba(X), said)


def test_the_top_layer_learns_from_rectified_units():
    """Before fine-tuning, what it has learned is right for the network as it is."""
    untuned = net(activation="relu", pretrain_epochs=10, softmax_epochs=60, finetune_epochs=0).fit(X, Y)
    assert untuned.score(X, Y) > 0.95


def test_the_fitted_network_is_an_ordinary_one(accurate, tmp_path):
    """Its weights and biases alone say what it predicts, also from a file; the records name the steps."""
    h = X
    for weights, bias in zip(accurate.coefs_[:-1], accurate.intercepts_[:-1], strict=True):
        h = 1 / (1 + np.exp(-(h @ weights + bias)))
    logits = h @ accurate.coefs_[-1] + accurate.intercepts_[-1]
    np.testing.assert_array_equal(accurate.predict(X), logits.argmax(axis=1))
    save(accurate, tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(again.predict_proba(X), accurate.predict_proba(X))
    assert again.get_params()["adversarial_radius"] == "auto"
    assert {entry["steps"] for entry in accurate.history_ if entry["phase"] == "finetune"} == {
        f"kernel ({native.kernels()})"
    }


@pytest.mark.parametrize("activation", ["logistic", "relu"])
def test_training_goes_on_from_the_folded_network(activation):
    """At a rate of nearly 0 another fit changes no answer: normalisation begins, and ends, with the same function."""
    estimator = net(**ACCURATE, activation=activation, warm_start=True).fit(X, Y)
    before = estimator.predict_proba(X)
    estimator.set_params(finetune_learning_rate=1e-12)
    np.testing.assert_allclose(estimator.fit(X, Y).predict_proba(X), before, atol=1e-5)


def test_rectified_layers_begin_with_inputs_of_mean_0_and_variance_1():
    """The first pass leaves behind what the pretrained net knew of its units' inputs beside their directions."""
    begun = net(**ACCURATE, activation="relu", finetune_learning_rate=1e-12, finetune_epochs=1).fit(X, Y)
    x = X
    for weights, bias in zip(begun.coefs_, begun.intercepts_, strict=True):
        inputs = x @ weights + bias
        np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-4)
        np.testing.assert_allclose(inputs.std(axis=0), 1, rtol=2e-2)  # a unit that is nearly constant has less
        x = np.maximum(inputs, 0)


def test_the_radius_is_a_share_of_the_spread():
    rows = Rows(X)
    spread = np.sqrt(((X - X.mean(axis=0)) ** 2).sum(axis=1).mean())
    assert radius_for("auto", rows) == pytest.approx(RADIUS * spread, rel=1e-5)
    assert radius_for(0.3, rows) == 0.3


def test_the_recipe_has_what_the_settings_say():
    estimator = net(dropout=0.1, input_dropout=0.2, input_noise=0.3, finetune_max_norm=2.0, finetune_optimizer="adam")
    estimator.finetune_weight_decay_ = 0.01
    recipe = recipe_for(estimator, Rows(X), 0.5, 3, 0, 0.0)
    assert (recipe.dropout, recipe.input_dropout, recipe.input_noise, recipe.radius) == (0.1, 0.2, 0.3, 0.0)
    assert [type(link).__name__ for link in recipe.optimizer.links] == ["WeightDecay", "Adam", "MaxNorm"]
    assert recipe.optimizer.links[1].schedule(1.5) == pytest.approx(0.25)
    assert known_rate(estimator, few_labels=False) == 0.002
    assert known_rate(net(), few_labels=False) is None
    normalised = net(finetune_optimizer="adam", batch_normalization=True)
    assert [known_rate(normalised, few) for few in (False, True)] == [0.008, 0.002]
    assert known_rate(normalised.set_params(activation="relu"), few_labels=False) == 0.004


def test_max_norm_bounds_the_weights_of_the_network():
    fitted = net(dropout=0.2, finetune_max_norm=0.7).fit(X, Y)
    assert max(np.linalg.norm(weights, axis=0).max() for weights in fitted.coefs_) <= 0.7 + 1e-5


def test_numbers_are_learned_the_same_way():
    data, targets = load_diabetes(return_X_y=True)
    settings = {"batch_normalization": True, "finetune_optimizer": "adam", "input_noise": 0.1}
    fitted = DBNRegressor((20,), pretrain_epochs=2, finetune_epochs=10, random_state=0, **settings).fit(data, targets)
    assert fitted.score(data, targets) > 0.3
    assert fitted.learning_rate_ == 0.008


@pytest.mark.parametrize(
    "settings, says",
    [
        ({"adversarial_radius": 1.0, "dropout": 0.2}, "adversarial_radius and dropout exclude each other"),
        (
            {"mixup": True, "input_dropout": 0.2},
            "mixup and dropout exclude each other: set dropout=0 .* or mixup=False",
        ),
        ({"augment": "28x28"}, "pictures of 784 pixels, but they have 64 features"),
        ({"augment": "square"}, "augment is auto, or height and width of the pictures, such as '28x28'; got 'square'"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_before_anything_is_trained(settings, says):
    estimator = net(**settings)
    with pytest.raises(ValueError, match=says):
        estimator.fit(X, Y)
    assert not hasattr(estimator, "coefs_")
    with pytest.raises(ValueError, match=says):
        estimator.partial_fit(X, Y)


def test_normalised_rectified_layers_decay_more():
    """By 10 over the rows, but at most 0.001, or as others where that is more; the same from the first pass on."""
    settings = {"batch_normalization": True, "activation": "relu", "finetune_optimizer": "adam"}
    rectified = net(**settings)
    for usual, n_rows, decay in ((1e-5, 50_000, 2e-4), (1e-4, 5_000, 1e-3), (1e-2, 80, 1e-2), (0.0, 300, 0.0)):
        rectified.finetune_weight_decay_ = usual
        assert finetuning_decay(rectified, n_rows) == pytest.approx(decay)
    assert first_decay(rectified, Rows(X)) == 1
    others: list[tuple[str, object]] = [("batch_normalization", False), ("activation", "logistic"), ("augment", "2x3")]
    for name, value in (*others, ("finetune_optimizer", "momentum")):
        other = net(**settings | {name: value})
        other.finetune_weight_decay_ = 1e-5
        assert finetuning_decay(other, 300) == 1e-5
        assert first_decay(other, Rows(X)) < 1
    assert net(**settings, finetune_epochs=1).fit(X, Y).finetune_weight_decay_ == pytest.approx(0.8 / 300)
    assert net(**settings, finetune_epochs=1, finetune_weight_decay=1e-4).fit(X, Y).finetune_weight_decay_ == 1e-4
    twice = np.concatenate([X, X, X, X])
    fitted = net(**settings, finetune_epochs=1).fit(twice, np.tile(Y, 4))
    assert fitted.finetune_weight_decay_ == pytest.approx(0.001)
    assert net(**settings, finetune_epochs=1).partial_fit(X, Y).finetune_weight_decay_ == 0


def test_pixels_that_are_moved_have_one_scale():
    """All are shifted by one number and divided by another, with which the average pixel has variance 1."""
    fitted = net(augment="8x8").fit(7 * X - 3, Y)
    assert fitted.visible_ == "gaussian"
    assert np.ptp(fitted.data_mean_) == np.ptp(fitted.data_scale_) == 0
    seen = (7 * X - 3 - fitted.data_mean_) / fitted.data_scale_
    assert seen.mean() == pytest.approx(0, abs=1e-5)
    assert seen.var(axis=0).mean() == pytest.approx(1, rel=1e-5)
    assert np.ptp(net().fit(7 * X - 3, Y).data_scale_) > 0


def test_pixels_of_different_scales_are_not_moved():
    of_each = DBN((20, 10), n_iter=1, random_state=0).fit(7 * X - 3)
    with pytest.raises(ValueError, match="augment moves pixels, which must have one scale"):
        DBNClassifier.from_dbn(of_each, augment="8x8").fit(7 * X - 3, Y)
    with pytest.raises(ValueError, match="augment moves pixels, which must have one scale"):
        net(augment="8x8", visible="mixed").fit(7 * X - 3, Y)


def test_several_labels_are_not_moved():
    with pytest.raises(ValueError, match="adversarial_radius is for rows with one label each"):
        net(adversarial_radius=1.0).fit(X, np.eye(10, dtype=int)[Y])


def test_what_unlabelled_rows_leave_no_room_for_is_said():
    y = np.where(np.arange(300) < 40, Y, -1)
    with pytest.warns(UserWarning, match="Dropout, noise and distortions are not used where unlabelled rows take part"):
        net(input_noise=0.1, semi_supervised=True).fit(X, y)


def test_unlabelled_rows_take_part_in_normalised_steps():
    """And what comes out is an ordinary network too."""
    y = np.where(np.arange(300) < 100, Y, -1)
    fitted = net(**ACCURATE, semi_supervised=True, finetune_epochs=15).fit(X, y)
    assert fitted.history_[-1]["steps"].startswith("kernel (")
    assert fitted.score(X[100:], Y[100:]) > 0.7
    layers = fitted._network_layers()
    assert all(isinstance(units, Bernoulli) for units in fitted._network().hidden)
    back, _ = folded(fitted._network(), normalised(fitted._network(), layers, Rows(X)), Rows(X))
    np.testing.assert_allclose(back.weights[0], layers.weights[0], rtol=1e-4, atol=1e-5)


def test_early_stopping_keeps_the_ordinary_network_of_the_best_pass():
    """Its loss on the held-out rows, from weights and biases alone, is the lowest in the history."""
    settings = {"early_stopping": True, "n_iter_no_change": 2, "finetune_epochs": 30, "finetune_learning_rate": 0.05}
    estimator = net(**ACCURATE | settings)
    for _ in estimator.fit_epochs(X[:200], Y[:200], validation=(X[200:], Y[200:])):
        pass
    losses = [entry["validation_loss"] for entry in estimator.history_ if entry["phase"] == "finetune"]
    assert np.argmin(losses) < len(losses) - 1
    found = -estimator.predict_log_proba(X[200:])[np.arange(100), Y[200:]].mean()
    assert found == pytest.approx(min(losses), rel=1e-4)


@pytest.mark.parametrize("name", ["batch_normalization", "mixup"])
def test_several_processes_have_no_whole_batches(name, monkeypatch):
    monkeypatch.setattr("deepbelief.estimators.fine_tuning.current_group", lambda: SimpleNamespace(size=2))
    with pytest.raises(ParallelError, match=f"{name}=True needs whole batches, .* set {name}=False"):
        net(**{name: True}).fit(X, Y)


def test_a_torch_device_learns_the_same_way(torch):
    fitted = net(**ACCURATE, augment="8x8", device="cpu", finetune_epochs=10).fit(X, Y)
    assert fitted.score(X, Y) > 0.7
    assert isinstance(fitted.coefs_[0], np.ndarray)
