"""Kernels against the plain steps: the same random numbers give the same parameters, to within rounding."""

import itertools
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import scipy.sparse

from deepbelief.core import devices, kernels, native
from deepbelief.core.activations import ACTIVATIONS, Rectified
from deepbelief.core.arrays import to_numpy
from deepbelief.core.distortion import Distortion
from deepbelief.core.finetuning import finetune
from deepbelief.core.gradients import ContrastiveDivergence, ExactGradient, PersistentContrastiveDivergence
from deepbelief.core.kernels.engine import engine_for
from deepbelief.core.kernels.native_engine import NativeEngine
from deepbelief.core.kernels.numpy_engine import NumpyEngine
from deepbelief.core.network import Layers, Network
from deepbelief.core.optimizers import Chain, LearningRate, adam, sgd
from deepbelief.core.progress import NO_PAUSES, Epoch, Midway, Pauses, State
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import FineTuning, Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant, Linear, Switch
from deepbelief.core.semisupervised import Unlabelled, finetune_semisupervised
from deepbelief.core.training import start, train
from deepbelief.core.units import Bernoulli, Gaussian, Poisson
from oracles.machines import assert_states_close, assert_trees_close, example, place, sizes

GRADIENTS = {
    "cd1": ContrastiveDivergence(),
    "cd3": ContrastiveDivergence(3),
    "pcd1": PersistentContrastiveDivergence(),
    "pcd2": PersistentContrastiveDivergence(2),
}
N_ROWS, N_FEATURES, N_HIDDEN, N_CLASSES = 23, 7, 5, 3
PIXELS = np.random.default_rng(0).integers(0, 256, (N_ROWS, N_FEATURES)).astype(np.uint8)
MATRICES = {
    "floats": PIXELS / 255,
    "bytes": PIXELS,
    "sparse": scipy.sparse.csr_matrix(PIXELS / 255),
}
TARGETS = np.arange(N_ROWS) % N_CLASSES
TOLERANCE = {np.float64: 1e-12, np.float32: 2e-6}
BINARY = Machine(Bernoulli(), Bernoulli())
REAL = Machine(Gaussian(), Bernoulli())


@pytest.fixture(params=["numpy", *native.instructions(), "torch"])
def device(request, monkeypatch):
    """Where the arrays live, and there the kernels of each kind: NumPy's, those in C, torch's."""
    if request.param == "torch":
        request.getfixturevalue("torch")
        return "cpu"
    loops = None
    if request.param != "numpy":
        loops = pytest.importorskip(f"deepbelief.core.native.{request.param}", exc_type=ImportError)
    monkeypatch.setattr(native, "module", loops)
    return "numpy"


def rows_of(kind, dtype, device):
    span = 255.0 if kind == "bytes" else 1.0
    return Rows(MATRICES[kind], dtype, device, 0.0, span).moved()


def optimizer(decay):
    """Return one in which everything depends on the time."""
    return sgd(Linear(0.3, 0.1, 3), Switch(0.5, 0.9, 1.4), decay, lowest=0.4)


def trained(rows, gradient, decay, batch_size, centred=False, machine=BINARY):
    recipe = Recipe(gradient, optimizer(decay), 3, batch_size, centred=centred)
    streams = RandomStreams(5)
    return list(train(machine, rows, start(machine, rows, N_HIDDEN, recipe, streams), recipe, streams))


def finetuned(rows, sizes, decay, batch_size, centred=False, weights=None):
    rng = np.random.default_rng(1)
    shapes = list(zip((N_FEATURES, *sizes), (*sizes, N_CLASSES), strict=True))
    layers = Layers(
        tuple(rng.normal(0, 0.7, shape).astype(rows.dtype) for shape in shapes),
        tuple(rng.normal(0, 0.3, shape[1]).astype(rows.dtype) for shape in shapes),
    )
    layers = place(layers, rows.device)
    recipe = FineTuning(optimizer(decay), 3, batch_size, centred=centred)
    state = State(layers, recipe.optimizer.init(layers))
    rows = replace(rows, labels=TARGETS, weights=weights)
    return list(finetune(Network((Bernoulli(),) * len(sizes)), rows, state, recipe, RandomStreams(5)))


