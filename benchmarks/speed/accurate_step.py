"""Steps of ``--preset accurate``: batch normalisation, adversarial rows and Adam, beside their own matrix products.

The rows go up through the network, then rows beside them up and down to the input, then moved rows up; gradients are of
both, and go down to all layers but the lowest. With few labels, rows with labels and mixed rows go up too, and the
gradients are of them and of the moved rows. One thread; what is counted is the processor's time.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from benchmarks.speed.child import call
from benchmarks.speed.measuring import Progress, interleaved, processor_time, ratios, spread, without_loops
from benchmarks.speed.options import Options
from benchmarks.speed.results import Line, table, times

LOGISTIC, RECTIFIED, QUICK = (784, 1000, 500, 10), (784, 1200, 600, 300, 150, 10), (64, 32, 10)
CASES = {  # sizes, activation, and whether there are few labels
    "logistic": (LOGISTIC, "logistic", False),
    "rectified": (RECTIFIED, "relu", False),
    "rectified, few labels": (RECTIFIED, "relu", True),
}
BATCH, ALL, STEPS, RADIUS, RATE = 100, 2, 30, 2.1, 0.002  # ALL: rows of all kinds for each one with a label
THREADS = "one"


def repeats(options: Options) -> int:
    return options.repeats


def run(options: Options) -> Iterator[Line]:
    """Measure in a process of its own."""
    progress = Progress("accurate_step", len(CASES))
    for case, (sizes, activation, few) in CASES.items():
        sizes = QUICK if options.quick else sizes
        settings = {"case": case, "sizes": sizes, "activation": activation, "few": few, "repeats": options.repeats}
        for line in call("accurate_step", "measure", 1, **settings):
            progress.step(line["case"])
            yield line


def measure(case: str, sizes: list[int], activation: str, few: bool, repeats: int) -> Iterator[Line]:
    """Let products and passes of so many steps take turns."""

    def passes() -> Callable[[int], Any]:
        return _passes(sizes, activation, few)

    works = {
        "products": _products(sizes, few),
        "kernel": passes(),
        "kernel on NumPy": without_loops(passes()),
        "plain steps": _plain(passes()),
    }
    taken = interleaved({name: processor_time(work, STEPS) for name, work in works.items()}, repeats)
    yield {
        "kind": "case",
        "case": f"{'-'.join(map(str, sizes))}, {case}",
        "milliseconds": {name: spread([1e3 * s for s in seconds]) for name, seconds in taken.items()},
        "/ products": {name: ratios(seconds, taken["products"]) for name, seconds in taken.items()},
    }


def _products(sizes: list[int], few: bool) -> Callable[[int], None]:
    """Return what makes the products of so many steps, with NumPy's BLAS, into buffers made before."""
    rng = np.random.default_rng(0)
    n_plain = ALL * BATCH if few else BATCH  # rows that are moved
    # Rows that gradients are of: all moved ones, and those with labels; with few labels also as many mixed ones.
    n_learned = (2 if few else 1) * n_plain + BATCH
    values = [rng.random((n_learned, size), dtype=np.float32) for size in sizes]
    weights = [rng.random(shape, dtype=np.float32) for shape in pairwise(sizes)]
    out, gradients = [np.empty_like(array) for array in values], [np.empty_like(array) for array in weights]
    layers = list(enumerate(weights))

    def up(n: int) -> None:
        for depth, matrix in layers:
            np.matmul(values[depth][:n], matrix, out=out[depth + 1][:n])

    def products(n_times: int) -> None:
        for _ in range(n_times):
            for n in (*((BATCH, n_plain) if few else ()), n_plain, n_plain, n_plain):
                up(n)
            for depth, matrix in reversed(layers):
                np.matmul(values[depth + 1][:n_plain], matrix.T, out=out[depth][:n_plain])
            for depth, matrix in reversed(layers):
                np.matmul(values[depth].T, values[depth + 1], out=gradients[depth])
                if depth:
                    np.matmul(values[depth + 1], matrix.T, out=out[depth])

    return products


def _passes(sizes: list[int], activation: str, few: bool) -> Callable[[int], Any]:
    """Return what makes a pass of so many steps."""
    from deepbelief.core.activations import ACTIVATIONS
    from deepbelief.core.finetuning import finetune
    from deepbelief.core.network import Layers, Network
    from deepbelief.core.optimizers import adam
    from deepbelief.core.progress import State
    from deepbelief.core.randomness import RandomStreams
    from deepbelief.core.recipes import FineTuning
    from deepbelief.core.rows import Rows
    from deepbelief.core.schedules import Constant
    from deepbelief.core.semisupervised import Unlabelled, finetune_semisupervised

    rng = np.random.default_rng(0)
    X = rng.random((STEPS * (ALL if few else 1) * BATCH, sizes[0]), dtype=np.float32)
    rows = Rows(X, np.float32, labels=rng.integers(0, sizes[-1], len(X)))
    weights = tuple(rng.normal(0, 0.05, shape).astype(np.float32) for shape in pairwise(sizes))
    biases, gains = (tuple(np.full(n, value, np.float32) for n in sizes[1:]) for value in (0, 1))
    layers = Layers(weights, biases, gains)
    recipe = FineTuning(adam(Constant(RATE), 0.0), 10**6, BATCH, radius=RADIUS, mixup=few)
    state = State(layers, recipe.optimizer.init(layers))
    network = Network((ACTIVATIONS[activation],) * (len(sizes) - 2))
    if few:
        labelled, no_guesses = rows.subset(np.arange(BATCH)), replace(rows, labels=np.full(len(X), -1))
        unlabelled = Unlabelled(no_guesses, RADIUS)
        epochs = finetune_semisupervised(network, labelled, unlabelled, state, recipe, RandomStreams(0))
    else:
        epochs = finetune(network, rows, state, recipe, RandomStreams(0))
    return lambda n: next(epochs)


def _plain(work: Callable[[int], Any]) -> Callable[[int], None]:
    """Return what does the same with plain steps."""
    from deepbelief.core import kernels

    def plain(n_times: int) -> None:
        names = ("network_steps", "semisupervised_steps")
        known = {name: getattr(kernels, name) for name in names}
        for name in names:
            setattr(kernels, name, lambda *_: kernels.NoKernel("a benchmark"))
        try:
            work(n_times)
        finally:
            for name in names:
                setattr(kernels, name, known[name])

    return plain


def markdown(lines: list[Line]) -> str:
    """Return one table."""
    names = ("kernel", "kernel on NumPy", "plain steps")
    headings = ["net", "ms of the kernel", *(f"{name}, × products" for name in names)]
    rows = [
        [
            line["case"],
            f"{line['milliseconds']['kernel']['median']:.1f}",
            *(times(line["/ products"][name]) for name in names),
        ]
        for line in lines
        if line["kind"] == "case"
    ]
    return table(headings, rows) + (
        f"\n\nA step of {BATCH} rows over the products that it needs in NumPy's BLAS, at float32, by processor time. "
        f"*Few labels*: {BATCH} rows with a label and {ALL * BATCH} of all kinds, which are also mixed, when guessed "
        "labels no longer count. "
        "In brackets: quartiles. The plain steps go up more often than they need to. *On NumPy*: as where there is no "
        "compiler."
    )
