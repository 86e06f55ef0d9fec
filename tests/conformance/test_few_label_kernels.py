"""Steps with few labels: the kernel learns what the plain steps learn, and goes on from wherever it was broken off."""

import itertools
from functools import partial

import numpy as np
import pytest

from deepbelief.core import kernels, native
from deepbelief.core.activations import ACTIVATIONS, Rectified
from deepbelief.core.network import Layers, Network
from deepbelief.core.optimizers import adam, sgd
from deepbelief.core.outputs import Sigmoid
from deepbelief.core.progress import NO_PAUSES, Epoch, Pauses, State
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.recipes import Consistency, FineTuning
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant, Linear
from deepbelief.core.semisupervised import Unlabelled, finetune_semisupervised
from oracles.machines import assert_states_close

N_ROWS, N_FEATURES, N_CLASSES = 27, 7, 3
X = np.random.default_rng(0).random((N_ROWS, N_FEATURES))
KNOWN = np.arange(6)
LEARNERS = {
    "adam": adam(Linear(0.02, 0.01, 10), 0.02, lowest=0.4),
    "momentum": sgd(Linear(0.02, 0.01, 10), Constant(0.5), 0.02, lowest=0.4),
}
GUESSES = {
    "guesses": np.where(np.arange(N_ROWS) % 4, np.arange(N_ROWS) % N_CLASSES, -1),
    "no guesses": np.full(N_ROWS, -1),
}
TOLERANCE = {np.float64: 1e-11, np.float32: 1e-4}


def finetuned(
    dtype, learner, units, guesses, *, sizes=(5, 4), gains=True, weighted=True, mixup=False, pauses=NO_PAUSES
):
    """Ten epochs of steps of four rows with labels and eight of all kinds; guesses count in the first three."""
    rng = np.random.default_rng(1)
    shapes = list(zip((N_FEATURES, *sizes), (*sizes, N_CLASSES), strict=True))
    layers = Layers(
        tuple(rng.normal(0, 0.7, shape).astype(dtype) for shape in shapes),
        tuple(rng.normal(0, 0.3, shape[1]).astype(dtype) for shape in shapes),
        tuple(rng.uniform(0.5, 1.5, n).astype(dtype) for _, n in shapes) if gains else (),
    )
    weights = rng.random(N_ROWS) + 0.1 if weighted else None
    labelled = Rows(X[KNOWN], dtype, labels=KNOWN % N_CLASSES, weights=None if weights is None else weights[KNOWN])
    unlabelled = Unlabelled(Rows(X, dtype, labels=guesses, weights=weights), 0.4)
    recipe = FineTuning(learner, 10, 4, mixup=mixup)
    state, network = State(layers, recipe.optimizer.init(layers)), Network((units,) * len(sizes))
    return list(finetune_semisupervised(network, labelled, unlabelled, state, recipe, RandomStreams(5), pauses=pauses))


@pytest.fixture(params=[None, *native.instructions()])
def loops(request, monkeypatch):
    """Which loops in C there are, if any."""
    module = request.param and pytest.importorskip(f"deepbelief.core.native.{request.param}", exc_type=ImportError)
    monkeypatch.setattr(native, "module", module)
    return request.param


@pytest.mark.parametrize("units", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def test_networks_learn_the_same_from_few_labels(loops, units, monkeypatch):
    """Parameters, all that the optimizer keeps, and what is measured, after each pass with its short last batch."""
    cases = (LEARNERS.items(), [np.float32, np.float64], GUESSES.items(), [(), (5, 4)], [False, True], [False, True])
    for (way, learner), dtype, (name, guesses), sizes, gains, mixup in itertools.product(*cases):
        what = f"{way}, {name}, {len(sizes)} hidden layers, {gains}, {mixup}"
        arguments = partial(finetuned, dtype, learner, units, guesses, sizes=sizes, gains=gains, mixup=mixup)
        epochs = arguments()
        assert epochs[0].steps == f"kernel ({loops if dtype == np.float32 and loops else 'numpy'})"
        with monkeypatch.context() as patch:
            patch.setattr(kernels, "semisupervised_steps", lambda *_: kernels.NoKernel("a test"))
            plain = arguments()
        assert plain[0].steps == "plain: a test"
        atol = (10 if units == Rectified() else 1) * TOLERANCE[dtype]
        for one, other in zip(epochs[:4], plain[:4], strict=True):
            assert_states_close(one.state, other.state, what, atol)
            for metric, value in other.metrics.items():
                assert one.metrics[metric] == pytest.approx(value, rel=1e-3, abs=atol), metric


def test_few_labels_go_on_from_the_middle_of_a_pass(loops):
    """Bit for bit, after each step of the first pass in turn."""
    for learner, units in itertools.product(LEARNERS.values(), ACTIVATIONS.values()):
        arguments = partial(finetuned, np.float32, learner, units, GUESSES["guesses"], weighted=False, mixup=True)
        found = arguments(pauses=Pauses(pause=lambda: True))
        stops = list(itertools.takewhile(lambda one: not isinstance(one, Epoch), found))
        whole = found[len(stops)]
        assert len(stops) == 3
        for stop in stops:
            rest = arguments(pauses=Pauses(resume=lambda place, beginning, stop=stop: stop.state))[0]
            assert rest.metrics == whole.metrics
            assert_states_close(rest.state, whole.state)


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"network": Network((), Sigmoid())}, "no kernel for unlabelled rows and Sigmoid outputs"),
        ({"centre": ()}, "no kernel for unlabelled rows and centred gradients"),
    ],
)
def test_where_the_kernel_does_not_fit_it_is_said_why(changes, says):
    layers = Layers((np.zeros((N_FEATURES, N_CLASSES)),), (np.zeros(N_CLASSES),))
    recipe = FineTuning(LEARNERS["adam"], 1, 4)
    given = {"network": Network(), "centre": None} | changes
    rows = Rows(X, np.float64, labels=GUESSES["guesses"])
    steps = kernels.semisupervised_steps(
        given["network"],
        recipe,
        rows,
        rows,
        np.arange(N_ROWS),
        (4, 8),
        State(layers, recipe.optimizer.init(layers)),
        {},
        given["centre"],
        Consistency(0.4, False, 2.0, lambda epoch: (1.0, 0.0)),
        (RandomStreams(0).stream("labelled", 0), RandomStreams(0).stream("directions", 0)),
    )
    assert steps == kernels.NoKernel(says)
