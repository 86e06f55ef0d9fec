"""The exact gradient of every pair, on both backends, against finite differences; and what follows from it."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbelief.core.batch import Batch
from deepbelief.core.gradients import ExactGradient
from deepbelief.core.likelihood import log_likelihood
from deepbelief.core.optimizers import sgd
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Parameters
from deepbelief.core.recipes import Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant
from deepbelief.core.training import State, train
from oracles import enumeration, finite_differences
from oracles.machines import EXACT_MACHINES, assert_trees_close, data, exactly, example, leaves, order, place


@cache
def slopes_of_the_log_likelihood(machine, seed):
    """Differentiate the enumerated mean log-likelihood in every single parameter."""
    v = data(machine, seed=seed)
    return finite_differences.gradient(
        lambda parameters: enumeration.mean_log_likelihood(machine, parameters, v), example(machine, seed)
    )


def exact_gradient(machine, parameters, v):
    return ExactGradient().estimate(machine, parameters, Batch(v), None, None).gradient


@exactly
@pytest.mark.parametrize("seed", [0, 1])
def test_exact_gradient_is_the_slope_of_the_mean_log_likelihood(machine, device, seed):
    """∂/∂θ of mean log p(v), entry by entry, to 1e-6 of each (1e-9 where an entry is below 1e-3)."""
    gradient = exact_gradient(machine, place(example(machine, seed), device), place(data(machine, seed=seed), device))
    assert_trees_close(gradient, slopes_of_the_log_likelihood(machine, seed), rtol=1e-6, atol=1e-9)


@exactly
def test_exact_gradient_raises_the_log_likelihood_in_every_epoch(machine, device):
    """At a small rate every full-batch step goes uphill, strictly, from small random weights on."""
    v = data(machine, n_rows=24, seed=3)
    rows = Rows(v, np.float64, device)
    recipe = Recipe(ExactGradient(), sgd(Constant(0.05), Constant(0.0), 0.0), n_epochs=20, batch_size=len(v))
    parameters = place(example(machine, seed=5), device)
    state = State(parameters, recipe.optimizer.init(parameters))
    trajectory = [parameters]
    trajectory += [epoch.state.parameters for epoch in train(machine, rows, state, recipe, RandomStreams(0))]
    values = [float(log_likelihood(machine, p, place(v, device)).mean()) for p in trajectory]
    assert len(values) == 21
    assert np.all(np.diff(values) > 0)


@exactly
def test_repeating_every_row_changes_nothing(machine, device):
    """The gradient is of an average over rows: {v, v, …} has the gradient of {v}."""
    parameters, v = place(example(machine), device), data(machine)
    once = exact_gradient(machine, parameters, place(v, device))
    repeated = exact_gradient(machine, parameters, place(np.tile(v, (3, 1)), device))
    assert_trees_close(repeated, once, rtol=1e-12, atol=1e-13)


@exactly
def test_batches_average_to_the_whole(machine, device):
    """Weighted by their sizes, the gradients of parts, a short one among them, average to the gradient of all rows."""
    parameters, v = place(example(machine), device), data(machine, n_rows=10)
    parts = [v[:4], v[4:8], v[8:]]
    gradients = [leaves(exact_gradient(machine, parameters, place(part, device))) for part in parts]
    for name, whole in leaves(exact_gradient(machine, parameters, place(v, device))).items():
        average = sum(len(part) * gradient[name] for part, gradient in zip(parts, gradients, strict=True)) / len(v)
        np.testing.assert_allclose(average, whole, rtol=1e-11, atol=1e-12)


def reordered(parameters, visible_order, hidden_order):
    """Return the parameters of the same machine with its units renumbered."""
    return Parameters(
        parameters.weights[visible_order][:, hidden_order],
        {name: value[visible_order] for name, value in parameters.visible.items()},
        {name: value[hidden_order] for name, value in parameters.hidden.items()},
    )


@pytest.mark.parametrize("name", EXACT_MACHINES)
@given(chance=st.randoms(use_true_random=False), seed=st.integers(0, 2**32 - 1))
def test_renumbering_units_and_rows_renumbers_the_gradient(name, chance, seed):
    """Units and rows have no order: gradient(πθ, ρπv) = π gradient(θ, v)."""
    machine = EXACT_MACHINES[name]
    parameters, v = example(machine, seed), data(machine, seed=seed)
    row_order = list(range(len(v)))
    chance.shuffle(row_order)
    visible_order, hidden_order = (
        order(units, size, chance)
        for units, size in zip((machine.visible, machine.hidden), parameters.weights.shape, strict=True)
    )
    moved = exact_gradient(machine, reordered(parameters, visible_order, hidden_order), v[row_order][:, visible_order])
    expected = reordered(exact_gradient(machine, parameters, v), visible_order, hidden_order)
    assert_trees_close(moved, expected, rtol=1e-9, atol=1e-11)