def finetuned_harder(
    rows, sizes, batch_size, learner, units, is_normalised=False, weights=None, pauses=NO_PAUSES, **settings
):
    """Two epochs, perhaps with normalised layers, whose gains and biases differ from unit to unit."""
    rng = np.random.default_rng(1)
    shapes = list(zip((N_FEATURES, *sizes), (*sizes, N_CLASSES), strict=True))
    gains = tuple(rng.uniform(0.5, 1.5, n).astype(rows.dtype) for _, n in shapes) if is_normalised else ()
    layers = Layers(
        tuple(rng.normal(0, 0.7, shape).astype(rows.dtype) for shape in shapes),
        tuple(rng.normal(0, 0.3, shape[1]).astype(rows.dtype) for shape in shapes),
        gains,
    )
    recipe = FineTuning(learner, 2, batch_size, **settings)
    state = State(layers, recipe.optimizer.init(layers))
    network, rows = Network((units,) * len(sizes)), replace(rows, labels=TARGETS, weights=weights)
    return list(finetune(network, rows, state, recipe, RandomStreams(5), pauses=pauses))


def without_kernels(monkeypatch, function, *arguments):
    with monkeypatch.context() as plain:
        plain.setattr(kernels, "machine_steps", lambda *_: kernels.NoKernel("a test"))
        plain.setattr(kernels, "network_steps", lambda *_: kernels.NoKernel("a test"))
        return function(*arguments)


def assert_layers_close(actual, expected, atol):
    for one, other in zip((*actual.weights, *actual.biases), (*expected.weights, *expected.biases), strict=True):
        np.testing.assert_allclose(to_numpy(one), to_numpy(other), rtol=0, atol=atol)


def assert_metrics_close(epochs, plain, atol):
    assert [epoch.metrics.keys() for epoch in epochs] == [epoch.metrics.keys() for epoch in plain]
    values = [list(epoch.metrics.values()) for epoch in epochs]
    np.testing.assert_allclose(values, [list(epoch.metrics.values()) for epoch in plain], rtol=1e-3, atol=atol)


@pytest.mark.parametrize("gradient", GRADIENTS.values(), ids=GRADIENTS.keys())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", MATRICES)
@pytest.mark.parametrize(
    "decay, batch_size, centred", [(0.0, 10, False), (0.02, 10, False), (0.02, 100, False), (0.02, 10, True)]
)
def test_machines_learn_the_same(gradient, dtype, kind, decay, batch_size, centred, device, monkeypatch):
    """Three epochs with a short last batch, or with one batch shorter than planned: parameters, velocity, chains."""
    rows, atol = rows_of(kind, dtype, device), TOLERANCE[dtype]
    epochs = trained(rows, gradient, decay, batch_size, centred)
    plain = without_kernels(monkeypatch, trained, rows, gradient, decay, batch_size, centred)
    for one, other in zip(epochs, plain, strict=True):
        assert_trees_close(one.state.parameters, other.state.parameters, atol=atol)
        assert_trees_close(one.state.optimizer["Momentum"], other.state.optimizer["Momentum"], atol=atol)
        if other.state.chains is not None:
            np.testing.assert_array_equal(to_numpy(one.state.chains), to_numpy(other.state.chains))
    assert_metrics_close(epochs, plain, atol)


@pytest.mark.parametrize("gradient", GRADIENTS.values(), ids=GRADIENTS.keys())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("centred", [False, True])
def test_machines_of_real_valued_visible_units_learn_the_same(gradient, dtype, centred, device, monkeypatch):
    """Three epochs, as above; every feature has a scale of its own."""
    shift, scale = PIXELS.mean(axis=0), PIXELS.std(axis=0)
    rows, atol = Rows(PIXELS.astype(dtype), dtype, device, shift, scale), TOLERANCE[dtype]
    epochs = trained(rows, gradient, 0.02, 10, centred, REAL)
    plain = without_kernels(monkeypatch, trained, rows, gradient, 0.02, 10, centred, REAL)
    for one, other in zip(epochs, plain, strict=True):
        assert_trees_close(one.state.parameters, other.state.parameters, atol=5 * atol)
    assert_metrics_close(epochs, plain, atol)


