"""Settings: each does what it says, and what cannot be is refused in a sentence."""

import io
from contextlib import redirect_stdout

import numpy as np
import pytest
from sklearn.datasets import load_digits

from deepbelief import DBN, RBM, DBNClassifier
from deepbelief.core.rates import NETWORK_RATE, machine_rate
from deepbelief.core.rbm import Machine
from deepbelief.core.rows import Rows
from deepbelief.core.spectrum import spectrum_of
from deepbelief.core.units import UNITS
from deepbelief.errors import DivergedError
from deepbelief.estimators.settings import Passes, n_passes

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS, LABELS = DIGITS[:150] / 16, LABELS[:150]


def small(kind, **settings):
    """Return one of the three estimators, tiny and quick."""
    settings = {"random_state": 0, **settings}
    if kind == "RBM":
        return RBM(8, **{"n_iter": 2, **settings})
    if kind == "DBN":
        return DBN((8, 6), **{"n_iter": 2, **settings})
    return DBNClassifier((8, 6), **{"pretrain_epochs": 2, "softmax_epochs": 2, "finetune_epochs": 2, **settings})


def numbers(estimator):
    """Return all weights of a fitted estimator."""
    if isinstance(estimator, RBM):
        return [estimator.components_, estimator.intercept_hidden_, estimator.intercept_visible_]
    if isinstance(estimator, DBN):
        return [array for rbm in estimator.rbms_ for array in numbers(rbm)]
    return [*estimator.coefs_, *estimator.intercepts_]


def same(one, other):
    """Tell whether two fitted estimators are equal, bit for bit."""
    return all(np.array_equal(a, b) for a, b in zip(numbers(one), numbers(other), strict=True))


every = pytest.mark.parametrize("kind", ["RBM", "DBN", "DBNClassifier"])


@every
def test_one_seed_gives_one_model(kind):
    """Bit for bit; another seed gives another."""
    one = small(kind).fit(DIGITS, LABELS)
    assert same(one, small(kind).fit(DIGITS, LABELS))
    assert not same(one, small(kind, random_state=1).fit(DIGITS, LABELS))


@every
def test_random_state_instance(kind):
    """Two RandomStates of one seed give one model; the same one again goes on and gives another."""
    state = np.random.RandomState(7)
    one = small(kind, random_state=state).fit(DIGITS, LABELS)
    assert same(one, small(kind, random_state=np.random.RandomState(7)).fit(DIGITS, LABELS))
    assert not same(one, small(kind, random_state=state).fit(DIGITS, LABELS))


@every
def test_verbose_does_not_change_the_model(kind):
    """It prints one line for each pass, and nothing without it."""
    printed, silent = io.StringIO(), io.StringIO()
    with redirect_stdout(printed):
        talking = small(kind, verbose=1).fit(DIGITS, LABELS)
    with redirect_stdout(silent):
        quiet = small(kind).fit(DIGITS, LABELS)
    assert same(talking, quiet)
    assert silent.getvalue() == ""
    lines = printed.getvalue().splitlines()
    assert len(lines) == len(talking.history_)
    assert all(line.startswith(f"[{kind}] ") for line in lines)


@every
def test_torch_gives_the_results_of_numpy(kind, torch):
    """The same random numbers on both, and float64: all that differs is the order of summation."""
    here, there = (small(kind, visible="bernoulli", device=device).fit(DIGITS, LABELS) for device in ("numpy", "cpu"))
    for a, b in zip(numbers(here), numbers(there), strict=True):
        assert isinstance(b, np.ndarray)
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("kind", ["RBM", "DBN"])
def test_torch_outputs_are_numpy(kind, torch):
    """What comes out is what NumPy gives; clamped chains too."""
    here, there = (small(kind, visible="bernoulli", device=device).fit(DIGITS) for device in ("numpy", "cpu"))
    H = here.transform(DIGITS)
    np.testing.assert_allclose(there.transform(DIGITS), H, rtol=1e-7)
    np.testing.assert_allclose(there.inverse_transform(H), here.inverse_transform(H), rtol=1e-7)
    np.testing.assert_allclose(there.score_samples(DIGITS), here.score_samples(DIGITS), rtol=1e-7)
    assert there.sample(5, 3).shape == (5, 64)
    rbm = there if kind == "RBM" else there.rbms_[0]
    clamped = np.arange(64) < 10
    np.testing.assert_array_equal(rbm.gibbs(DIGITS, clamped=clamped)[:, :10], DIGITS[:, :10])


@every
def test_unknown_device(kind):
    """One sentence with the name and the way out."""
    with pytest.raises(ValueError, match=r"device='abacus' (cannot be used here|needs torch)") as error:
        small(kind, device="abacus").fit(DIGITS, LABELS)
    assert "\n" not in str(error.value)
    assert "device='numpy'" in str(error.value)


