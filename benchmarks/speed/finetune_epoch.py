"""Epochs of backpropagation: deepbelief beside its products alone, scikit-learn's MLPClassifier and a torch loop.

Logistic hidden units, softmax on top, mean cross-entropy, batches of 100 in random order, momentum 0.9, float32. All
measure the loss of the batches as they go. An epoch of deepbelief is timed where it yields; scikit-learn by the
difference between a fit of some epochs more and one of one epoch.
"""

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from benchmarks.speed.child import call
from benchmarks.speed.data import mnist
from benchmarks.speed.measuring import Progress, Timing, interleaved, ratios, spread, stopwatch
from benchmarks.speed.options import Options
from benchmarks.speed.results import Line, percent, table, times

NETS = ((500, 500), (500, 500, 2000))
QUICK_NETS = ((64, 64),)
BATCH, MOMENTUM, CLASSES = 100, 0.9, 10
LEARNING_RATE = 0.1
CHECKED_LEARNING_RATE = 0.002  # low, so that the order of the rows hardly matters for what is compared
ROWS, QUICK_ROWS = 4000, 2000
SKLEARN_EPOCHS = 2  # timed in one fit
TOLERANCE = 0.02  # relative, of the loss after one epoch

THREADS = "one and two, each in a process kept on as many cores"
NOTES = {
    "floor": "forward, gradient and backward products alone, NumPy's BLAS, into buffers made before",
    "deepbelief": "DBNClassifier(pretrain_epochs=0, softmax_epochs=0), an epoch with its loss and accuracy",
    "MLPClassifier": "scikit-learn, activation='logistic', solver='sgd', nesterovs_momentum=False, alpha=0",
    "torch loop": "torch.nn.Linear and sigmoid, autograd, torch.optim.SGD",
}

Net = tuple[list[np.ndarray], list[np.ndarray]]  # weights and biases, from the bottom up


def repeats(options: Options) -> int:
    return options.repeats


def run(options: Options) -> Iterator[Line]:
    """Measure all nets with one thread, then with two, each in a process of its own."""
    nets = QUICK_NETS if options.quick else NETS
    progress = Progress("finetune_epoch", 2 * len(nets))
    for threads in (1, 2):
        measured = call(
            "finetune_epoch",
            "measure",
            threads,
            nets=nets,
            n_threads=threads,
            repeats=options.repeats,
            n_rows=QUICK_ROWS if options.quick else ROWS,
            data=str(options.data),
            without=options.without,
        )
        for line in measured:
            progress.step(f"{line['case']}, {threads} thread{'s' * (threads > 1)}")
            yield {"threads": threads, **line}


def measure(
    nets: list[list[int]], n_threads: int, repeats: int, n_rows: int, data: str, without: list[str]
) -> Iterator[Line]:
    """Measure nets one after the other; for each, the contenders take turns."""
    if "torch" not in without:
        import torch

        torch.set_num_threads(n_threads)
    X, y = (array[:n_rows] for array in mnist(data))
    for hidden in nets:
        start = _parameters(_classifier(hidden, finetune_epochs=0).fit(X, y))
        losses = equal_work(X, y, hidden, start, without)
        taken = interleaved(contenders(X, y, hidden, start, without), repeats)
        yield {
            "kind": "case",
            "case": "-".join(map(str, (X.shape[1], *hidden, CLASSES))),
            "rows": n_rows,
            "microseconds_per_row": {name: spread([1e6 * s for s in seconds]) for name, seconds in taken.items()},
            "floor / deepbelief": ratios(taken["floor"], taken["deepbelief"]),
            "peer / deepbelief": {
                name: ratios(seconds, taken["deepbelief"])
                for name, seconds in taken.items()
                if name not in ("floor", "deepbelief")
            },
            "loss_after_one_epoch": losses,
        }


