"""Rules about the data, on machines made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from core.diagnosed import N_FEATURES, X, copying, found
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import Gaussian

REAL = Machine(visible=Gaussian())


def through(x: np.ndarray) -> Parameters:
    """A machine with real-valued visible units about the mean of `x`."""
    weights = np.eye(x.shape[1], dtype=np.float32)
    bias = x.mean(axis=0).astype(np.float32)
    return Parameters(weights, {"bias": bias}, {"bias": -bias})


def normal(deviations, mean: float = 0.0, n_rows: int = 200) -> np.ndarray:
    return np.random.default_rng(0).normal(mean, deviations, (n_rows, len(deviations))).astype(np.float32)


@pytest.mark.parametrize(
    "value, share, expected", [(1.005, 0.5, False), (3.0, 0.005, False), (3.0, 0.05, True), (-3.0, 0.05, True)]
)
def test_values_outside_the_range_of_binary_units(value, share, expected):
    """A few values a little outside are normal in new data."""
    x = X.copy()
    x.flat[: int(share * x.size)] = value
    findings = found(copying(), x)
    assert ("inputs-outside-range" in findings) == expected
    if expected:
        assert findings["inputs-outside-range"].value == pytest.approx(share)


@pytest.mark.parametrize("scale, expected", [(0.25, False), (16 / 255, True)])
def test_values_without_contrast(scale, expected):
    findings = found(copying(), X * np.float32(scale))
    assert ("inputs-in-narrow-range" in findings) == expected
    if expected:
        assert findings["inputs-in-narrow-range"].value == pytest.approx(scale)


def test_real_valued_units_have_no_range():
    machine = Machine(visible=Gaussian())
    bias = np.zeros(N_FEATURES, np.float32)
    parameters = Parameters(np.eye(N_FEATURES, dtype=np.float32), {"bias": bias}, {"bias": bias})
    x = np.random.default_rng(0).normal(size=(200, N_FEATURES)).astype(np.float32) * 3
    assert "inputs-outside-range" not in found(parameters, x, machine)


@pytest.mark.parametrize("n_constant, expected", [(10, False), (11, True)])
def test_features_that_never_change(n_constant, expected):
    x = X.copy()
    x[:, :n_constant] = 0
    assert ("constant-features" in found(copying(), x)) == expected


def test_every_row_is_looked_at_for_its_range():
    """One bad row of many would not be among the thousand that layers are judged by."""
    x = np.tile(X, (20, 1))
    x[1::2] *= 255
    assert found(copying(), x)["inputs-outside-range"].value == pytest.approx((x > 1).mean())


@pytest.mark.parametrize("n_narrow, expected", [(0, False), (1, False), (2, True)])
@pytest.mark.parametrize("machine", [Machine(), REAL])
def test_features_beside_which_others_are_nothing(machine, n_narrow, expected):
    """One feature of twenty may be odd; two are a table with columns of different units."""
    scale = np.ones(N_FEATURES)
    scale[:n_narrow] = 5e-4
    x = (X * scale).astype(np.float32)
    findings = found(copying(), x, machine)
    assert ("features-of-different-ranges" in findings) == expected
    if expected:
        assert findings["features-of-different-ranges"].value == pytest.approx(n_narrow / N_FEATURES)


def test_constant_features_have_no_range():
    x = X.copy()
    x[:, :5] = 0
    assert "features-of-different-ranges" not in found(copying(), x)


@pytest.mark.parametrize(
    "deviations, expected",
    [
        (np.ones(20), False),
        (np.full(20, 0.2), False),  # pictures in [0, 1] do
        (np.full(20, 5.0), False),
        (np.full(20, 0.05), True),  # less than a tenth of the units' own deviation
        (np.r_[np.full(18, 1.0), [30.0] * 2], False),
        (np.r_[np.full(17, 1.0), [30.0] * 3], True),  # more than a tenth of the features
    ],
)
def test_features_that_units_of_variance_one_cannot_do_with(deviations, expected):
    x = normal(deviations)
    assert ("inputs-not-standardised" in found(through(x), x, REAL)) == expected


def test_units_that_learn_their_variance_take_any():
    x = normal(np.full(20, 0.05))
    parameters = through(x)
    visible = parameters.visible | {"log_precision": np.full(20, np.log(400), np.float32)}
    machine = Machine(visible=Gaussian(learn_variance=True))
    assert "inputs-not-standardised" not in found(replace(parameters, visible=visible), x, machine)


def test_few_rows_have_no_typical_spread():
    x = normal(np.full(20, 0.05), n_rows=9)
    assert "inputs-not-standardised" not in found(through(x), x, REAL)


# --- inverted data ----------------------------------------------------------------------------------------------------

DARK = (np.random.default_rng(1).random((200, N_FEATURES)) < 0.1).astype(np.float32)


def absorbing() -> Parameters:
    """A machine of mostly dark rows: what is bright in it, and little else, is copied."""
    parameters = copying()
    return replace(parameters, weights=parameters.weights - np.float32(1.5))


def test_inverted_rows_are_recognised_by_their_reconstructions():
    findings = found(absorbing(), 1 - DARK)
    inverted = findings["inverted-inputs"]
    machine, parameters = Machine(), absorbing()

    def error(x):
        return ((x - machine.reverse(parameters, machine.forward(parameters, x))) ** 2).mean()

    assert inverted.value == pytest.approx(error(DARK) / error(1 - DARK), rel=1e-4)
    assert next(iter(findings)) == "inverted-inputs"  # all else may come from it
    assert "invert them" in inverted.advice


def test_rows_as_they_were_learned_are_not_inverted():
    assert "inverted-inputs" not in found(absorbing(), DARK)


def test_a_machine_that_copies_everything_knows_no_upside():
    assert "inverted-inputs" not in found(copying(), 1 - DARK)


def test_real_valued_units_have_no_inverse():
    x = normal(np.ones(20), mean=3.0)
    assert "inverted-inputs" not in found(through(x), -x, REAL)


# --- data far from zero -----------------------------------------------------------------------------------------------


def far_from_zero(mean: float, **training) -> dict:
    x = normal(np.ones(20), mean)
    return found(through(x), x, REAL, **training)


@pytest.mark.parametrize(
    "mean, rate, expected",
    [
        (20.0, 0.1, True),  # 0.1 · 20 · 20² / 4 = 200, where 2 is stable
        (20.0, 1e-4, False),
        (0.0, 0.1, False),
        (0.0, 10.0, False),  # this rate is too high wherever the data lie
        (20.0, None, False),
    ],
)
def test_without_centring_the_mean_of_the_data_counts(mean, rate, expected):
    findings = far_from_zero(mean, centred=False, learning_rate=rate)
    assert ("uncentred-inputs" in findings) == expected
    if expected:
        assert findings["uncentred-inputs"].value == pytest.approx(100, rel=0.02)
        assert "centered=True" in findings["uncentred-inputs"].advice


def test_with_centring_it_does_not():
    assert "uncentred-inputs" not in far_from_zero(20.0, centred=True, learning_rate=0.1)
