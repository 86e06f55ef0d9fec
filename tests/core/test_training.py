"""Training as a generator: what it yields, what its numbers depend on, and how it ends."""

import itertools
import types
from dataclasses import replace

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.gradients import (
    ContrastiveDivergence,
    ExactGradient,
    PersistentContrastiveDivergence,
    TemperedGradient,
)
from deepbelief.core.measures import reconstruction_error
from deepbelief.core.optimizers import sgd
from deepbelief.core.parallel import Group
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import Execution, Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant, Linear, Switch
from deepbelief.core.stopping import EarlyStopping
from deepbelief.core.training import INPUT_SPREAD, Epoch, State, start, train
from deepbelief.core.trees import tree_map
from deepbelief.core.units import Bernoulli, Gaussian, Poisson
from deepbelief.core.units.bernoulli import REST
from deepbelief.errors import DivergedError, ParallelError
from oracles.machines import MACHINES, assert_trees_close, data, exactly, example, leaves, place
from oracles.streams import ConstantStreams

BINARY = MACHINES["bernoulli-bernoulli"]
ESTIMATORS = {"cd": ContrastiveDivergence(), "pcd": PersistentContrastiveDivergence(2), "exact": ExactGradient()}
STREAMS = RandomStreams(11)


def recipe_for(estimator, n_epochs, batch_size=4):
    """Return a recipe in which everything depends on the epoch: rate, momentum, and the state of both."""
    return Recipe(estimator, sgd(Linear(0.1, 0.02, 6), Switch(0.5, 0.9, 2.5), 0.01), n_epochs, batch_size)


def trained(machine, rows, recipe, state=None, **options):
    state = start(machine, rows, 3, recipe, STREAMS) if state is None else state
    return list(train(machine, rows, state, recipe, STREAMS, **options))


def assert_states_identical(actual, expected, atol=0.0):
    assert actual.epoch == expected.epoch
    assert_trees_close(actual.parameters, expected.parameters, atol=atol)
    assert_trees_close(actual.optimizer["Momentum"], expected.optimizer["Momentum"], atol=atol)
    assert (actual.chains is None) == (expected.chains is None)
    if expected.chains is not None:
        np.testing.assert_allclose(to_numpy(actual.chains), to_numpy(expected.chains), rtol=0, atol=atol)


@exactly
@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS.keys())
@pytest.mark.parametrize("n_first", [1, 3])
def test_resuming_goes_on_as_if_nothing_had_happened(machine, device, estimator, n_first):
    """Bit for bit: n epochs, then 5 − n from the state reached, are 5 epochs."""
    rows = Rows(data(machine, n_rows=10), np.float64, device)
    whole = trained(machine, rows, recipe_for(estimator, 5))
    first = trained(machine, rows, recipe_for(estimator, n_first))
    rest = trained(machine, rows, recipe_for(estimator, 5 - n_first), state=first[-1].state)
    assert_states_identical(rest[-1].state, whole[-1].state)
    assert [epoch.epoch for epoch in first + rest] == [1, 2, 3, 4, 5]
    assert rest[-1].metrics == whole[-1].metrics
    assert not np.array_equal(first[-1].state.parameters.weights, whole[-1].state.parameters.weights)


@exactly
@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS.keys())
def test_epochs_are_their_batches_one_after_the_other(machine, device, estimator):
    """θ ← θ + step by hand: a new order and new noise in every epoch, the chains carried on from batch to batch.

    Bit for bit; kernels, which add in another order, to within rounding.
    """
    is_followed = isinstance(estimator, ContrastiveDivergence | PersistentContrastiveDivergence)
    has_kernel = is_followed and (device == "numpy" or machine == BINARY)
    v = data(machine, n_rows=10)
    rows, recipe = Rows(v, np.float64, device), recipe_for(estimator, 3)
    state = start(machine, rows, 3, recipe, STREAMS)
    parameters, optimizer, chains, orders = state.parameters, state.optimizer, state.chains, set()
    for epoch in range(3):
        order = STREAMS.stream("order", epoch).permutation(10)
        sampling = STREAMS.stream("sampling", epoch)
        orders.add(tuple(order))
        for number in range(3):
            batch = place(v[order[4 * number : 4 * number + 4]], device)
            estimate = estimator.estimate(machine, parameters, Batch(batch), chains, sampling)
            chains = estimate.state
            step, optimizer = recipe.optimizer.update(estimate.gradient, optimizer, parameters, epoch + number / 3)
            parameters = tree_map(lambda value, change: value + change, parameters, step)
    assert len(orders) == 3
    by_hand = State(parameters, optimizer, chains, 3)
    assert_states_identical(trained(machine, rows, recipe)[-1].state, by_hand, atol=1e-13 if has_kernel else 0.0)


