"""Fine-tuning with unlabelled rows: gradients by finite differences, the adversarial direction, what enters a step."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from deepbelief.core.adversarial import adversarial
from deepbelief.core.network import Layers, Network
from deepbelief.core.optimizers import sgd
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.recipes import FineTuning
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant
from deepbelief.core.semisupervised import Unlabelled, finetune_semisupervised
from deepbelief.core.training import State
from deepbelief.core.units import Bernoulli

TENTH = Constant(0.1)
NETWORK = Network((Bernoulli(), Bernoulli()))


def random_layers(seed: int = 0, sizes: tuple[int, ...] = (6, 5, 4, 3), scale: float = 1.5) -> Layers:
    generator = np.random.default_rng(seed)
    pairs = pairwise(sizes)
    weights = tuple(generator.normal(size=pair) * scale for pair in pairs)
    return Layers(weights, tuple(generator.normal(size=n) for n in sizes[1:]))


X = np.random.default_rng(5).random((7, 6))


def probabilities(layers: Layers, x: np.ndarray) -> np.ndarray:
    return np.exp(NETWORK.answers(layers, x))


def divergence(layers: Layers, x: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """KL between the answers at x and beside it, row by row."""
    p, q = probabilities(layers, x), probabilities(layers, moved)
    return (p * np.log(p / q)).sum(axis=1)


def test_input_gradient_is_the_finite_difference():
    layers, targets = random_layers(), np.random.default_rng(1).dirichlet(np.ones(3), 7)
    gradient = NETWORK.input_gradient(layers, X, targets)
    for column in range(X.shape[1]):
        step = np.zeros(X.shape[1])
        step[column] = 1e-6
        up, down = (targets * NETWORK.answers(layers, X + sign * step) for sign in (1, -1))
        np.testing.assert_allclose(gradient[:, column], (up - down).sum(axis=1) / 2e-6, atol=1e-7)


def test_row_weights_weigh_rows():
    """The sum with weights 1/n is the mean; a row of weight 0 does not count."""
    layers, targets = random_layers(), np.eye(3)[np.arange(7) % 3]
    plain, _ = NETWORK.gradient(layers, X, targets)
    weighted, _ = NETWORK.gradient(layers, X, targets, row_weights=np.full(7, 1 / 7))
    some, _ = NETWORK.gradient(layers, X, targets, row_weights=np.array([1 / 3] * 3 + [0.0] * 4))
    first, _ = NETWORK.gradient(layers, X[:3], targets[:3])
    for one, other in ((plain, weighted), (some, first)):
        for a, b in zip((*one.weights, *one.biases), (*other.weights, *other.biases), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-12)


def test_adversarial_rows_lie_at_the_radius_and_answers_at_the_rows():
    layers = random_layers()
    moved, answers = adversarial(NETWORK, layers, X, 0.3, RandomStreams(0).stream("d").normal(X.shape, X))
    np.testing.assert_allclose(np.linalg.norm(moved - X, axis=1), 0.3)
    np.testing.assert_allclose(answers, probabilities(layers, X))


def test_the_adversarial_direction_changes_the_answer_most():
    """More than the mean of 200 random moves of the same length for every row; near their best, or beyond, for most.

    Averaged over 20 first guesses: a single power iteration from an unlucky one falls short.
    """
    layers, streams = random_layers(scale=0.7), RandomStreams(0)
    moves = [
        adversarial(NETWORK, layers, X, 0.05, streams.stream("d", number).normal(X.shape, X))[0] for number in range(20)
    ]
    found = np.mean([divergence(layers, X, moved) for moved in moves], axis=0)
    generator = np.random.default_rng(2)
    others = []
    for _ in range(200):
        step = generator.normal(size=X.shape)
        others.append(divergence(layers, X, X + 0.05 * step / np.linalg.norm(step, axis=1, keepdims=True)))
    assert (found > np.mean(others, axis=0)).all()
    assert np.median(found / np.max(others, axis=0)) > 0.8


def epochs(
    guesses: np.ndarray, *, radius: float = 0.1, n_epochs: int = 4, schedule=TENTH, device: str = "numpy", mixup=False
):
    """Fine-tune on ten labelled and forty other rows."""
    x = np.random.default_rng(3).random((50, 6))
    targets = np.arange(10) % 3
    rows = Rows(x, np.float64, device)
    recipe = FineTuning(sgd(schedule, Constant(0.0), 0.0), n_epochs, 5, mixup=mixup)
    layers = random_layers(4)
    if device != "numpy":
        import torch

        layers = Layers(tuple(map(torch.from_numpy, layers.weights)), tuple(map(torch.from_numpy, layers.biases)))
    state = State(layers, recipe.optimizer.init(layers))
    unlabelled = Unlabelled(replace(rows, labels=guesses), radius)
    labelled = replace(rows, labels=np.resize(targets, 50)).subset(np.arange(10))
    running = finetune_semisupervised(NETWORK, labelled, unlabelled, state, recipe, RandomStreams(1), held_out=labelled)
    return list(running)


NOBODY = np.full(50, -1)


def parameters(epoch) -> list[np.ndarray]:
    return [np.asarray(array) for array in (*epoch.state.parameters.weights, *epoch.state.parameters.biases)]


def test_the_same_seed_gives_the_same_network_and_a_pass_is_over_all_rows():
    one, other = epochs(NOBODY), epochs(NOBODY)
    assert [epoch.epoch for epoch in one] == [1, 2, 3, 4]
    for a, b in zip(parameters(one[-1]), parameters(other[-1]), strict=True):
        np.testing.assert_array_equal(a, b)
    assert {"loss", "accuracy", "update_ratio", "validation_loss", "validation_accuracy"} == set(one[0].metrics)


def test_guesses_count_in_the_beginning_only():
    """Of ten epochs they guide the first three; from the fourth on equal networks stay equal."""
    right, wrong = np.arange(50) % 3, (np.arange(50) + 1) % 3
    apart = [
        max(np.abs(a - b).max() for a, b in zip(parameters(one), parameters(other), strict=True))
        for one, other in zip(epochs(right, n_epochs=10), epochs(wrong, n_epochs=10), strict=True)
    ]
    assert apart[0] > 1e-3
    assert steps_of(right, epoch=4) == steps_of(wrong, epoch=4)
    assert steps_of(right, epoch=2) != steps_of(wrong, epoch=2)


def steps_of(guesses: np.ndarray, epoch: int) -> float:
    """Loss on the labelled rows after only this one of ten epochs changed anything: the rate is 0 in all others."""

    def only_then(now: float) -> float:
        return 0.1 if epoch - 1 <= now < epoch else 0.0

    return epochs(guesses, n_epochs=10, schedule=only_then)[-1].metrics["validation_loss"]


def test_rows_without_a_guess_are_not_guided():
    """A guess that a step never sees changes nothing in it: only the batches with the guessed row differ."""
    some = NOBODY.copy()
    some[20] = 2
    order = RandomStreams(1).stream("order", 0).permutation(50)
    batch = int(np.flatnonzero(order == 20)[0]) // 10  # batches of ten rows, five in a pass

    def steps_until(n: int, guesses: np.ndarray) -> float:
        """Loss after the first `n` steps of the first pass; the rate is zero afterwards."""

        def schedule(now: float) -> float:
            return 0.1 if now < n / 5 - 1e-9 else 0.0

        return epochs(guesses, schedule=schedule)[0].metrics["validation_loss"]

    assert steps_until(batch, some) == steps_until(batch, NOBODY)
    assert steps_until(batch + 1, some) != steps_until(batch + 1, NOBODY)


def gradient_of_step(number: int, guesses: np.ndarray, n_epochs: int, radius: float, mixup: bool) -> list[np.ndarray]:
    """Return the gradient of a step, written down anew from the objective, where all steps before it had a rate of 0.

    Five labelled rows and ten of all rows. The labelled ones count by their cross-entropy; the others by that between
    the answer at the moved row and the squared answer at the row, normalised, which rises to its full weight over the
    first tenth of training; and by that to their guess, whose weight falls to zero over the first three tenths.

    If rows are mixed, the power is 1.5 instead of 2, and guesses count for one tenth. The cross-entropy at mixtures of
    two rows, to the mixture of both sharpened answers, has the same weight as that at moved rows.
    """
    x, layers, streams = np.random.default_rng(3).random((50, 6)), random_layers(4), RandomStreams(1)
    epoch, step = divmod(number, 5)
    draws, directions = streams.stream("labelled", epoch), streams.stream("directions", epoch)
    order = streams.stream("order", epoch).permutation(50).reshape(5, 10)
    for batch in order[: step + 1]:
        chosen = draws.choice(10, 5)
        moved, answers = adversarial(NETWORK, layers, x[batch], radius, directions.normal((10, 6), x))
        share = directions.uniform((10, 1), x) if mixup else None
    time = number / 5 / n_epochs
    power, guided = (1.5, 0.1) if mixup else (2, 0.3)
    sharpened = answers**power / (answers**power).sum(axis=1, keepdims=True)
    trees = [(1.0, NETWORK.gradient(layers, x[chosen], np.eye(3)[chosen % 3])[0])]
    trees += [(min(1, time / 0.1), NETWORK.gradient(layers, moved, sharpened)[0])]
    if share is not None:
        between = [share * values + (1 - share) * values[np.arange(10) - 1] for values in (x[order[step]], sharpened)]
        trees += [(min(1, time / 0.1), NETWORK.gradient(layers, *between)[0])]
    guessed = guesses[order[step]] >= 0
    if guessed.any():
        truth = np.eye(3)[guesses[order[step]][guessed]]
        tree, _ = NETWORK.gradient(layers, x[order[step]][guessed], truth)
        trees += [(max(0, 1 - time / guided) * guessed.mean(), tree)]
    lists = [(weight, (*tree.weights, *tree.biases)) for weight, tree in trees]
    return [sum(weight * arrays[place] for weight, arrays in lists) for place in range(6)]


@pytest.mark.parametrize("mixup", [False, True])
@pytest.mark.parametrize("number", [0, 3, 7, 14, 90])
@pytest.mark.parametrize("guesses", [NOBODY, np.where(np.arange(50) % 2, np.arange(50) % 3, -1)], ids=["none", "some"])
def test_a_step_is_the_gradient_of_the_objective(number, guesses, mixup):
    """Without sharpening, warm-up, or two rows of all kinds for each labelled one, it would be another."""

    def schedule(now: float) -> float:
        return 0.1 if abs(now - number / 5) < 1e-9 else 0.0

    after_all = epochs(guesses, radius=0.5, n_epochs=20, schedule=schedule, mixup=mixup)[-1]
    first, last = random_layers(4), parameters(after_all)
    expected = gradient_of_step(number, guesses, 20, 0.5, mixup)
    for before, after, gradient in zip((*first.weights, *first.biases), last, expected, strict=True):
        np.testing.assert_allclose((after - before) / 0.1, gradient, rtol=1e-6, atol=1e-9)  # row weights are float32


@pytest.mark.usefixtures("torch")
def test_torch_computes_the_same():
    on_numpy, on_torch = (epochs(NOBODY, device=device, mixup=True)[-1] for device in ("numpy", "cpu"))
    for a, b in zip(parameters(on_numpy), parameters(on_torch), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
