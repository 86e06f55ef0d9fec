"""Steps of ``--preset accurate``: batch normalisation, adversarial rows and Adam, beside their own matrix products.

The rows go up through the network, then rows beside them up and down to the input, then moved rows up; gradients are of
both, and go down to all layers but the lowest. One thread; what is counted is the processor's time.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from benchmarks.speed.child import call
from benchmarks.speed.measuring import Progress, interleaved, processor_time, ratios, spread, without_loops
from benchmarks.speed.options import Options
from benchmarks.speed.results import Line, table, times

SIZES, QUICK_SIZES = (784, 1000, 500, 10), (64, 32, 10)
BATCH, STEPS, RADIUS, RATE = 100, 30, 2.1, 0.008
THREADS = "one"


def repeats(options: Options) -> int:
    return options.repeats


def run(options: Options) -> Iterator[Line]:
    """Measure in a process of its own."""
    progress = Progress("accurate_step", 1)
    sizes = QUICK_SIZES if options.quick else SIZES
    for line in call("accurate_step", "measure", 1, sizes=sizes, repeats=options.repeats):
        progress.step(line["case"])
        yield line


def measure(sizes: list[int], repeats: int) -> Iterator[Line]:
    """Let products and passes of so many steps take turns."""
    works = {
        "products": _products(sizes),
        "kernel": _passes(sizes),
        "kernel on NumPy": without_loops(_passes(sizes)),
        "plain steps": _plain(_passes(sizes)),
    }
    taken = interleaved({name: processor_time(work, STEPS) for name, work in works.items()}, repeats)
    yield {
        "kind": "case",
        "case": "-".join(map(str, sizes)),
        "milliseconds": {name: spread([1e3 * s for s in seconds]) for name, seconds in taken.items()},
        "/ products": {name: ratios(seconds, taken["products"]) for name, seconds in taken.items()},
    }


def _products(sizes: list[int]) -> Callable[[int], None]:
    """Return what makes the products of so many steps, with NumPy's BLAS, into buffers made before."""
    rng = np.random.default_rng(0)
    values = [rng.random((2 * BATCH, size), dtype=np.float32) for size in sizes]
    weights = [rng.random(shape, dtype=np.float32) for shape in pairwise(sizes)]
    out, gradients = [np.empty_like(array) for array in values], [np.empty_like(array) for array in weights]
    layers = list(enumerate(weights))

    def up() -> None:
        for depth, matrix in layers:
            np.matmul(values[depth][:BATCH], matrix, out=out[depth + 1][:BATCH])

    def products(n_times: int) -> None:
        for _ in range(n_times):
            for _ in ("rows", "beside them", "moved"):
                up()
            for depth, matrix in reversed(layers):
                np.matmul(values[depth + 1][:BATCH], matrix.T, out=out[depth][:BATCH])
            for depth, matrix in reversed(layers):
                np.matmul(values[depth].T, values[depth + 1], out=gradients[depth])
                if depth:
                    np.matmul(values[depth + 1], matrix.T, out=out[depth])

    return products


def _passes(sizes: list[int]) -> Callable[[int], Any]:
    """Return what makes a pass of so many steps."""
    from deepbelief.core.finetuning import finetune
    from deepbelief.core.network import Layers, Network
    from deepbelief.core.optimizers import Constant, adam
    from deepbelief.core.progress import State
    from deepbelief.core.randomness import RandomStreams
    from deepbelief.core.recipes import FineTuning
    from deepbelief.core.rows import Rows
    from deepbelief.core.units import Bernoulli

    rng = np.random.default_rng(0)
    X = rng.random((STEPS * BATCH, sizes[0]), dtype=np.float32)
    rows = Rows(X, np.float32, labels=rng.integers(0, sizes[-1], len(X)))
    weights = tuple(rng.normal(0, 0.05, shape).astype(np.float32) for shape in pairwise(sizes))
    biases, gains = (tuple(np.full(n, value, np.float32) for n in sizes[1:]) for value in (0, 1))
    layers = Layers(weights, biases, gains)
    recipe = FineTuning(adam(Constant(RATE), 0.0), 10**6, BATCH, radius=RADIUS)
    state = State(layers, recipe.optimizer.init(layers))
    network = Network((Bernoulli(),) * (len(sizes) - 2))
    epochs = finetune(network, rows, state, recipe, RandomStreams(0))
    return lambda n: next(epochs)


def _plain(work: Callable[[int], Any]) -> Callable[[int], None]:
    """Return what does the same with plain steps."""
    from deepbelief.core import kernels

    def plain(n_times: int) -> None:
        kernel = kernels.network_steps
        kernels.network_steps = lambda *_: kernels.NoKernel("a benchmark")  # type: ignore[assignment]
        try:
            work(n_times)
        finally:
            kernels.network_steps = kernel

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
        "In brackets: quartiles. The plain steps go up once more than they need to. *On NumPy*: as where there is no "
        "compiler."
    )