def test_train_works_only_when_asked(device):
    """A generator: no epoch runs before it is asked for, and what is returned at the end is the last state."""
    rows = Rows(data(BINARY), np.float64, device)
    recipe = recipe_for(ContrastiveDivergence(), 2)
    asked = []

    class Watched(RandomStreams):
        def stream(self, *names):
            asked.extend(names[1:] if names[0] == "order" else ())
            return super().stream(*names)

    epochs = train(BINARY, rows, start(BINARY, rows, 3, recipe, STREAMS), recipe, Watched(STREAMS.seed), layer=2)
    assert isinstance(epochs, types.GeneratorType)
    assert asked == []
    first = next(epochs)
    assert asked == [0]
    assert (first.phase, first.layer, first.epoch, first.n_epochs) == ("pretrain", 2, 1, 2)
    second = next(epochs)
    assert asked == [0, 1]
    with pytest.raises(StopIteration) as end:
        next(epochs)
    assert end.value.value is second.state


def test_held_out_rows_change_no_number(machine, device):
    """Parameters, optimizer and metrics are bit-identical with and without validation, which only adds metrics."""
    rows = Rows(data(machine, n_rows=10), np.float64, device)
    held_out = Rows(data(machine, n_rows=6, seed=8), np.float64, device)
    recipe = recipe_for(PersistentContrastiveDivergence(), 3)
    plain, watched = trained(machine, rows, recipe), trained(machine, rows, recipe, held_out=held_out)
    for without, with_validation in zip(plain, watched, strict=True):
        assert_states_identical(with_validation.state, without.state)
        added = with_validation.metrics.keys() - without.metrics.keys()
        assert added == {"validation_reconstruction_error", "validation_free_energy", "free_energy_gap"}
        assert with_validation.metrics["reconstruction_error"] == without.metrics["reconstruction_error"]


def test_held_out_rows_count_by_their_weights():
    """A row of weight 2 is there twice, one of weight 0 not at all."""
    v, other, recipe = data(BINARY, n_rows=10), data(BINARY, n_rows=4, seed=8), recipe_for(ContrastiveDivergence(), 1)
    weighted, repeated = (
        trained(BINARY, Rows(v, np.float64), recipe, held_out=held_out)[-1].metrics
        for held_out in (
            Rows(other, np.float64, weights=np.array([2.0, 0.0, 1.0, 1.0])),
            Rows(other[[0, 0, 2, 3]], np.float64),
        )
    )
    assert weighted == pytest.approx(repeated, rel=1e-12)


def test_a_monitor_changes_no_number():
    """A consumer that draws from streams of its own, and from NumPy's global one, between epochs."""
    rows, recipe = Rows(data(BINARY), np.float64), recipe_for(ContrastiveDivergence(), 4)
    undisturbed = trained(BINARY, rows, recipe)[-1].state
    for epoch in train(BINARY, rows, start(BINARY, rows, 3, recipe, STREAMS), recipe, STREAMS):
        STREAMS.stream("monitor", epoch.epoch).normal((100,), np.zeros(1))
        STREAMS.stream("sampling", epoch.epoch).uniform((100,), np.zeros(1))
        np.random.default_rng().random(10)
    assert_states_identical(epoch.state, undisturbed)


def test_metrics_are_what_they_are_called(machine, device):
    """Mean squared difference to the reconstruction, and F(held out) − F(training), computed by hand."""
    v, other = data(machine, n_rows=10), data(machine, n_rows=6, seed=8)
    rows, held_out = Rows(v, np.float64, device), Rows(other, np.float64, device)
    (epoch,) = trained(machine, rows, recipe_for(ContrastiveDivergence(), 1), held_out=held_out)
    parameters = epoch.state.parameters

    def error(x):
        x = place(x, device)
        return np.mean((to_numpy(x) - to_numpy(machine.reverse(parameters, machine.forward(parameters, x)))) ** 2)

    def free_energy(x):
        return to_numpy(machine.free_energy(parameters, place(x, device))).mean()

    assert epoch.metrics["reconstruction_error"] == pytest.approx(error(v), rel=1e-12)
    assert epoch.metrics["validation_reconstruction_error"] == pytest.approx(error(other), rel=1e-12)
    assert epoch.metrics["free_energy_gap"] == pytest.approx(free_energy(other) - free_energy(v), rel=1e-9, abs=1e-12)
    assert reconstruction_error(machine, parameters, Batch(place(v, device))) == pytest.approx(error(v), rel=1e-12)