def test_refitting_with_other_unit_types_leaves_nothing_behind():
    """The attributes of units with a learned variance go when the units go."""
    X = np.random.default_rng(0).random((40, 4))
    rbm = RBM(3, visible="gaussian-learned-variance", hidden="gaussian-learned-variance", n_iter=1).fit(X)
    rbm.set_params(visible="bernoulli", hidden="bernoulli").fit(X)
    assert not hasattr(rbm, "log_precision_visible_")
    assert not hasattr(rbm, "log_precision_hidden_")


@pytest.mark.parametrize("visible", ["gaussian", "gaussian-learned-variance"])
def test_gaussian_units_reconstruct_better_than_the_mean(visible):
    """On standardised data along two directions, whose mean has a squared error of one."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2)) @ rng.normal(size=(2, 8)) + 0.1 * rng.normal(size=(300, 8))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    rbm = RBM(30, visible=visible, n_iter=40, random_state=0).fit(X)
    assert np.isfinite(rbm.reconstruct(X)).all()
    assert np.mean((X - rbm.reconstruct(X)) ** 2) < 0.7


@pytest.mark.parametrize("settings", [{"n_components": 30}, {"n_components": 23, "visible": "gaussian"}])
def test_the_exact_gradient_refuses_large_machines(settings):
    """One sentence with the limit and the size."""
    with pytest.raises(ValueError, match=f"at most 22 units.* {settings['n_components']}") as error:
        RBM(**settings, gradient="exact").fit(DIGITS)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "kind, name", [("RBM", "learning_rate"), ("DBN", "learning_rate"), ("DBNClassifier", "pretrain_learning_rate")]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_learning_rate_that_blows_up(kind, name, dtype):
    """Is said in a sentence, without NumPy's warnings on the way."""
    with pytest.raises(DivergedError, match=r"layer 1: training diverged in epoch .*; use a lower learning rate"):
        small(kind, **{name: 1e8}, visible="gaussian").fit(DIGITS.astype(dtype) * 3, LABELS)


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("hidden", ["bernoulli", "gaussian"])
def test_automatic_learning_rate(visible, hidden):
    """Is that of core.rates for these data, and the model that it gives is that of the same number given by hand."""
    units = {"visible": visible, "hidden": hidden}
    fitted = small("RBM", **units).fit(DIGITS)
    machine, spread = Machine(UNITS[visible], UNITS[hidden]), spectrum_of(Rows(DIGITS, np.float64))
    assert fitted.learning_rate_ == machine_rate(machine, spread, 8, 10, momentum=0.9)
    assert same(fitted, small("RBM", learning_rate=fitted.learning_rate_, **units).fit(DIGITS))


def test_the_automatic_rate_of_chains_follows_the_momentum():
    rates = [small("RBM", gradient="pcd", momentum=m).fit(DIGITS).learning_rate_ for m in (0.0, 0.9)]
    assert rates[1] == pytest.approx(0.1 * rates[0])
    assert rates[0] == pytest.approx(small("RBM").fit(DIGITS).learning_rate_ / 2)


def test_every_layer_has_a_rate_of_its_own():
    """By what it learns from, which the layers below have made."""
    fitted = small("DBN").fit(DIGITS)
    assert fitted.learning_rate_ == tuple(rbm.learning_rate_ for rbm in fitted.rbms_)
    spread = spectrum_of(Rows(fitted.transform(DIGITS, depth=1), np.float64))
    assert fitted.learning_rate_[1] == pytest.approx(machine_rate(Machine(), spread, 6, 10), rel=1e-9)


def test_rates_of_the_network():
    """Of the softmax layer, and of fine-tuning; a number is obeyed."""
    net = small("DBNClassifier").fit(DIGITS, LABELS)
    assert 0 < net.learning_rate_ <= NETWORK_RATE
    assert 0 < net.softmax_learning_rate_ <= NETWORK_RATE
    by_hand = small("DBNClassifier", finetune_learning_rate=net.learning_rate_, softmax_learning_rate=0.05)
    assert by_hand.fit(DIGITS, LABELS).softmax_learning_rate_ == 0.05
    assert by_hand.learning_rate_ == net.learning_rate_


@pytest.mark.parametrize("kind", ["RBM", "DBN"])
def test_the_rate_of_the_first_fit_stays(kind):
    """Other rows, perhaps few, do not change what is learned at."""
    fitted = small(kind).fit(DIGITS)
    rate = fitted.learning_rate_
    assert fitted.partial_fit(DIGITS[:7]).learning_rate_ == rate


@pytest.mark.parametrize(
    "n_rows, batch_size, steps, passes",
    [(20, 10, 1000, 100), (100, 10, 1000, 100), (500, 10, 1000, 20), (9000, 100, 1000, 12)],
)
def test_automatic_passes_follow_the_number_of_steps(n_rows, batch_size, steps, passes):
    """As many as make so many steps, at least ten and at most a hundred."""
    rbm = RBM(2, batch_size=batch_size)
    assert n_passes(rbm, "auto", Passes(10, steps), n_rows) == passes
    assert n_passes(rbm, "auto", Passes(10), n_rows) == 10
    assert n_passes(rbm, 7, Passes(10, steps), n_rows) == 7


