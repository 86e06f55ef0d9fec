"""The posts' recipe from end to end, phase by phase, beside the time of its own matrix products, and its memory.

42,000 images of MNIST, 784-500-500-10: 30 epochs of CD-1 for each layer, 10 of the softmax layer, 10 of
backpropagation, all other settings at their defaults. The products are counted by ``benchmarks/kaggle_recipe.py`` and
timed in the same process before training, in every phase, and afterwards, while the clock of the recipe stands still.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from benchmarks import kaggle_recipe
from benchmarks.speed.child import call, peak_memory
from benchmarks.speed.data import mnist
from benchmarks.speed.measuring import Progress
from benchmarks.speed.options import Options
from benchmarks.speed.results import Line, mebibytes, table

QUICK_ROWS, QUICK_SHARE = 2000, 0.1  # of the rows, and of the epochs of every phase
FILES = ("X", "y", "X_test", "y_test")
PHASES = ("pretrain 1", "pretrain 2", "softmax", "finetune")
THREADS = "as many as cores"


def repeats(options: Options) -> int:
    return len(options.seeds)


def run(options: Options) -> Iterator[Line]:
    """Train once with each seed, in a process of its own."""
    n_rows, share = (QUICK_ROWS, QUICK_SHARE) if options.quick else (kaggle_recipe.ROWS, 1.0)
    progress = Progress("whole_recipe", len(options.seeds))
    with tempfile.TemporaryDirectory() as folder:
        # Written by a process of its own: the one that is measured then holds the data and no reader's leftovers.
        list(call("whole_recipe", "prepare", data=str(options.data), n_rows=n_rows, folder=folder))
        for seed in options.seeds:
            for line in call("whole_recipe", "measure", folder=folder, share=share, seed=seed):
                progress.step(f"seed {seed}: {line['seconds / products']:.2f} times its products")
                yield line


def prepare(data: str, n_rows: int, folder: str) -> Iterator[Line]:
    """Write the rows to train on and the test images as plain arrays."""
    (X, y), (X_test, y_test) = mnist(data), mnist(data, "test")
    for name, array in zip(FILES, (X[:n_rows], y[:n_rows], X_test, y_test), strict=True):
        np.save(Path(folder) / f"{name}.npy", array)
    yield from ()


def measure(folder: str, share: float, seed: int) -> Iterator[Line]:
    """Train, with `share` of the recipe's epochs, and measure time, memory and accuracy."""
    from deepbelief import DBNClassifier

    X, y, X_test, y_test = (np.load(Path(folder) / f"{name}.npy") for name in FILES)
    net = DBNClassifier(
        kaggle_recipe.SIZES[1:],
        pretrain_epochs=round(share * kaggle_recipe.PRETRAIN),
        softmax_epochs=round(share * kaggle_recipe.SOFTMAX),
        finetune_epochs=round(share * kaggle_recipe.FINETUNE),
        batch_size=kaggle_recipe.BATCH,
        random_state=seed,
    )
    products = [kaggle_recipe.seconds_of_products()]
    before = peak_memory()
    phases: dict[str, float] = {}
    begin = time.perf_counter()
    for epoch in net.fit_epochs(X, y):
        seconds = time.perf_counter() - begin
        phase = f"pretrain {epoch.layer + 1}" if epoch.phase == "pretrain" else epoch.phase
        if phase not in phases:
            products.append(kaggle_recipe.seconds_of_products())
        phases[phase] = phases.get(phase, 0.0) + seconds
        begin = time.perf_counter()
    seconds, peak = sum(phases.values()), peak_memory()
    products.append(kaggle_recipe.seconds_of_products())
    # As many batches and epochs fewer as the recipe was cut down by.
    floor = statistics.mean(products) * share * len(X) / kaggle_recipe.ROWS
    yield {
        "kind": "case",
        "case": f"{len(X):,} rows, seed {seed}",
        "seconds": seconds,
        "seconds_by_phase": phases,
        "seconds_of_products": floor,
        "seconds / products": seconds / floor,
        "accuracy_on_test_images": float(net.score(X_test, y_test)),
        "peak_bytes": peak,
        "peak_bytes_beyond_data": peak - before,
    }


def markdown(lines: list[Line]) -> str:
    """Return one table."""
    cases = [line for line in lines if line["kind"] == "case"]
    headings = ["case", "seconds", *PHASES, "/ products", "test accuracy", "peak MiB", "beyond data MiB"]
    rows = [
        [
            line["case"],
            f"{line['seconds']:.1f}",
            *(f"{line['seconds_by_phase'][phase]:.1f}" for phase in PHASES),
            f"{line['seconds / products']:.2f}",
            f"{line['accuracy_on_test_images']:.2%}".replace("%", " %"),
            mebibytes(line["peak_bytes"]),
            mebibytes(line["peak_bytes_beyond_data"]),
        ]
        for line in cases
    ]
    reading = (
        "*/ products*: seconds of the whole recipe / seconds of its matrix products alone, timed six times in the same "
        "process, between epochs. A phase's first epoch holds the set-up before it. *Beyond data*: above the most that "
        "was held when the data had been loaded and the libraries imported."
    )
    return f"{table(headings, rows)}\n\n{reading}"