def contenders(X: np.ndarray, y: np.ndarray, hidden: list[int], start: Net, without: list[str]) -> dict[str, Timing]:
    """Return the timings, in seconds for each row, of an epoch of every contender."""
    epochs = _classifier(hidden, finetune_epochs=10**6).fit_epochs(X, y)
    timings = {
        "floor": _floor(X.shape[1], hidden, len(X)),
        "deepbelief": stopwatch(lambda: next(epochs), len(X)),
    }
    if "scikit-learn" not in without:
        timings["MLPClassifier"] = _sklearn(X, y, hidden)
    if "torch" not in without:
        timings["torch loop"] = stopwatch(TorchLoop(X, y, start).epoch, len(X))
    return timings


def _floor(n_features: int, hidden: list[int], n_rows: int) -> Timing:
    """Return the products of an epoch: forward, gradients, and the errors carried down to all layers but the lowest."""
    rng = np.random.default_rng(0)
    sizes = [n_features, *hidden, CLASSES]
    values = [rng.random((BATCH, size), dtype=np.float32) for size in sizes]
    weights = [rng.random(shape, dtype=np.float32) for shape in itertools.pairwise(sizes)]
    out, gradients = [np.empty_like(array) for array in values], [np.empty_like(array) for array in weights]

    def epoch() -> None:
        for _ in range(n_rows // BATCH):
            for depth, matrix in enumerate(weights):
                np.matmul(values[depth], matrix, out=out[depth + 1])
            for depth, matrix in enumerate(weights):
                np.matmul(values[depth].T, values[depth + 1], out=gradients[depth])
                if depth > 0:
                    np.matmul(values[depth + 1], matrix.T, out=out[depth])

    return stopwatch(epoch, n_rows)


def _classifier(hidden: list[int], finetune_epochs: int, learning_rate: float = LEARNING_RATE) -> Any:
    from deepbelief import DBNClassifier

    return DBNClassifier(
        tuple(hidden),
        pretrain_epochs=0,
        softmax_epochs=0,
        finetune_epochs=finetune_epochs,
        batch_size=BATCH,
        finetune_learning_rate=learning_rate,
        learning_rate_schedule="constant",
        momentum=MOMENTUM,
        random_state=0,
    )


def _mlp(hidden: list[int], max_iter: int, learning_rate: float = LEARNING_RATE, warm_start: bool = False) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        tuple(hidden),
        activation="logistic",
        solver="sgd",
        alpha=0.0,
        batch_size=BATCH,
        learning_rate_init=learning_rate,
        momentum=MOMENTUM,
        nesterovs_momentum=False,
        tol=0.0,
        n_iter_no_change=10**6,
        random_state=0,
        max_iter=max_iter,
        warm_start=warm_start,
    )


def _fitted(mlp: Any, X: np.ndarray, y: np.ndarray) -> Any:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few epochs are all that is asked for
        return mlp.fit(X, y)


def _sklearn(X: np.ndarray, y: np.ndarray, hidden: list[int]) -> Timing:
    def fit(n_epochs: int) -> float:
        return stopwatch(lambda: _fitted(_mlp(hidden, n_epochs), X, y))()

    return lambda: (fit(1 + SKLEARN_EPOCHS) - fit(1)) / (len(X) * SKLEARN_EPOCHS)


