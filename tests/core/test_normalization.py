"""Batch normalisation, and rows moved against the network: gradients by differences, functions that stay the same."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from deepbelief.core.adversarial import adversarial
from deepbelief.core.arrays import to_numpy
from deepbelief.core.devices import to_device
from deepbelief.core.finetuning import evaluate, finetune
from deepbelief.core.folding import folded, normalised, renewed
from deepbelief.core.network import Layers, Network
from deepbelief.core.normalization import EPSILON
from deepbelief.core.optimizers import Chain, LearningRate, adam
from deepbelief.core.progress import Epoch, Midway, Pauses, State
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.recipes import FineTuning
from deepbelief.core.regularizing import regularized_gradient
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant
from deepbelief.core.trees import tree_map
from deepbelief.core.units import Bernoulli
from oracles import finite_differences
from oracles.machines import place

NETWORK = Network((Bernoulli(), Bernoulli()))
GENERATOR = np.random.default_rng(7)
X, CLASSES = GENERATOR.normal(size=(9, 4)), np.arange(9) % 3
TRUTH = np.eye(3)[CLASSES]
ROWS = Rows(X, np.float64, labels=CLASSES)


def some_layers(gains=True):
    sizes, generator = (4, 5, 4, 3), np.random.default_rng(1)
    shapes = list(pairwise(sizes))
    return Layers(
        tuple(generator.normal(size=shape) for shape in shapes),
        tuple(generator.normal(size=n) for _, n in shapes),
        tuple(generator.uniform(0.5, 2, size=n) for _, n in shapes) if gains else (),
    )


def answers_unit_by_unit(layers, x, parts):
    """Return log p(class | row) of a normalised network, written once more, with the moments of each part."""
    answers = []
    for part in parts:
        h = x[part]
        for depth, (weights, bias, gain) in enumerate(zip(layers.weights, layers.biases, layers.gains, strict=True)):
            z = h @ weights
            z = gain * (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + EPSILON) + bias
            h = 1 / (1 + np.exp(-z)) if depth < 2 else z
        answers.append(h - np.log(np.exp(h).sum(axis=1, keepdims=True)))
    return np.concatenate(answers)


@pytest.mark.parametrize("parts", [[slice(None)], [slice(5), slice(5, None)]], ids=["together", "in two parts"])
def test_backpropagation_goes_through_the_moments(parts, device):
    """Of weights, biases and gains, against differences in which a row also changes what the others are divided by."""
    layers, weights = some_layers(), np.random.default_rng(3).random(9)
    expected = finite_differences.gradient(
        lambda changed: float(weights @ (answers_unit_by_unit(changed, X, parts) * TRUTH).sum(axis=1)), layers
    )
    gradient, answers = NETWORK.gradient(
        place(layers, device),
        *(to_device(array, device) for array in (X, TRUTH)),
        row_weights=to_device(weights, device),
        parts=parts,
    )
    np.testing.assert_allclose(to_numpy(answers), answers_unit_by_unit(layers, X, parts), rtol=1e-10)
    for name in ("weights", "biases", "gains"):
        for got, wanted in zip(getattr(gradient, name), getattr(expected, name), strict=True):
            np.testing.assert_allclose(to_numpy(got), wanted, rtol=1e-5, atol=1e-7, err_msg=name)


def test_to_begin_with_normalisation_changes_no_answer():
    layers = some_layers(gains=False)
    begun = normalised(NETWORK, layers, ROWS)
    np.testing.assert_allclose(answers_unit_by_unit(begun, X, [slice(None)]), NETWORK.answers(layers, X), rtol=1e-10)
    back, _ = folded(NETWORK, begun, ROWS)
    for got, wanted in zip(back.weights + back.biases, layers.weights + layers.biases, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10)


def test_to_begin_anew_keeps_the_weights_alone():
    layers = some_layers()
    begun = renewed(layers)
    assert begun.weights is layers.weights
    assert all((bias == 0).all() for bias in begun.biases)
    assert all((gain == 1).all() for gain in begun.gains)
    assert [gain.shape for gain in begun.gains] == [bias.shape for bias in layers.biases]


def test_the_folded_network_is_an_ordinary_one_with_the_same_answers():
    layers = some_layers()
    plain, logits = folded(NETWORK, layers, X)
    assert plain.gains == ()
    np.testing.assert_allclose(NETWORK.answers(plain, X), answers_unit_by_unit(layers, X, [slice(None)]), rtol=1e-10)
    np.testing.assert_allclose(NETWORK.logits(plain, X), logits, rtol=1e-10)


def test_the_search_sees_the_moments_of_the_rows_as_they_are():
    """A move is along the slope of the divergence at a point beside the row, in the network with fixed moments."""
    layers, radius = some_layers(), 0.4
    moved, answers = adversarial(NETWORK, layers, X, radius, RandomStreams(0).stream("d").normal(X.shape, X))
    plain, _ = folded(NETWORK, layers, X)
    np.testing.assert_allclose(answers, np.exp(NETWORK.answers(plain, X)), rtol=1e-10)
    guess = RandomStreams(0).stream("d").normal(X.shape, X)
    guess *= radius / 4 / np.linalg.norm(guess, axis=1, keepdims=True)

    def divergence(at):
        return -(answers * NETWORK.answers(plain, at)).sum(axis=1)

    slopes = np.empty_like(X)
    for column in range(X.shape[1]):
        step = 1e-6 * np.eye(X.shape[1])[column]
        slopes[:, column] = (divergence(X + guess + step) - divergence(X + guess - step)) / 2e-6
    wanted = radius * slopes / np.linalg.norm(slopes, axis=1, keepdims=True)
    np.testing.assert_allclose(moved - X, wanted, rtol=1e-4, atol=1e-6)


def recipe_with(**settings):
    return FineTuning(adam(Constant(0.01), 0.0), 3, 4, **settings)


def begun_with(recipe, layers):
    return State(layers, recipe.optimizer.init(layers))


@pytest.mark.parametrize("others", [{"radius": 0.5}, {"mixup": True}, {"radius": 0.5, "mixup": True}], ids=str)
def test_a_step_is_the_slope_of_all_losses(others):
    """Cross-entropy at the rows; at moved ones, with the answers at the rows held fast; at mixtures, with mixed labels.

    Each of the three is normalised with its own moments.
    """
    layers = some_layers()
    recipe = FineTuning(Chain((LearningRate(Constant(1.0)),)), 1, 9, **others)
    (epoch,) = finetune(NETWORK, ROWS, begun_with(recipe, layers), recipe, RandomStreams(2))
    order = RandomStreams(2).stream("order", 0).permutation(9)
    x, truth = X[order], TRUTH[order]
    stream, parts = RandomStreams(2).stream("dropout", 0), [(x, truth)]
    if "radius" in others:
        parts.append(adversarial(NETWORK, layers, x, 0.5, stream.normal(x.shape, x)))
    if "mixup" in others:
        share, before = stream.uniform((9, 1), x), np.arange(9) - 1
        parts.append(tuple(share * values + (1 - share) * values[before] for values in (x, truth)))
    rows, targets = (np.concatenate(each) for each in zip(*parts, strict=True))
    together = [slice(first, first + 9) for first in range(0, len(rows), 9)]
    expected = finite_differences.gradient(
        lambda changed: float((answers_unit_by_unit(changed, rows, together) * targets).sum()) / 9,
        layers,
    )
    for name in ("weights", "biases", "gains"):
        for after, before, slope in zip(
            *(getattr(tree, name) for tree in (epoch.state.parameters, layers, expected)), strict=True
        ):
            np.testing.assert_allclose(after - before, slope, rtol=1e-5, atol=1e-7, err_msg=name)
    assert epoch.metrics["loss"] == pytest.approx(-(answers_unit_by_unit(layers, x, [slice(9)]) * truth).sum() / 9)


def test_noise_of_the_rows_has_its_deviation():
    """What a network sees of 4,000 rows of zeros has a deviation of 0.3 within 4 %, and the mean 0 within 4 errors."""
    seen = []

    class Watching(Network):
        def gradient(self, layers, x, *others):
            seen.append(x)
            return super().gradient(layers, x, *others)

    rows, truth = np.zeros((4000, 4)), np.eye(3)[np.zeros(4000, int)]
    recipe, layers = recipe_with(input_noise=0.3), some_layers(gains=False)
    stream = RandomStreams(0).stream("dropout", 0)
    regularized_gradient(Watching((Bernoulli(), Bernoulli())), layers, rows, truth, None, recipe, stream)
    np.testing.assert_allclose(seen[0].std(axis=0), 0.3, rtol=0.04)
    np.testing.assert_allclose(seen[0].mean(axis=0), 0, atol=0.3 * 4 / np.sqrt(4000))


@pytest.mark.parametrize(
    "settings",
    [{"radius": 0.5, "mixup": True}, {"dropout": 0.3, "input_noise": 0.2}],
    ids=["adversarial, mixed", "noise and dropout"],
)
def test_a_broken_off_epoch_goes_on_bit_for_bit(settings):
    recipe, layers = recipe_with(**settings), some_layers()
    whole = list(finetune(NETWORK, ROWS, begun_with(recipe, layers), recipe, RandomStreams(1)))
    asked = iter([False, True] + [False] * 100)
    broken = finetune(
        NETWORK, ROWS, begun_with(recipe, layers), recipe, RandomStreams(1), pauses=Pauses(lambda: next(asked))
    )
    midway = next(one for one in broken if isinstance(one, Midway))
    rest = finetune(
        NETWORK,
        ROWS,
        begun_with(recipe, layers),
        recipe,
        RandomStreams(1),
        pauses=Pauses(resume=lambda *_: midway.state),
    )
    last = [one for one in rest if isinstance(one, Epoch)][-1]
    tree_map(np.testing.assert_array_equal, last.state.parameters, whole[-1].state.parameters)
    assert last.metrics == whole[-1].metrics


def test_what_is_measured_between_passes_is_the_ordinary_network():
    recipe, layers = recipe_with(radius=0.5), some_layers()
    held_out = replace(ROWS, matrix=X[::-1] + 0.1)
    last = list(finetune(NETWORK, ROWS, begun_with(recipe, layers), recipe, RandomStreams(1), held_out=held_out))[-1]
    plain, _ = folded(NETWORK, last.state.parameters, ROWS)
    loss, accuracy = evaluate(NETWORK, plain, held_out)
    assert (last.metrics["validation_loss"], last.metrics["validation_accuracy"]) == (loss, accuracy)
    assert last.steps == "kernel (numpy)"  # at float64
