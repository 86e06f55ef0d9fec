"""The network: backpropagation by differences, dropout, and the optimum of a convex problem."""

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from deepbelief.core.activations import Rectified
from deepbelief.core.arrays import to_numpy
from deepbelief.core.devices import to_device
from deepbelief.core.finetuning import evaluate, finetune
from deepbelief.core.network import Layers, Network
from deepbelief.core.optimizers import sgd
from deepbelief.core.outputs import SquaredError
from deepbelief.core.phases import SOFTMAX, Place
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.recipes import FineTuning
from deepbelief.core.rows import ROWS_AT_ONCE, Rows
from deepbelief.core.schedules import Constant
from deepbelief.core.training import State
from deepbelief.core.trees import tree_map
from deepbelief.core.units import Bernoulli, Gaussian
from deepbelief.core.unrolling import blank_top
from oracles import feed_forward, finite_differences
from oracles.machines import place

HIDDEN = {
    "softmax_only": (),
    "bernoulli": (Bernoulli(),),
    "gaussian": (Gaussian(),),
    "bernoulli-bernoulli": (Bernoulli(), Bernoulli()),
    "bernoulli-gaussian": (Bernoulli(), Gaussian()),
    "gaussian-bernoulli": (Gaussian(), Bernoulli()),
    "gaussian-gaussian": (Gaussian(), Gaussian()),
    "rectified-rectified": (Rectified(), Rectified()),
}
N_FEATURES, N_CLASSES, N_ROWS = 4, 3, 6
STREAMS = RandomStreams(8)


@pytest.fixture(params=HIDDEN.values(), ids=HIDDEN.keys())
def hidden(request):
    return request.param


def layers_for(hidden, seed=0):
    rng = np.random.default_rng(seed)
    sizes = [N_FEATURES, *(5, 2)[: len(hidden)], N_CLASSES]
    shapes = list(itertools.pairwise(sizes))
    return Layers(
        tuple(rng.normal(0, 0.7, shape) for shape in shapes), tuple(rng.normal(0, 0.5, shape[1]) for shape in shapes)
    )


def labelled(n_rows=N_ROWS, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_rows, N_FEATURES)), np.arange(n_rows) % N_CLASSES


def fixed_masks(hidden, with_input):
    """Return masks of zeros and twos for the input (or None) and for every hidden layer."""
    rng = np.random.default_rng(4)
    widths = [N_FEATURES, *(5, 2)[: len(hidden)]]
    masks = [2.0 * (rng.random((N_ROWS, width)) < 0.6) for width in widths]
    return masks if with_input else [None, *masks[1:]]


def assert_layers_close(actual, expected, rtol=0.0, atol=0.0):
    for got, wanted in zip(actual.weights + actual.biases, expected.weights + expected.biases, strict=True):
        np.testing.assert_allclose(to_numpy(got), to_numpy(wanted), rtol=rtol, atol=atol)


@pytest.mark.parametrize("dropout", ["none", "hidden", "input_and_hidden"])
def test_backpropagation_is_the_slope_of_the_log_likelihood(hidden, dropout, device):
    """Every weight and bias, against differences of a forward pass written unit by unit, to 1e-6 of each."""
    x, classes = labelled()
    layers = layers_for(hidden)
    masks = [None] * (1 + len(hidden)) if dropout == "none" else fixed_masks(hidden, dropout == "input_and_hidden")
    expected = finite_differences.gradient(
        lambda changed: feed_forward.mean_log_likelihood(hidden, changed, x, classes, masks), layers
    )
    gradient, log_probabilities = Network(hidden).gradient(
        place(layers, device),
        to_device(x, device),
        to_device(np.eye(N_CLASSES)[classes], device),
        [None if mask is None else to_device(mask, device) for mask in masks],
    )
    assert_layers_close(gradient, expected, rtol=1e-6, atol=1e-9)
    likelihood = to_numpy(log_probabilities)[np.arange(N_ROWS), classes].mean()
    assert likelihood == pytest.approx(feed_forward.mean_log_likelihood(hidden, layers, x, classes, masks), rel=1e-12)


def test_errors_of_a_layer_are_the_slopes_of_the_loss_in_its_biases(hidden):
    """Of each row, by differences; squared, summed over units and rows, over the same of the output."""
    x, classes = labelled()
    layers, network = layers_for(hidden), Network(hidden, SquaredError())
    truth = np.eye(N_CLASSES)[classes]

    def slopes(depth, step=1e-6):
        found = 0.0
        for unit in range(len(layers.biases[depth])):
            ends = []
            for sign in (1, -1):
                biases = [bias.copy() for bias in layers.biases]
                biases[depth][unit] += sign * step
                answers = network.answers(Layers(layers.weights, tuple(biases)), x)
                ends.append(network.output.loss(answers, truth))
            found += (((ends[0] - ends[1]) / (2 * step)) ** 2).sum()
        return found

    expected = [slopes(depth) / slopes(len(hidden)) for depth in range(len(hidden) + 1)]
    assert network.error_gains(layers, x, truth) == pytest.approx(expected, rel=1e-6)


