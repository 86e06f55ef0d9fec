"""From gradient to step: closed forms of momentum, weight decay and schedules, and the order of a chain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbelief.core.optimizers import Chain, LearningRate, Momentum, WeightDecay, sgd
from deepbelief.core.schedules import Constant, Linear, Switch
from deepbelief.core.trees import tree_map
from oracles.machines import MACHINES, assert_trees_close, example, leaves, place

MACHINE = MACHINES["gaussian_learned_variance-gaussian_learned_variance"]
PARAMETERS, GRADIENT = example(MACHINE, seed=1), example(MACHINE, seed=2)
factors = st.floats(0.0, 0.99)


def steps_of(optimizer, n_steps, device="numpy", epochs=None):
    """Return the steps an optimizer makes of one constant gradient at constant parameters."""
    parameters, gradient = place(PARAMETERS, device), place(GRADIENT, device)
    state, steps = optimizer.init(parameters), []
    for number in range(n_steps):
        step, state = optimizer.update(gradient, state, parameters, 0.0 if epochs is None else epochs[number])
        steps.append(leaves(step))
    return steps


@given(factors, st.integers(1, 30))
def test_momentum_is_a_geometric_series(momentum, n_steps):
    """A constant gradient g gives the t-th step g (1 − mᵗ)/(1 − m)."""
    step = steps_of(Momentum(Constant(momentum)), n_steps)[-1]
    factor = (1 - momentum**n_steps) / (1 - momentum)
    for name, gradient in leaves(GRADIENT).items():
        np.testing.assert_allclose(step[name], factor * gradient, rtol=1e-12)


@given(st.lists(factors, min_size=1, max_size=8))
def test_momentum_takes_its_share_of_the_last_step_from_the_schedule(shares):
    """velocityₜ = mₜ velocityₜ₋₁ + g."""
    steps = steps_of(Momentum(lambda epoch: shares[int(epoch)]), len(shares), epochs=range(len(shares)))
    velocity = 0.0
    for share, step in zip(shares, steps, strict=True):
        velocity = share * velocity + GRADIENT.weights
        np.testing.assert_allclose(step["weights"], velocity, rtol=1e-12)


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_weight_decay_is_the_slope_of_the_penalty_on_weights_only(rate, device):
    """∂/∂W of −rate/2 ΣW² is −rate W; biases and precisions are left alone."""
    (step,) = steps_of(WeightDecay(rate), 1, device)
    np.testing.assert_allclose(step.pop("weights"), GRADIENT.weights - rate * PARAMETERS.weights, rtol=1e-14)
    assert step.keys() == {"visible.bias", "visible.log_precision", "hidden.bias", "hidden.log_precision"}
    for name, leaf in step.items():
        np.testing.assert_array_equal(leaf, leaves(GRADIENT)[name])


def test_learning_rate_scales_by_the_schedule_at_the_time(device):
    rates = {0.0: 0.5, 0.25: 0.4, 3.0: 0.1}
    for epoch, step in zip(rates, steps_of(LearningRate(rates.get), 3, device, epochs=list(rates)), strict=True):
        for name, gradient in leaves(GRADIENT).items():
            np.testing.assert_allclose(step[name], rates[epoch] * gradient, rtol=1e-14)


@pytest.mark.parametrize("epoch, expected", [(0.0, 0.5), (4.999, 0.5), (5.0, 0.9), (100.0, 0.9)])
def test_switch_changes_at_its_epoch(epoch, expected):
    assert Switch(0.5, 0.9, 5.0)(epoch) == expected


@pytest.mark.parametrize("epoch, expected", [(0.0, 0.1), (2.5, 0.075), (5.0, 0.05), (10.0, 0.0), (11.0, 0.0)])
def test_linear_goes_straight_to_its_end_and_stays(epoch, expected):
    assert Linear(0.1, 0.0, 10.0)(epoch) == pytest.approx(expected, abs=1e-15)


@given(factors, st.floats(0, 2), st.floats(0, 1), st.integers(1, 10))
def test_sgd_decays_then_scales_then_accumulates(momentum, rate, decay, n_steps):
    """Step t is rate (g − decay W)(1 − mᵗ)/(1 − m): the decay is scaled by the rate, and both are accumulated."""
    step = steps_of(sgd(Constant(rate), Constant(momentum), decay), n_steps)[-1]
    factor = rate * (1 - momentum**n_steps) / (1 - momentum)
    expected = factor * (GRADIENT.weights - decay * PARAMETERS.weights)
    np.testing.assert_allclose(step["weights"], expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(step["hidden.bias"], factor * GRADIENT.hidden["bias"], rtol=1e-10, atol=1e-12)


def test_a_chain_applies_its_links_in_order():
    """rate · (g − decay W) is not (rate · g) − decay W."""
    decay, rate = WeightDecay(0.5), LearningRate(Constant(0.1))
    (decay_first,), (rate_first,) = steps_of(Chain((decay, rate)), 1), steps_of(Chain((rate, decay)), 1)
    weights, gradient = PARAMETERS.weights, GRADIENT.weights
    np.testing.assert_allclose(decay_first["weights"], 0.1 * (gradient - 0.5 * weights), rtol=1e-14)
    np.testing.assert_allclose(rate_first["weights"], 0.1 * gradient - 0.5 * weights, rtol=1e-14)


def test_update_changes_neither_gradient_nor_parameters_nor_old_state(device):
    """State in, state out: the same call gives the same answer again."""
    parameters, gradient = place(PARAMETERS, device), place(GRADIENT, device)
    optimizer = sgd(Constant(0.1), Constant(0.9), 0.01)
    _, state = optimizer.update(gradient, optimizer.init(parameters), parameters, 0.0)
    first, _ = optimizer.update(gradient, state, parameters, 1.0)
    again, _ = optimizer.update(gradient, state, parameters, 1.0)
    assert_trees_close(again, first)
    assert_trees_close(parameters, PARAMETERS)
    assert_trees_close(gradient, GRADIENT)


@pytest.mark.parametrize("kind", [float, np.float64])
@pytest.mark.parametrize("setting", ["rate", "momentum", "decay"])
def test_a_step_has_the_dtype_of_the_gradient(kind, setting, device):
    """float32 in, float32 out, whatever number a setting is, np.float64 from a grid of rates included."""
    settings = {"rate": 0.1, "momentum": 0.5, "decay": 0.01}
    settings[setting] = kind(settings[setting])
    single = place(tree_map(np.float32, PARAMETERS), device)
    optimizer = sgd(Constant(settings["rate"]), Constant(settings["momentum"]), settings["decay"])
    step, _ = optimizer.update(single, optimizer.init(single), single, 0.0)
    assert {leaf.dtype for leaf in leaves(step).values()} == {np.dtype(np.float32)}