def test_passes_that_were_made_are_told():
    X = np.tile([[0.0, 1.0], [1.0, 0.0]], (25, 1))
    rbm = RBM(2, random_state=0).fit(X)
    assert rbm.n_iter_ == len(rbm.history_) == 100
    net = small("DBNClassifier", softmax_epochs="auto", finetune_epochs="auto").fit(DIGITS, LABELS)
    passes = [entry["phase"] for entry in net.history_]
    assert (net.softmax_epochs_, net.n_iter_) == (passes.count("softmax"), passes.count("finetune")) == (10, 100)


@pytest.mark.parametrize("n_rows, expected", [(50, 10), (500, 10), (1000, 20), (5000, 100), (9000, 100)])
def test_automatic_batch_size(n_rows, expected):
    """100, less where an epoch would have fewer than 50 steps, down to 10; persistent chains are as many."""
    X = np.tile([[0.0, 1.0]], (n_rows, 1))
    assert RBM(2, batch_size="auto", gradient="pcd", n_iter=1).fit(X).h_samples_.shape == (expected, 2)


def test_linear_schedule():
    """Another model than the constant one, whose last steps are small."""
    constant, linear = small("RBM", n_iter=4), small("RBM", n_iter=4, learning_rate_schedule="linear")
    assert not same(constant.fit(DIGITS), linear.fit(DIGITS))


@pytest.mark.parametrize("kind", ["RBM", "DBN"])
def test_a_linear_schedule_begins_again_with_each_fit(kind):
    """warm_start and partial_fit go on learning: without momentum, the second call still moves the weights."""
    still = {"learning_rate_schedule": "linear", "initial_momentum": 0.0, "momentum": 0.0, "weight_decay": 0.0}
    warm = small(kind, warm_start=True, **still).fit(DIGITS)
    before = [array.copy() for array in numbers(warm)]
    assert any((a != b).any() for a, b in zip(before, numbers(warm.fit(DIGITS)), strict=True))
    partial = small(kind, **still).partial_fit(DIGITS)
    before = [array.copy() for array in numbers(partial)]
    assert any((a != b).any() for a, b in zip(before, numbers(partial.partial_fit(DIGITS)), strict=True))


@pytest.mark.parametrize(
    "setting", [{"n_gibbs_steps": 3}, {"sample_everything": True}, {"momentum": 0.0, "initial_momentum": 0.0},
                {"weight_decay": 0.1}, {"gradient": "pcd"}, {"batch_size": 50}]
)  # fmt: skip
def test_settings_of_training_reach_the_training(setting):
    """Each changes the model."""
    assert not same(small("RBM").fit(DIGITS), small("RBM", **setting).fit(DIGITS))


@pytest.mark.parametrize("name", ["dropout", "input_dropout"])
def test_dropout(name):
    """Off it is off; on, it changes fine-tuning and leaves pretraining alone, and predictions stay certain."""
    plain = small("DBNClassifier").fit(DIGITS, LABELS)
    dropped = small("DBNClassifier", **{name: 0.5}).fit(DIGITS, LABELS)
    assert same(plain, small("DBNClassifier", **{name: 0.0}).fit(DIGITS, LABELS))
    assert not same(plain, dropped)
    assert same(plain.dbn_, dropped.dbn_)
    np.testing.assert_array_equal(dropped.predict_proba(DIGITS), dropped.predict_proba(DIGITS))


@pytest.mark.parametrize("kind", [DBN, DBNClassifier])
def test_a_number_is_the_size_of_one_layer(kind):
    assert kind(6, random_state=0).fit(DIGITS, LABELS).get_params()["hidden_layer_sizes"] == 6
    assert same(kind(6, random_state=0).fit(DIGITS, LABELS), kind((6,), random_state=0).fit(DIGITS, LABELS))


@pytest.mark.parametrize("sizes", [(), (0,), (5, -1), (2.5,), ((3, 4), (5, 6))])
def test_hidden_layer_sizes_of_the_classifier(sizes):
    """Are refused in a sentence, before anything is trained."""
    with pytest.raises(ValueError, match="hidden_layer_sizes must be one or more positive integers"):
        DBNClassifier(sizes).fit(DIGITS, LABELS)


@pytest.mark.parametrize(
    "setting",
    [{"n_components": 0}, {"learning_rate": 0}, {"learning_rate": "fast"}, {"momentum": 1.0}, {"weight_decay": -1},
     {"gradient": "cd1"}, {"visible": "colour"}, {"n_iter": -1}, {"batch_size": 0}, {"n_gibbs_steps": 0}],
)  # fmt: skip
def test_settings_out_of_range(setting):
    """The error names the setting."""
    with pytest.raises(ValueError, match=f"The '{next(iter(setting))}' parameter of RBM must be"):
        RBM(**setting).fit(DIGITS)