def test_forward_pass_agrees_with_the_one_written_unit_by_unit(hidden, device):
    x, _ = labelled()
    layers = layers_for(hidden)
    expected = [feed_forward.class_probabilities(hidden, layers, row) for row in x]
    actual = np.exp(to_numpy(Network(hidden).answers(place(layers, device), to_device(x, device))))
    np.testing.assert_allclose(actual, expected, rtol=1e-12)


@dataclass(frozen=True)
class RecordingNetwork(Network):
    """A network that keeps the rows and the dropout masks it is given."""

    seen: list = field(default_factory=list)
    kept: list = field(default_factory=list)

    def gradient(self, layers, x, targets, masks, row_weights):
        self.seen.append(to_numpy(x))
        self.kept.append([None if mask is None else to_numpy(mask) for mask in masks])
        return super().gradient(layers, x, targets, masks, row_weights)


def recorded(hidden, dropout, input_dropout, device, n_rows, n_epochs=1):
    """Return a network that was given all rows in one batch in every epoch."""
    network = RecordingNetwork(hidden)
    x, classes = labelled(n_rows)
    recipe = FineTuning(sgd(Constant(0.0), Constant(0.0), 0.0), n_epochs, n_rows, dropout, input_dropout)
    layers = place(layers_for(hidden), device)
    state = State(layers, recipe.optimizer.init(layers))
    list(finetune(network, Rows(x, np.float64, device, labels=classes), state, recipe, STREAMS))
    return network


def test_dropout_keeps_every_expectation(device):
    """A mask is 0 or 1/(1 − rate), with mean 1 within 6 √(rate/(1 − rate)/n) over 20,000 rows, unit by unit."""
    (masks,) = recorded((Bernoulli(), Gaussian()), 0.5, 0.2, device, n_rows=20_000).kept
    assert [mask.shape[1] for mask in masks] == [4, 5, 2]
    for mask, rate in zip(masks, (0.2, 0.5, 0.5), strict=True):
        np.testing.assert_allclose(np.unique(mask), [0, 1 / (1 - rate)])
        assert np.abs(mask.mean(axis=0) - 1).max() <= 6 * math.sqrt(rate / (1 - rate) / len(mask))
        correlation = np.corrcoef(mask.T) - np.eye(mask.shape[1])
        assert np.abs(correlation).max() <= 6 / math.sqrt(len(mask))


def test_without_dropout_there_are_no_masks(device):
    assert recorded((Gaussian(),), 0.0, 0.0, device, n_rows=5).kept == [[None, None]]


def test_every_epoch_has_its_own_order_and_its_own_masks(device):
    """The same 50 rows, in two orders; half of 200 and of 250 mask entries differ from one epoch to the next."""
    network = recorded((Bernoulli(),), 0.5, 0.5, device, n_rows=50, n_epochs=2)
    first, second = network.seen
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.sort(first, axis=0), np.sort(second, axis=0))
    for before, after in zip(*network.kept, strict=True):
        assert abs(np.mean(before != after) - 0.5) <= 6 * math.sqrt(0.25 / before.size)


def test_softmax_regression_reaches_the_optimum_scikit_learn_finds(device):
    """With weight decay λ the problem is strictly convex in the weights, and LogisticRegression(C = 1/(λn)) solves it.

    At the optimum the gradient of the penalised likelihood vanishes; both reach the same penalised loss and the same
    probabilities.
    """
    x, classes = labelled(60, seed=2)
    x[np.arange(60), classes] += 1.0
    decay = 0.05
    recipe = FineTuning(sgd(Constant(0.5), Constant(0.9), decay), n_epochs=400, batch_size=60)
    rows = Rows(x, np.float64, device, labels=classes)
    blank = blank_top(N_FEATURES, N_CLASSES, rows.take(slice(1)))
    *_, last = finetune(Network(), rows, State(blank, recipe.optimizer.init(blank)), recipe, STREAMS)
    layers = last.state.parameters
    one_hot = to_device(np.eye(N_CLASSES)[classes], device)
    gradient, log_p = Network().gradient(layers, rows.take(slice(None)), one_hot, [None])
    assert np.abs(to_numpy(gradient.weights[0] - decay * layers.weights[0])).max() < 1e-9
    assert np.abs(to_numpy(gradient.biases[0])).max() < 1e-9

    peer = LogisticRegression(C=1 / (decay * 60), tol=1e-10, max_iter=10_000).fit(x, classes)
    np.testing.assert_allclose(np.exp(to_numpy(log_p)), peer.predict_proba(x), atol=1e-6)
    peer_loss = -peer.predict_log_proba(x)[np.arange(60), classes].mean() + decay / 2 * np.sum(peer.coef_**2)
    loss, _ = evaluate(Network(), layers, rows)
    assert loss + decay / 2 * np.sum(to_numpy(layers.weights[0]) ** 2) == pytest.approx(peer_loss, abs=1e-9)