class TorchLoop:
    """The loop of every torch tutorial."""

    def __init__(self, X: np.ndarray, y: np.ndarray, start: Net, learning_rate: float = LEARNING_RATE) -> None:
        import torch

        torch.manual_seed(0)
        self.torch, self.X, self.y = torch, torch.from_numpy(X), torch.from_numpy(y.astype(np.int64))
        self.linear = [torch.nn.Linear(*weights.shape) for weights in start[0]]
        with torch.no_grad():
            for linear, weights, bias in zip(self.linear, *start, strict=True):
                linear.weight.copy_(torch.from_numpy(weights.T))
                linear.bias.copy_(torch.from_numpy(bias))
        layers = [layer for linear in self.linear for layer in (linear, torch.nn.Sigmoid())][:-1]
        self.net = torch.nn.Sequential(*layers)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=learning_rate, momentum=MOMENTUM)

    def epoch(self) -> float:
        total = self.torch.zeros(())
        for rows in self.torch.randperm(len(self.X)).split(BATCH):
            self.optimizer.zero_grad()
            loss = self.torch.nn.functional.cross_entropy(self.net(self.X[rows]), self.y[rows])
            loss.backward()
            self.optimizer.step()
            total += loss.detach()
        return float(total)

    def parameters(self) -> Net:
        weights = [linear.weight.detach().numpy().T for linear in self.linear]
        return weights, [linear.bias.detach().numpy() for linear in self.linear]


def equal_work(X: np.ndarray, y: np.ndarray, hidden: list[int], start: Net, without: list[str]) -> dict[str, float]:
    """Return the losses after one epoch from the same start; stop if they tell of different work."""
    rate = CHECKED_LEARNING_RATE
    learned = {"deepbelief": _parameters(_classifier(hidden, finetune_epochs=1, learning_rate=rate).fit(X, y))}
    if "scikit-learn" not in without:
        mlp = _fitted(_mlp(hidden, 1, rate, warm_start=True), X[:1000], y[:1000])
        mlp.coefs_, mlp.intercepts_ = ([array.copy() for array in arrays] for arrays in start)
        _fitted(mlp, X, y)
        learned["MLPClassifier"] = (mlp.coefs_, mlp.intercepts_)
    if "torch" not in without:
        loop = TorchLoop(X, y, start, rate)
        loop.epoch()
        learned["torch loop"] = loop.parameters()
    losses = {"before": _loss(X, y, start)} | {name: _loss(X, y, net) for name, net in learned.items()}
    for name in learned:
        if abs(losses[name] / losses["deepbelief"] - 1) > TOLERANCE:
            raise SystemExit(
                f"{name} does not do the same work as deepbelief: after an epoch its loss is {losses[name]:.4f}, "
                f"not {losses['deepbelief']:.4f} within {TOLERANCE:.0%}."
            )
    return losses


def _parameters(net: Any) -> Net:
    return [array.copy() for array in net.coefs_], [array.copy() for array in net.intercepts_]


def _loss(X: np.ndarray, y: np.ndarray, net: Net) -> float:
    """Return the mean cross-entropy: one judge for all."""
    values = X.astype(float)
    for weights, bias in list(zip(*net, strict=True))[:-1]:
        values = 1 / (1 + np.exp(-(values @ weights + bias)))
    logits = values @ net[0][-1] + net[1][-1]
    return float(np.mean(np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(y)), y]))


def markdown(lines: list[Line]) -> str:
    """Return one table, and what each contender is."""
    cases = [line for line in lines if line["kind"] == "case"]
    peers = list(dict.fromkeys(name for line in cases for name in line["peer / deepbelief"]))
    headings = ["net", "threads", "rows/s", "of the floor", *(f"× {name}" for name in peers), "loss"]
    rows = [
        [
            line["case"],
            str(line["threads"]),
            f"{1e6 / line['microseconds_per_row']['deepbelief']['median']:,.0f}",
            percent(line["floor / deepbelief"]),
            *(times(line["peer / deepbelief"].get(name)) for name in peers),
            f"{line['loss_after_one_epoch']['before']:.3f} → {line['loss_after_one_epoch']['deepbelief']:.3f}",
        ]
        for line in cases
    ]
    reading = f"*Loss*: before and after one epoch of deepbelief; peers agree within {TOLERANCE:.0%}."
    measured = {name for line in cases for name in line["microseconds_per_row"]}
    notes = "\n".join(f"- {name}: {note}." for name, note in NOTES.items() if name in measured)
    return "\n\n".join([table(headings, rows), reading, notes])
