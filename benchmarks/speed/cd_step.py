"""Steps of contrastive divergence: deepbelief beside its five products alone, and beside other libraries.

What is timed is steps and nothing else. An epoch of deepbelief also measures its progress on 1,000 rows, whatever the
size of the data; scikit-learn's ``fit`` draws the weights that it starts from. Such costs are cancelled by taking the
difference of two times: of two epochs of different size, of two fits of different length.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from benchmarks.speed import cd_peers
from benchmarks.speed.cd_peers import Rule, Start, reconstruction_error
from benchmarks.speed.child import call
from benchmarks.speed.data import images
from benchmarks.speed.measuring import Progress, Timing, interleaved, ratios, spread, stopwatch
from benchmarks.speed.options import Options
from benchmarks.speed.results import percent, table, times

SHAPES = ((784, 500), (784, 2000), (500, 500), (64, 256))
BATCHES = (10, 20, 100, 500)
QUICK_SHAPES, QUICK_BATCHES = ((784, 100), (64, 256)), (20, 100)
LEARNING_RATE, PERSISTENT_LEARNING_RATE, MOMENTUM = 0.1, 0.01, 0.5
MONITORED = 1000  # rows that deepbelief measures after each epoch
FLOOR_SECONDS = 0.06  # that the products take in one timing: it sets the number of batches
LEAST_BATCHES = 4
CHECKED_ROWS, CHECKED_BATCHES, CHECKED_SEEDS = 4000, 20, 3  # at least, where errors are compared; seeds of deepbelief
# Relative, of CD and of PCD. Runs with other random numbers differ by 1 to 3 %, with few persistent chains by up to
# 6 %; those without momentum by 10 % or more.
CHECKED, UNCHECKED = (0.05, 0.08), (float("inf"), float("inf"))
IMAGE_PIXELS = 784  # the other shapes have made-up patterns, on which an epoch ends anywhere from one seed to the next
SKLEARN_EPOCHS = 8  # timed in one fit
THREADS = "one and two, each in a process kept on as many cores"
PEERS = {
    "torch": ("torch loop", cd_peers.TorchLoop),
    "jax": ("JAX scan", cd_peers.JaxScan),
    "rbms": ("rbms, its parts", cd_peers.RbmsParts),
}
NOTES = {
    "floor": "the products v₀W, hWᵀ, v₁W, v₀ᵀh₀, v₁ᵀh₁ alone, NumPy's BLAS, into buffers made before",
    "deepbelief": "RBM, CD-1, momentum 0.5, no weight decay; the monitors after each epoch are cancelled",
    "NumPy alone": "deepbelief without its loops in C, as where there is no compiler for them",
    "torch loop": "the same algorithm in place, written by hand",
    "JAX scan": "the same algorithm, one jitted lax.scan for each epoch",
    "rbms, its parts": "the same algorithm put together from the public methods of rbms's BBRBM and torch's SGD; they "
    "draw bits for E[v] and E[h] that CD-1 does not need",
    "rbms, its own step": "rbms's fit_batch_pcd as its train() calls it for CD, not centred, without the file that "
    "train() writes in each step. Another algorithm: gradient scaled to length one, sampled v₁ in the statistics, "
    "seven products instead of five",
    "deepbelief PCD": "RBM(gradient='pcd') without momentum, which scikit-learn does not have",
    "BernoulliRBM": "scikit-learn, persistent CD with the same five products, float32; it does not shuffle rows",
}


def planned(options: Options) -> list[tuple[int, int, int]]:
    """Return (visible units, hidden units, batch size) of every case."""
    shapes, batches = (QUICK_SHAPES, QUICK_BATCHES) if options.quick else (SHAPES, BATCHES)
    return [(*shape, batch) for shape in shapes for batch in batches]


def repeats(options: Options) -> int:
    return options.repeats


def run(options: Options) -> Iterator[dict[str, Any]]:
    """Measure all cases with one thread, then with two, each in a process of its own."""
    cases = planned(options)
    progress = Progress("cd_step", 2 * len(cases))
    for threads in (2, 1):
        measured = call(
            "cd_step",
            "measure",
            threads,
            cases=cases,
            n_threads=threads,
            repeats=options.repeats,
            most_batches=50 if options.quick else 1000,
            data=str(options.data),
            without=options.without,
        )
        for line in measured:
            progress.step(f"{line['case']}, {threads} thread{'s' * (threads > 1)}")
            yield {"threads": threads, **line}


def measure(
    cases: list[tuple[int, int, int]], n_threads: int, repeats: int, most_batches: int, data: str, without: list[str]
) -> Iterator[dict[str, Any]]:
    """Measure cases one after the other; in each, the contenders take turns."""
    if not {"torch", "rbms"} <= set(without):
        import torch

        torch.set_num_threads(n_threads)
    for n_visible, n_hidden, batch in cases:
        step = floor_step(n_visible, n_hidden, batch)
        n_batches = min(most_batches, max(LEAST_BATCHES, round(FLOOR_SECONDS / _mean_seconds(step))))
        n_checked = max(CHECKED_ROWS, CHECKED_BATCHES * batch)
        X = images(data, max(n_batches * batch + MONITORED, n_checked), n_visible)
        rule = Rule(batch, LEARNING_RATE, MOMENTUM)
        tolerances = CHECKED if n_visible == IMAGE_PIXELS else UNCHECKED
        errors = equal_work(X[:n_checked], n_hidden, rule, without, tolerances)
        taken = interleaved(contenders(X, n_batches, n_hidden, rule, step, without), repeats)
        yield {
            "kind": "case",
            "case": f"{n_visible}x{n_hidden}, batch {batch}",
            "rows": n_batches * batch,
            "microseconds_per_row": {name: spread([1e6 * s for s in seconds]) for name, seconds in taken.items()},
            "floor / deepbelief": ratios(taken["floor"], taken["deepbelief"]),
            "peer / deepbelief": {
                name: ratios(seconds, taken["deepbelief PCD" if name == "BernoulliRBM" else "deepbelief"])
                for name, seconds in taken.items()
                if name not in ("floor", "deepbelief", "deepbelief PCD")
            },
            "reconstruction_error_after_one_epoch": errors,
        }


def floor_step(n_visible: int, n_hidden: int, batch: int) -> Callable[[], None]:
    """Return the five products of one step, into buffers made beforehand."""
    rng = np.random.default_rng(0)
    v0, v1 = (rng.random((batch, n_visible), dtype=np.float32) for _ in range(2))
    h0, h1 = (rng.random((batch, n_hidden), dtype=np.float32) for _ in range(2))
    weights = rng.random((n_visible, n_hidden), dtype=np.float32)
    hidden, visible, gradient = np.empty_like(h0), np.empty_like(v0), np.empty_like(weights)

    def step() -> None:
        np.matmul(v0, weights, out=hidden)
        np.matmul(h0, weights.T, out=visible)
        np.matmul(v1, weights, out=hidden)
        np.matmul(v0.T, h0, out=gradient)
        np.matmul(v1.T, h1, out=gradient)

    return step


def _mean_seconds(step: Callable[[], None], n: int = 30) -> float:
    """Return how long a step takes, waiting included: on a busy machine fewer batches are timed, not for longer."""
    step()
    return sum(stopwatch(step)() for _ in range(n)) / n


def contenders(
    X: np.ndarray, n_batches: int, n_hidden: int, rule: Rule, step: Callable[[], None], without: list[str]
) -> dict[str, Timing]:
    """Return the timings, in seconds for each row, of `n_batches` batches of every contender."""
    n_rows = n_batches * rule.batch_size
    start = _deepbelief_start(X[:n_rows], n_hidden, rule)

    def floor() -> None:
        for _ in range(n_batches):
            step()

    timings = {
        "floor": stopwatch(floor, n_rows),
        "deepbelief": _deepbelief(X, n_rows, n_hidden, rule, gradient="cd"),
        "NumPy alone": _without_loops(_deepbelief(X, n_rows, n_hidden, rule, gradient="cd")),
        "deepbelief PCD": _deepbelief(X, n_rows, n_hidden, rule._replace(momentum=0.0), gradient="pcd"),
    }
    if "scikit-learn" not in without:
        timings["BernoulliRBM"] = _sklearn(X, n_batches, n_hidden, rule)
    for package, (name, peer) in PEERS.items():
        if package not in without:
            timings[name] = stopwatch(peer(X[:n_rows], start, rule).epoch, n_rows)
    if "rbms" not in without:
        timings["rbms, its own step"] = stopwatch(cd_peers.RbmsOwnStep(X[:n_rows], start, rule).epoch, n_rows)
    return timings


def _rbm(n_hidden: int, rule: Rule, **settings: Any) -> Any:
    from deepbelief import RBM

    return RBM(
        n_components=n_hidden,
        batch_size=rule.batch_size,
        learning_rate=rule.learning_rate,
        initial_momentum=rule.momentum,
        momentum=rule.momentum,
        weight_decay=0.0,
        random_state=0,
        **settings,
    )


def _deepbelief(X: np.ndarray, n_rows: int, n_hidden: int, rule: Rule, gradient: str) -> Timing:
    """Return an epoch of `n_rows` + 1,000 rows less one of 1,000: both measure their progress on 1,000."""
    rbms = [_rbm(n_hidden, rule, gradient=gradient, n_iter=10**6) for _ in range(2)]
    large, small = rbms[0].fit_epochs(X[: n_rows + MONITORED]), rbms[1].fit_epochs(X[:MONITORED])

    def timing() -> float:
        begin = time.perf_counter()
        next(large)
        middle = time.perf_counter()
        next(small)
        return ((middle - begin) - (time.perf_counter() - middle)) / n_rows

    return timing


def _without_loops(timing: Timing) -> Timing:
    """Return what is timed where deepbelief was installed without a compiler."""
    from deepbelief.core import native

    def timing_without() -> float:
        loops, native.module = native.module, None
        try:
            return timing()
        finally:
            native.module = loops

    return timing_without


def _sklearn(X: np.ndarray, n_batches: int, n_hidden: int, rule: Rule) -> Timing:
    """Return a fit of some epochs more less a fit of one, on as many rows as make up the batches asked for."""
    rows = max(1, round(n_batches / SKLEARN_EPOCHS)) * rule.batch_size

    def fit(n_iter: int) -> float:
        from sklearn.neural_network import BernoulliRBM

        rbm = BernoulliRBM(n_hidden, learning_rate=rule.learning_rate, batch_size=rule.batch_size, n_iter=n_iter)
        return stopwatch(lambda: rbm.fit(X[:rows]))()

    return lambda: (fit(1 + SKLEARN_EPOCHS) - fit(1)) / (rows * SKLEARN_EPOCHS)


def equal_work(
    X: np.ndarray, n_hidden: int, rule: Rule, without: list[str], tolerances: tuple[float, float]
) -> dict[str, float]:
    """Return reconstruction errors after one epoch from the same start; stop if they tell of different work.

    Small batches learn with a smaller rate here, so that the noise of their sampling does not hide a difference.
    """
    rule = rule._replace(learning_rate=LEARNING_RATE * min(1.0, rule.batch_size / 100))
    start = _deepbelief_start(X, n_hidden, rule)
    errors = {"before": _error(X, start)}
    ours = [_rbm(n_hidden, rule, n_iter=0, warm_start=True).fit(X) for _ in range(CHECKED_SEEDS)]
    learned = [rbm.set_params(n_iter=1, random_state=seed).fit(X) for seed, rbm in enumerate(ours)]
    errors["deepbelief"] = sum(_error(X, _learned(rbm)) for rbm in learned) / CHECKED_SEEDS
    for package, (name, peer) in PEERS.items():
        if package not in without:
            contender = peer(X, start, rule)
            contender.epoch()
            errors[name] = _same("deepbelief", errors, name, _error(X, contender.parameters()), tolerances[0])
    if "scikit-learn" not in without:
        ours, theirs = _persistent(X, n_hidden, rule)
        errors["deepbelief PCD"] = _error(X, _learned(ours))
        error = _error(X, _learned(theirs))
        errors["BernoulliRBM"] = _same("deepbelief PCD", errors, "BernoulliRBM", error, tolerances[1])
    return errors


def _persistent(X: np.ndarray, n_hidden: int, rule: Rule) -> tuple[Any, Any]:
    """Return deepbelief's and scikit-learn's machine after an epoch of PCD from the start that the latter has."""
    from sklearn.neural_network import BernoulliRBM

    rule = Rule(rule.batch_size, PERSISTENT_LEARNING_RATE * min(1.0, rule.batch_size / 20), 0.0)
    ours = _rbm(n_hidden, rule, gradient="pcd", n_iter=0, warm_start=True).fit(X)
    ours.intercept_visible_ = np.zeros_like(ours.intercept_visible_)
    ours.set_params(n_iter=1).fit(X)
    theirs = BernoulliRBM(n_hidden, learning_rate=rule.learning_rate, batch_size=rule.batch_size, n_iter=1)
    return ours, theirs.set_params(random_state=0).fit(X)


def _error(X: np.ndarray, parameters: Start) -> float:
    return reconstruction_error(X[:MONITORED], parameters)


def _same(reference: str, errors: dict[str, float], name: str, error: float, tolerance: float) -> float:
    if abs(error / errors[reference] - 1) > tolerance:
        raise SystemExit(
            f"{name} does not do the same work as {reference}: after an epoch its reconstruction error is {error:.5f}, "
            f"not {errors[reference]:.5f} within {tolerance:.0%}."
        )
    return error


def _deepbelief_start(X: np.ndarray, n_hidden: int, rule: Rule) -> Start:
    return _learned(_rbm(n_hidden, rule, n_iter=0).fit(X))


def _learned(rbm: Any) -> Start:
    arrays = (rbm.components_.T, rbm.intercept_visible_, rbm.intercept_hidden_)
    return Start(*(np.ascontiguousarray(array, dtype=np.float32) for array in arrays))


def markdown(lines: list[dict[str, Any]]) -> str:
    """Return one table for each number of threads, and what each contender is."""
    cases = [line for line in lines if line["kind"] == "case"]
    peers = list(dict.fromkeys(name for line in cases for name in line["peer / deepbelief"]))
    headings = ["case", "rows/s", "of the floor", *(f"× {name}" for name in peers), "reconstruction error"]
    parts = []
    for threads in sorted({line["threads"] for line in cases}):
        rows = [_row(line, peers) for line in cases if line["threads"] == threads]
        parts += [f"**{threads} thread{'s' * (threads > 1)}**", table(headings, rows)]
    parts.append(
        "*of the floor*: seconds of the products alone / seconds of deepbelief. *× peer*: seconds of the peer / "
        "seconds of deepbelief (BernoulliRBM: / deepbelief PCD), above 1 where it is faster. In brackets: quartiles. "
        "*Reconstruction error*: before and after one epoch of deepbelief; on images peers agree within "
        f"{CHECKED[0]:.0%}, PCD and BernoulliRBM within {CHECKED[1]:.0%} of each other. The other shapes learn made-up "
        "patterns, whose errors are noise after an epoch: recorded, not compared."
    )
    measured = {name for line in cases for name in line["microseconds_per_row"]}
    parts.append("\n".join(f"- {name}: {note}." for name, note in NOTES.items() if name in measured))
    return "\n\n".join(parts)


def _row(line: dict[str, Any], peers: list[str]) -> list[str]:
    errors = line["reconstruction_error_after_one_epoch"]
    return [
        line["case"],
        f"{1e6 / line['microseconds_per_row']['deepbelief']['median']:,.0f}",
        percent(line["floor / deepbelief"]),
        *(times(line["peer / deepbelief"].get(name)) for name in peers),
        f"{errors['before']:.4f} → {errors['deepbelief']:.4f}",
    ]