@pytest.mark.parametrize("n_rows", [1, 7, ROWS_AT_ONCE + 5])
def test_evaluate_is_the_mean_loss_and_the_share_of_right_answers(n_rows, hidden, device):
    """Over all chunks, each row counted once."""
    x, classes = labelled(n_rows)
    network, layers = Network(hidden), layers_for(hidden)
    p = np.exp(network.answers(layers, x))
    loss, accuracy = evaluate(network, place(layers, device), Rows(x, np.float64, device, labels=classes))
    assert loss == pytest.approx(-np.log(p[np.arange(n_rows), classes]).mean(), rel=1e-10)
    assert accuracy == pytest.approx(np.mean(p.argmax(axis=1) == classes), abs=1e-12)


def test_a_network_that_cannot_tell_classes_apart_is_not_called_accurate(device):
    """All classes equally probable: one answer is given for every row, right for a third of balanced rows."""
    x, classes = labelled(30)
    blank = blank_top(N_FEATURES, N_CLASSES, to_device(x, device))
    loss, accuracy = evaluate(Network(), blank, Rows(x, np.float64, device, labels=classes))
    assert loss == pytest.approx(math.log(3))
    assert accuracy == pytest.approx(1 / 3)


def finetuned(hidden, n_epochs, device, state=None, held_out=None, dropout=0.3):
    x, classes = labelled(10)
    recipe = FineTuning(sgd(Constant(0.1), Constant(0.9), 0.01), n_epochs, 4, dropout, 0.1)
    if state is None:
        layers = place(layers_for(hidden), device)
        state = State(layers, recipe.optimizer.init(layers))
    rows = Rows(x, np.float64, device, labels=classes)
    return list(finetune(Network(hidden), rows, state, recipe, STREAMS, place=Place(SOFTMAX.name), held_out=held_out))


def test_resumed_fine_tuning_goes_on_as_if_nothing_had_happened(hidden, device):
    """Bit for bit, dropout and momentum included."""
    whole, first = finetuned(hidden, 4, device), finetuned(hidden, 1, device)
    rest = finetuned(hidden, 3, device, state=first[-1].state)
    assert_layers_close(rest[-1].state.parameters, whole[-1].state.parameters)
    assert [(epoch.phase, epoch.epoch) for epoch in first + rest] == [("softmax", number) for number in (1, 2, 3, 4)]
    assert rest[-1].metrics == whole[-1].metrics


def test_weight_decay_rises_along_a_line_around_its_mean(device):
    """Begun with a quarter, four passes have 0.4375, 0.8125, 1.1875 and 1.5625 of it: as so many fine-tunings would."""

    def trained(state, n_epochs, decay, first_decay=1.0):
        x, classes = labelled(10)
        recipe = FineTuning(sgd(Constant(0.1), Constant(0.9), decay), n_epochs, 4, first_decay=first_decay)
        if state is None:
            layers = place(layers_for((Bernoulli(),)), device)
            state = State(layers, recipe.optimizer.init(layers))
        rows = Rows(x, np.float64, device, labels=classes)
        *_, last = finetune(Network((Bernoulli(),)), rows, state, recipe, STREAMS)
        return last.state

    state, shares = None, (0.4375, 0.8125, 1.1875, 1.5625)
    for share in shares:
        state = trained(state, 1, share * 0.2)
    assert np.mean(shares) == 1
    assert_layers_close(trained(None, 4, 0.2, first_decay=0.25).parameters, state.parameters)
    constant = to_numpy(trained(None, 4, 0.2).parameters.weights[0])
    assert np.abs(constant - to_numpy(state.parameters.weights[0])).max() > 1e-4


def test_held_out_rows_change_no_number_of_fine_tuning(hidden, device):
    x, classes = labelled(9, seed=5)
    plain = finetuned(hidden, 2, device)[-1]
    watched = finetuned(hidden, 2, device, held_out=Rows(x, np.float64, device, labels=classes))[-1]
    assert_layers_close(watched.state.parameters, plain.state.parameters)
    loss, accuracy = evaluate(Network(hidden), plain.state.parameters, Rows(x, np.float64, device, labels=classes))
    assert watched.metrics == plain.metrics | {"validation_loss": loss, "validation_accuracy": accuracy}


def test_one_full_batch_is_one_step_along_the_gradient(hidden, device):
    """θ + rate · ∇, without momentum, decay or dropout; the loss reported is that of the parameters before the step."""
    x, classes = labelled(10)
    layers = place(layers_for(hidden), device)
    recipe = FineTuning(sgd(Constant(0.2), Constant(0.0), 0.0), 1, 10)
    rows = Rows(x, np.float64, device, labels=classes)
    (epoch,) = finetune(Network(hidden), rows, State(layers, recipe.optimizer.init(layers)), recipe, STREAMS)
    one_hot = to_device(np.eye(N_CLASSES)[classes], device)
    gradient, _ = Network(hidden).gradient(layers, to_device(x, device), one_hot, [None] * (1 + len(hidden)))
    expected = tree_map(lambda value, slope: value + 0.2 * slope, layers, gradient)
    assert_layers_close(epoch.state.parameters, expected, rtol=1e-12, atol=1e-14)
    loss, _ = evaluate(Network(hidden), layers, rows)
    assert epoch.metrics["loss"] == pytest.approx(loss, rel=1e-12)
