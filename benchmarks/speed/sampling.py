"""What a sweep of Gibbs sampling, annealing and tempering takes, beside its own two matrix products.

Each turn takes as many sweeps as products, on one thread, and counts the processor's time: other programs that take the
core away for a while then count for neither. Products go through the same loops as those of a sweep; NumPy's own stand
beside them.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np
from benchmarks.speed.child import call
from benchmarks.speed.measuring import Progress, interleaved, processor_time, ratios, spread, without_loops
from benchmarks.speed.options import Options
from benchmarks.speed.results import table, times

SHAPE, QUICK_SHAPE = (784, 500), (64, 32)
N_CHAINS, N_REPLICAS = 100, 10
SWEEPS = {"Gibbs sampling": 40, "annealing": 40, "tempering": 6}  # in one turn
THREADS = "one"


def repeats(options: Options) -> int:
    return options.repeats


def run(options: Options) -> Iterator[dict[str, Any]]:
    """Measure all three in a process of their own."""
    progress = Progress("sampling", len(SWEEPS))
    shape = QUICK_SHAPE if options.quick else SHAPE
    for line in call("sampling", "measure", 1, shape=shape, repeats=options.repeats):
        progress.step(line["case"])
        yield line


def measure(shape: list[int], repeats: int) -> Iterator[dict[str, Any]]:
    """Let sweeps and products take turns."""
    for name, n_sweeps in SWEEPS.items():
        sweeps, n_rows = _sweeps(name, *shape), N_CHAINS * (N_REPLICAS if name == "tempering" else 1)
        ours, blas = _products(n_rows, *shape)
        works = {
            "products": ours,
            "products of NumPy": blas,
            "sweeps": sweeps,
            "sweeps on NumPy alone": without_loops(sweeps),
        }
        taken = interleaved({one: processor_time(work, n_sweeps) for one, work in works.items()}, repeats)
        yield {
            "kind": "case",
            "case": f"{name}, {shape[0]}x{shape[1]}, {n_rows} rows",
            "milliseconds": {one: spread([1e3 * s for s in seconds]) for one, seconds in taken.items()},
            "sweeps / products": ratios(taken["sweeps"], taken["products"]),
            "sweeps / products of NumPy": ratios(taken["sweeps"], taken["products of NumPy"]),
            "on NumPy alone": ratios(taken["sweeps on NumPy alone"], taken["products of NumPy"]),
        }


def _products(n_rows: int, n_visible: int, n_hidden: int) -> tuple[Callable[[int], None], Callable[[int], None]]:
    """Return what makes the products v W and h Wᵀ of binary states so many times: our way, and NumPy's."""
    from deepbelief.core.arrays import product

    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.1, (n_visible, n_hidden)).astype(np.float32)
    v, h = ((rng.random((n_rows, n)) < 0.2).astype(np.float32) for n in weights.shape)

    def with_(multiply: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[[int], None]:
        def products(n_times: int) -> None:
            for _ in range(n_times):
                multiply(v, weights)
                multiply(h, weights.T)

        return products

    return with_(product), with_(np.matmul)


def _sweeps(name: str, n_visible: int, n_hidden: int) -> Callable[[int], None]:
    """Return what makes so many sweeps, each with the products v W and h Wᵀ."""
    from deepbelief.core.annealing import annealed
    from deepbelief.core.gibbs import chain
    from deepbelief.core.path import Path
    from deepbelief.core.randomness import RandomStreams
    from deepbelief.core.rbm import Machine, Parameters
    from deepbelief.core.tempering import tempered_chain

    rng, machine = np.random.default_rng(1), Machine()
    weights, visible, hidden = (
        rng.normal(0, 0.1, n).astype(np.float32) for n in ((n_visible, n_hidden), n_visible, n_hidden)
    )
    parameters = Parameters(weights, {"bias": visible - 1}, {"bias": hidden})
    means = (np.full(n, 0.2, np.float32) for n in weights.shape)
    path, stream = Path.from_means(machine, parameters, *means), RandomStreams(0).stream("sweeps")
    v = path.draw_base(N_CHAINS, stream)
    if name == "Gibbs sampling":
        states = chain(machine, parameters, v, stream)
    elif name == "tempering":
        states = tempered_chain(path, np.linspace(0, 1, N_REPLICAS), v, stream)
    else:
        return lambda n: annealed(path, np.linspace(0, 1, n + 1), v, stream)
    return lambda n: next(islice(states, n - 1, None))


def markdown(lines: list[dict[str, Any]]) -> str:
    """Return one table."""
    headings = ["sweep", "ms", "× its products", "× NumPy's products", "on NumPy alone, × NumPy's products"]
    rows = [
        [
            line["case"],
            f"{line['milliseconds']['sweeps']['median']:.2f}",
            times(line["sweeps / products"]),
            times(line["sweeps / products of NumPy"]),
            times(line["on NumPy alone"]),
        ]
        for line in lines
        if line["kind"] == "case"
    ]
    return table(headings, rows) + (
        "\n\n*× its products*: a whole sweep over the products v W and h Wᵀ alone, at float32, by processor time. In "
        "brackets: quartiles. Of annealing, a sweep is a temperature; tempering has ten replicas of each of a hundred "
        "chains. *On NumPy alone*: as where there is no compiler."
    )