@pytest.mark.parametrize("gradient", GRADIENTS.values(), ids=GRADIENTS.keys())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("machine", [BINARY, REAL], ids=["binary", "real"])
def test_machines_learn_the_same_from_rows_with_holes_and_weights(gradient, dtype, machine, device, monkeypatch):
    """Three epochs, as above: what is not known is filled in, and each row counts by its weight."""
    holes = np.random.default_rng(6).random(PIXELS.shape) < 0.3
    matrix = np.where(holes, np.nan, PIXELS).astype(dtype)
    weights = np.random.default_rng(7).random(len(matrix)) + 0.1
    whole = Rows(matrix, dtype, device, 0.0, 255.0, stand_in=np.full(PIXELS.shape[1], 0.4))
    for rows in (whole, Rows(PIXELS, dtype, device, 0.0, 255.0, weights=weights), replace(whole, weights=weights)):
        epochs = trained(rows, gradient, 0.02, 10, True, machine)
        plain = without_kernels(monkeypatch, trained, rows, gradient, 0.02, 10, True, machine)
        assert epochs[0].steps.startswith("kernel") == (device == "numpy" or machine is BINARY)
        for one, other in zip(epochs, plain, strict=True):
            assert_trees_close(one.state.parameters, other.state.parameters, atol=5 * TOLERANCE[dtype])
        assert_metrics_close(epochs, plain, 5 * TOLERANCE[dtype])


@pytest.mark.parametrize("gradient", GRADIENTS.values(), ids=GRADIENTS.keys())
@pytest.mark.parametrize("has_holes", [False, True])
def test_machines_learn_the_same_from_values_drawn_anew(gradient, has_holes, device, monkeypatch):
    """Grey values are probabilities of ones; what is not known is not drawn."""
    holes = np.random.default_rng(6).random(PIXELS.shape) < (0.3 if has_holes else 0.0)
    matrix = np.where(holes, np.nan, PIXELS / 255.0)
    stand_in = np.full(PIXELS.shape[1], 0.4) if has_holes else None
    rows = Rows(matrix, np.float64, device, stand_in=stand_in).moved()

    def drawn_anew():
        recipe, streams = Recipe(gradient, optimizer(0.02), 2, 10, centred=True, binarized=True), RandomStreams(5)
        return list(train(BINARY, rows, start(BINARY, rows, N_HIDDEN, recipe, streams), recipe, streams))

    epochs, plain = drawn_anew(), without_kernels(monkeypatch, drawn_anew)
    assert epochs[0].steps.startswith("kernel")
    for one, other in zip(epochs, plain, strict=True):
        assert_trees_close(one.state.parameters, other.state.parameters, atol=1e-12)
    assert_metrics_close(epochs, plain, 1e-12)


@pytest.mark.parametrize("gradient", ["cd1", "cd3", "pcd2"])
@pytest.mark.parametrize(
    "dtype, loops", [(np.float64, None), *((np.float32, name) for name in native.instructions()[-1:])]
)
def test_machines_of_any_units_learn_the_same(machine, gradient, dtype, loops, monkeypatch):
    """Two epochs from weighted rows that the machine itself might draw: parameters beside the bias, too."""
    module = loops and pytest.importorskip(f"deepbelief.core.native.{loops}", exc_type=ImportError)
    monkeypatch.setattr(native, "module", module)
    rng, parameters = np.random.default_rng(3), example(machine)
    h = machine.hidden.sample(
        parameters.hidden, 0 * rng.random((N_ROWS, sizes(machine)[1])), RandomStreams(1).stream("h")
    )
    v = machine.sample_visible(parameters, h, RandomStreams(2).stream("v"))
    rows = Rows(v.astype(dtype), dtype, weights=rng.random(N_ROWS) + 0.1)
    epochs, plain = [], []
    for found in (epochs, plain):
        with monkeypatch.context() as patch:
            if found is plain:
                patch.setattr(kernels, "machine_steps", lambda *_: kernels.NoKernel("a test"))
            recipe, streams = Recipe(GRADIENTS[gradient], optimizer(0.02), 2, 10, centred=True), RandomStreams(5)
            state = start(machine, rows, sizes(machine)[1], recipe, streams)
            found += train(machine, rows, state, recipe, streams)
    assert epochs[0].steps == f"kernel ({loops or 'numpy'})"
    for one, other in zip(epochs, plain, strict=True):
        assert_trees_close(one.state.parameters, other.state.parameters, atol=10 * TOLERANCE[dtype])
        assert_trees_close(
            one.state.optimizer["Momentum"], other.state.optimizer["Momentum"], atol=10 * TOLERANCE[dtype]
        )
    assert_metrics_close(epochs, plain, 10 * TOLERANCE[dtype])