class Recorder:
    """An optimizer that takes no step, and remembers the gradients it was given and when."""

    def __init__(self):
        self.gradients, self.times = [], []

    def init(self, parameters):
        return None

    def update(self, step, state, parameters, epoch):
        self.gradients.append(leaves(step))
        self.times.append(epoch)
        return tree_map(lambda leaf: 0 * leaf, step), None


@exactly
@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS.keys())
def test_a_short_last_batch_takes_a_step_of_the_same_size(machine, device, estimator):
    """10 equal rows in batches of 4: the gradient of the last 2 is that of the others, to rounding.

    The noise is held constant, and the chains of PCD, which are not restarted, start where one sweep leaves them.
    """
    parameters = place(example(machine), device)
    rows = Rows(np.tile(data(machine, n_rows=1), (10, 1)), np.float64, device)
    recorder = Recorder()
    recipe = Recipe(estimator, recorder, n_epochs=1, batch_size=4)
    chains = estimator.init(machine, parameters, 4)
    list(train(machine, rows, State(parameters, None, chains), recipe, ConstantStreams()))
    assert len(recorder.gradients) == 3
    np.testing.assert_allclose(recorder.times, [0, 1 / 3, 2 / 3])
    if chains is not None:
        v = place(np.tile(rows.matrix[0], (2, 1)), device)
        reference, _ = chains_at_step(estimator, machine, parameters, v, chains, 3)
        recorder.gradients[:2] = [reference, reference]
    for name in recorder.gradients[0]:
        first, second, short = (gradient[name] for gradient in recorder.gradients)
        np.testing.assert_allclose(short, first, rtol=1e-11, atol=1e-13, err_msg=name)
        np.testing.assert_allclose(short, second, rtol=1e-11, atol=1e-13, err_msg=name)


def chains_at_step(estimator, machine, parameters, v, chains, n_batches):
    """Return the step of the last of `n_batches` batches, each a single row of `v`."""
    for _ in range(n_batches):
        estimate = estimator.estimate(
            machine, parameters, Batch(v[:1]), chains, ConstantStreams().stream("sampling", 0)
        )
        chains = estimate.state
    return leaves(estimate.step), chains


@pytest.mark.parametrize("rate", [1e8, 1e30])
@pytest.mark.parametrize("hidden", [Gaussian(), Gaussian(learn_variance=True)])
def test_divergence_is_reported_by_name(rate, hidden, device):
    """Real-valued units feed their own growth: within 10 epochs no number is finite, and that is said, not returned."""
    machine = Machine(Gaussian(), hidden)
    rows = Rows(np.random.default_rng(0).normal(size=(40, 3)), np.float64, device)
    recipe = Recipe(ContrastiveDivergence(), sgd(Constant(rate), Constant(0.5), 0.0), 10, 4)
    with pytest.raises(DivergedError, match=r"layer 1: training diverged in epoch \d+.*lower learning rate"):
        trained(machine, rows, recipe)


@pytest.mark.parametrize("rate", [1e4, 1e6, 1e8, 1e12, 1e17, 1e20])
@pytest.mark.parametrize("name", ["gaussian-bernoulli", "bernoulli-gaussian", "gaussian-gaussian"])
def test_metrics_are_finite_or_training_has_diverged(name, rate, device):
    """At any rate an epoch either has numbers to show or ends in DivergedError: no infinite metric, no bare warning."""
    machine = MACHINES[name]
    rows = Rows(data(machine, n_rows=40), np.float32, device)
    recipe = Recipe(ContrastiveDivergence(), sgd(Constant(rate), Constant(0.5), 0.0), 5, 10)
    epochs = []
    try:
        for epoch in train(machine, rows, start(machine, rows, 3, recipe, STREAMS), recipe, STREAMS, held_out=rows):
            epochs.append(epoch)
    except DivergedError:
        pass
    assert all(np.isfinite(value) for epoch in epochs for value in epoch.metrics.values())


def test_training_starts_at_the_log_odds_of_the_data(device):
    """Visible bias log(p/(1 − p)) of every feature, Hinton (2010) §8.1; hidden units at rest on average."""
    v = (np.random.default_rng(0).random((200, 4)) < [0.1, 0.4, 0.6, 0.95]).astype(float)
    rows = Rows(v, np.float64, device)
    state = start(BINARY, rows, 6, recipe_for(PersistentContrastiveDivergence(), 1, batch_size=9), STREAMS)
    p = v.mean(axis=0)
    np.testing.assert_allclose(to_numpy(state.parameters.visible["bias"]), np.log(p / (1 - p)), rtol=1e-12)
    inputs = v @ to_numpy(state.parameters.weights) + to_numpy(state.parameters.hidden["bias"])
    np.testing.assert_allclose(inputs.mean(axis=0), np.log(REST / (1 - REST)), rtol=1e-12)
    assert tuple(state.chains.shape) == (9, 6)
    assert state.epoch == 0


@pytest.mark.parametrize("scale, n_features", [(1.0, 3), (1e-3, 3), (1e4, 300)])
def test_first_weights_follow_the_spread_of_the_data(scale, n_features, device):
    """Inputs vary by `INPUT_SPREAD`, whatever the scale and number of features, in the layer where they vary more.

    The variance over the rows of a hidden unit's input, or over the states of hidden units at rest, on with probability
    `REST`, of a visible unit's input. Both are averaged over units: within 6 standard errors of a mean of 1200 χ²
    variables.
    """
    machine = Machine(Gaussian(), Bernoulli())
    v = np.random.default_rng(0).normal(5.0, scale, (50, n_features))
    state = start(machine, Rows(v, np.float64, device), 400, recipe_for(ContrastiveDivergence(), 1), STREAMS)
    weights = to_numpy(state.parameters.weights)
    of_hidden, of_visible = (v @ weights).var(axis=0).mean(), REST * (1 - REST) * (weights**2).sum(axis=1).mean()
    assert (of_hidden > of_visible) == (scale > 1)
    assert max(of_hidden, of_visible) == pytest.approx(INPUT_SPREAD**2, rel=6 * np.sqrt(2 / 3 / 400))


def test_the_scale_of_the_first_weights_can_be_said(device):
    v = np.random.default_rng(0).normal(size=(50, 100))
    recipe = replace(recipe_for(ContrastiveDivergence(), 1), weight_scale=0.7)
    state = start(Machine(Gaussian(), Bernoulli()), Rows(v, np.float64, device), 100, recipe, STREAMS)
    assert to_numpy(state.parameters.weights).std() == pytest.approx(0.7, rel=0.05)


def epochs_with(losses):
    return (
        Epoch("pretrain", 0, number, 99, {"loss": loss}, "plain", state=None)
        for number, loss in enumerate(losses, start=1)
    )


@pytest.mark.parametrize(
    "losses, patience, n_seen, best",
    [
        ([3.0, 2.0, 2.5, 2.4, 2.3, 1.0], 3, 5, 2),
        ([3.0, 2.0, 2.5, 1.9, 2.3, 2.2, 2.1, 0.0], 3, 7, 4),
        ([1.0, 1.0, 1.0], 1, 2, 1),
        ([3.0, 2.0, 1.0], 1, 3, 3),
    ],
)
def test_early_stopping_keeps_the_best_and_stops_when_patience_ends(losses, patience, n_seen, best):
    stopping, source = EarlyStopping("loss", patience), epochs_with(losses)
    seen = [epoch.epoch for epoch in stopping.watch(source)]
    assert seen == list(range(1, n_seen + 1))
    assert stopping.best.epoch == best
    assert len(list(itertools.islice(source, 99))) == len(losses) - n_seen


def test_early_stopping_prefers_any_number_to_none():
    """A metric that is not a number is never the best once there is a number."""
    stopping = EarlyStopping("loss", patience=3)
    list(stopping.watch(epochs_with([float("nan"), 2.0, 3.0])))
    assert stopping.best.epoch == 2


@pytest.mark.parametrize(
    "machine, gradient, says",
    [
        (
            BINARY,
            PersistentContrastiveDivergence(sample_everything=True),
            r"\(no kernel samples everything\); use grad",
        ),
        (BINARY, TemperedGradient(), r"\(no kernel for the gradient TemperedGradient\); use gradient='cd', or one"),
        (Machine(Bernoulli(), Poisson()), PersistentContrastiveDivergence(), "cannot train documents or hidden counts"),
    ],
)
def test_several_processes_say_what_they_cannot_train(machine, gradient, says):
    rows = Rows(data(machine), np.float64)
    recipe = replace(recipe_for(gradient, 1), execution=Execution(Group(0, 2)))
    with pytest.raises(ParallelError, match=says):
        next(train(machine, rows, start(machine, rows, 3, recipe, STREAMS), recipe, STREAMS))