@pytest.mark.parametrize("sizes", [(), (5,), (5, 4)], ids=["softmax_only", "one_layer", "two_layers"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", MATRICES)
@pytest.mark.parametrize(
    "decay, batch_size, centred", [(0.0, 10, False), (0.02, 10, False), (0.02, 100, False), (0.02, 10, True)]
)
def test_networks_learn_the_same(sizes, dtype, kind, decay, batch_size, centred, device, monkeypatch):
    """Parameters and velocity, and the loss and accuracy measured on the way."""
    rows, atol = rows_of(kind, dtype, device), TOLERANCE[dtype]
    epochs = finetuned(rows, sizes, decay, batch_size, centred)
    plain = without_kernels(monkeypatch, finetuned, rows, sizes, decay, batch_size, centred)
    for one, other in zip(epochs, plain, strict=True):
        assert_layers_close(one.state.parameters, other.state.parameters, atol)
        assert_layers_close(one.state.optimizer["Momentum"], other.state.optimizer["Momentum"], atol)
    assert_metrics_close(epochs, plain, atol)


LEARNERS = {"adam": adam(Linear(0.02, 0.01, 2), 0.02, lowest=0.4), "momentum": optimizer(0.02)}
HARDER = {
    "adversarial": {"radius": 0.4},
    "normalised": {"is_normalised": True},
    "adversarial, normalised": {"radius": 0.4, "is_normalised": True},
    "adversarial, mixed": {"radius": 0.4, "mixup": True, "is_normalised": True},
    "mixed": {"mixup": True},
    "noise and distortions": {"input_noise": 0.1, "distortion": Distortion(1, 7), "is_normalised": True},
    "neither": {},
}


@pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS.keys())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loops", [None, *native.instructions()])
@pytest.mark.parametrize("units", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def test_networks_learn_the_same_when_it_is_made_harder(learner, dtype, loops, units, monkeypatch):
    """Parameters, all that the optimizer keeps, and what is measured, from weighted rows and a short last batch."""
    module = loops and pytest.importorskip(f"deepbelief.core.native.{loops}", exc_type=ImportError)
    monkeypatch.setattr(native, "module", module)
    rows, weights = rows_of("bytes", dtype, "numpy"), np.random.default_rng(7).random(N_ROWS) + 0.1
    # Rounding is not damped where a unit has no upper end.
    atol = (40 if units == Rectified() else 20) * TOLERANCE[dtype]
    for (name, settings), hidden in itertools.product(HARDER.items(), [(), (5, 4)]):
        arguments = partial(finetuned_harder, rows, hidden, 10, learner, units, weights=weights, **settings)
        epochs, plain = arguments(), without_kernels(monkeypatch, arguments)
        assert epochs[0].steps == f"kernel ({loops if dtype == np.float32 and loops else 'numpy'})"
        for one, other in zip(epochs, plain, strict=True):
            assert_states_close(one.state, other.state, f"{name}, {len(hidden)} hidden layers", atol=atol)
        assert_metrics_close(epochs, plain, atol)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_networks_learn_the_same_from_weighted_rows(dtype, device, monkeypatch):
    rows, weights = rows_of("bytes", dtype, device), np.random.default_rng(7).random(N_ROWS) + 0.1
    epochs = finetuned(rows, (5, 4), 0.02, 10, True, weights)
    plain = without_kernels(monkeypatch, finetuned, rows, (5, 4), 0.02, 10, True, weights)
    assert epochs[0].steps.startswith("kernel")
    for one, other in zip(epochs, plain, strict=True):
        assert_layers_close(one.state.parameters, other.state.parameters, TOLERANCE[dtype])
    assert_metrics_close(epochs, plain, TOLERANCE[dtype])


@pytest.mark.parametrize("gradient", GRADIENTS.values(), ids=GRADIENTS.keys())
def test_numpy_and_torch_kernels_agree(gradient, torch):
    on_numpy = trained(rows_of("bytes", np.float64, "numpy"), gradient, 0.02, 10)[-1]
    on_torch = trained(rows_of("bytes", np.float64, "cpu"), gradient, 0.02, 10)[-1]
    assert_trees_close(on_torch.state.parameters, on_numpy.state.parameters, atol=1e-12)


@pytest.mark.parametrize("gradient", GRADIENTS.values(), ids=GRADIENTS.keys())
def test_an_epoch_goes_on_from_its_middle(gradient, device):
    """Bit for bit: broken off after each step in turn, parameters and chains go on as if nothing had happened."""
    rows, streams = rows_of("floats", np.float32, device), RandomStreams(5)
    recipe = Recipe(gradient, optimizer(0.02), 1, 5, centred=True)
    begin = start(BINARY, rows, N_HIDDEN, recipe, streams)
    *stops, whole = train(BINARY, rows, begin, recipe, streams, pauses=Pauses(pause=lambda: True))
    assert len(stops) == 4
    assert all(isinstance(stop, Midway) for stop in stops)
    for stop in stops:
        going_on = Pauses(resume=lambda place, beginning, stop=stop: stop.state)
        (rest,) = train(BINARY, rows, begin, recipe, streams, pauses=going_on)
        assert isinstance(rest, Epoch)
        assert_trees_close(rest.state.parameters, whole.state.parameters)
        assert_trees_close(rest.state.optimizer["Momentum"], whole.state.optimizer["Momentum"])


@pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS.keys())
@pytest.mark.parametrize("loops", [None, *native.instructions()])
@pytest.mark.parametrize("units", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def test_a_harder_epoch_goes_on_from_its_middle(learner, loops, units, monkeypatch):
    """Bit for bit, after each step in turn: parameters, what the optimizer keeps, and what is measured."""
    module = loops and pytest.importorskip(f"deepbelief.core.native.{loops}", exc_type=ImportError)
    monkeypatch.setattr(native, "module", module)
    rows = rows_of("bytes", np.float32, "numpy")
    arguments = partial(finetuned_harder, rows, (5,), 5, learner, units, is_normalised=True, radius=0.4)
    found = arguments(pauses=Pauses(pause=lambda: True))
    stops, whole = found[:4], found[4]
    assert isinstance(whole, Epoch)
    for stop in stops:
        rest = arguments(pauses=Pauses(resume=lambda place, beginning, stop=stop: stop.state))[0]
        assert rest.metrics == whole.metrics
        assert_states_close(rest.state, whole.state)


def test_engines_are_chosen_where_they_fit(monkeypatch):
    """The loops in C know float32 only."""
    for loops, dtype, engine in [
        (None, np.float32, NumpyEngine),
        (None, np.float64, NumpyEngine),
        ("loops", np.float32, NativeEngine),
        ("loops", np.float64, NumpyEngine),
    ]:
        monkeypatch.setattr(native, "module", loops)
        assert type(engine_for(np.dtype(dtype))) is engine


def chosen(machine=BINARY, gradient=GRADIENTS["cd1"], learner=None):
    rows = rows_of("floats", np.float64, "numpy")
    recipe = Recipe(gradient, learner or optimizer(0.0), 1, 10)
    state = start(machine, rows, N_HIDDEN, recipe, RandomStreams(0))
    carried = {} if state.chains is None else {"chains": state.chains}
    order = np.arange(N_ROWS)
    sampling, greys = (RandomStreams(0).stream(name) for name in ("sampling", "greys"))
    return kernels.machine_steps(machine, recipe, rows, order, state, carried, (), sampling, greys)


def test_kernels_are_chosen_where_they_fit():
    """And the records name them; other gradients and optimizers take the plain steps."""
    assert all(chosen(gradient=gradient).name == "kernel (numpy)" for gradient in GRADIENTS.values())
    assert chosen(Machine(Poisson(), Bernoulli())).name == "kernel (numpy)"


@pytest.mark.parametrize(
    "setting, says",
    [
        ({"gradient": ContrastiveDivergence(1, sample_everything=True)}, "samples everything"),
        ({"gradient": PersistentContrastiveDivergence(1, sample_everything=True)}, "samples everything"),
        ({"gradient": ExactGradient()}, "the gradient ExactGradient"),
        ({"learner": Chain((LearningRate(Constant(0.1)),))}, "this optimizer"),
    ],
)
def test_where_there_is_no_kernel_the_record_says_why(setting, says):
    reason = chosen(**setting).reason
    assert reason.startswith("no kernel ")
    assert reason.endswith(says)
    machine, gradient = setting.get("machine", BINARY), setting.get("gradient", GRADIENTS["cd1"])
    recipe = Recipe(gradient, setting.get("learner") or optimizer(0.0), 1, 10)
    rows, streams = rows_of("floats", np.float64, "numpy"), RandomStreams(0)
    (epoch,) = train(machine, rows, start(machine, rows, N_HIDDEN, recipe, streams), recipe, streams)
    assert epoch.steps == epoch.entry["steps"] == f"plain: {reason}"


@pytest.fixture
def traced(torch, monkeypatch):
    """Formulas traced whole as for a compiler, but not compiled, which takes minutes; the CPU is otherwise spared."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager", fullgraph=True))
    monkeypatch.setattr(devices, "COMPILED_DEVICES", {"cpu"})
    devices._compiled.cache_clear()
    yield
    devices._compiled.cache_clear()


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("gradient", [GRADIENTS["cd1"], GRADIENTS["pcd2"]], ids=["cd1", "pcd2"])
@pytest.mark.parametrize("holes", [False, True])
def test_compiled_steps_of_machines_are_the_same(gradient, holes, monkeypatch):
    rows = rows_of("bytes", np.float64, "cpu")
    if holes:
        matrix = np.where(np.random.default_rng(6).random(PIXELS.shape) < 0.3, np.nan, PIXELS / 255.0)
        weights = np.random.default_rng(7).random(N_ROWS) + 0.1
        rows = Rows(matrix, np.float64, "cpu", stand_in=0.4, weights=weights).moved()
    epochs = trained(rows, gradient, 0.02, 10, True)
    plain = without_kernels(monkeypatch, trained, rows, gradient, 0.02, 10, True)
    assert_trees_close(epochs[-1].state.parameters, plain[-1].state.parameters, atol=1e-12)


@pytest.mark.usefixtures("traced")
def test_compiled_steps_of_networks_are_the_same(monkeypatch):
    rows = rows_of("bytes", np.float64, "cpu")
    epochs = finetuned(rows, (5, 4), 0.02, 10, True)
    plain = without_kernels(monkeypatch, finetuned, rows, (5, 4), 0.02, 10, True)
    assert_layers_close(epochs[-1].state.parameters, plain[-1].state.parameters, 1e-12)


@pytest.mark.parametrize("gains", [False, True])
@pytest.mark.usefixtures("traced")
def test_regularised_steps_can_be_compiled_whole(gains):
    """Adversarial rows, normalisation and Adam, on a torch device and on the host: the same network."""
    assert_layers_close(regularised("cpu", gains), regularised("numpy", gains), 1e-10)


@pytest.mark.usefixtures("traced")
def test_steps_with_few_labels_can_be_compiled_whole():
    assert_layers_close(regularised("cpu", True, few=True), regularised("numpy", True, few=True), 1e-10)


def regularised(device, gains, few=False):
    """Return a network after two passes; its random numbers are float64, so the host draws them for every device."""
    rng, rows = np.random.default_rng(1), rows_of("bytes", np.float64, device)
    shapes = [(N_FEATURES, 5), (5, N_CLASSES)]
    layers = Layers(
        tuple(rng.normal(0, 0.7, shape) for shape in shapes),
        tuple(rng.normal(0, 0.3, shape[1]) for shape in shapes),
        tuple(np.ones(shape[1]) for shape in shapes) if gains else (),
    )
    layers, rows = place(layers, device), replace(rows, labels=TARGETS)
    recipe = FineTuning(adam(Linear(0.05, 0.01, 2), 0.001), 2, 10, radius=0.3)
    state, network = State(layers, recipe.optimizer.init(layers)), Network((Bernoulli(),))
    if few:
        known = Rows(rows.matrix[:6], rows.dtype, device, 0.0, 255.0, labels=TARGETS[:6])
        epochs = finetune_semisupervised(network, known, Unlabelled(rows, 0.3), state, recipe, RandomStreams(5))
    else:
        epochs = finetune(network, rows, state, recipe, RandomStreams(5))
    return list(epochs)[-1].state.parameters


def test_without_a_compiler_steps_are_taken_one_by_one(torch, monkeypatch):
    def refuse(function, **_):
        raise RuntimeError("no compiler")

    monkeypatch.setattr(torch, "compile", refuse)
    monkeypatch.setattr(devices, "COMPILED_DEVICES", {"cpu"})
    devices.can_compile.cache_clear()
    try:
        assert devices.compiled(abs, torch.ones(1)) is abs
    finally:
        devices.can_compile.cache_clear()
