#!/usr/bin/env python3
"""What checkpoints cost: the recipe's phases on data of MNIST's size, with and without them.

    checkpointing.py [DATA] [--rows 10000] [--epochs 3] [-o benchmarks/results/checkpointing.json]

DATA is what ``deepbelief train`` takes (default: random pixels of MNIST's shape, since time does not depend on their
values). The same few epochs of each phase are trained with a checkpoint after every epoch, each timed as the training
sees it: time in an epoch, and time in writing. The seconds of the whole recipe, 30 + 30 + 10 + 10 epochs of a
784-500-500 net, are put together from these, for the rows that were trained on and for 60,000; a checkpoint's time does
not depend on the rows.
"""

import argparse
import json
import os
import platform
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import numpy as np

from deepbelief import DBNClassifier, datasets
from deepbelief.estimators.checkpointing import CheckpointedLog

RECIPE = {("pretrain", 0): 30, ("pretrain", 1): 30, ("softmax", 0): 10, ("finetune", 0): 10}
MNIST_ROWS = 60_000


def images_and_labels(data: str | None, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first rows of the data, or random ones."""
    if data is None:
        rng = np.random.default_rng(0)
        return rng.random((n_rows, 784), dtype=np.float32), rng.integers(0, 10, n_rows)
    loaded = datasets.load(data, split="train")
    return loaded.images[:n_rows], loaded.labels[:n_rows]


def measured(X: np.ndarray, y: np.ndarray, n_epochs: int) -> dict[tuple[str, int], tuple[float, float, int]]:
    """Return for each phase the median seconds of an epoch and of a checkpoint, and the checkpoint's bytes."""
    training, writing, sizes = defaultdict(list), defaultdict(list), {}
    spent = 0.0
    write = CheckpointedLog._write

    def timed(log: CheckpointedLog) -> None:
        nonlocal spent
        begin = time.perf_counter()
        write(log)
        spent += time.perf_counter() - begin

    CheckpointedLog._write = timed
    with tempfile.TemporaryDirectory(dir=".") as folder:  # on the disk that runs are written to
        net = DBNClassifier(
            pretrain_epochs=n_epochs,
            softmax_epochs=n_epochs,
            finetune_epochs=n_epochs,
            batch_size=100,
            random_state=0,
            checkpoint=folder,
            checkpoint_interval=3600.0,
        )
        epochs = net.fit_epochs(X, y)
        begin, spent = time.perf_counter(), 0.0
        for epoch in epochs:
            place = (epoch.phase, epoch.layer)
            training[place].append(time.perf_counter() - begin - spent)
            writing[place].append(spent)
            sizes[place] = max(path.stat().st_size for path in Path(folder).iterdir())
            begin, spent = time.perf_counter(), 0.0
    CheckpointedLog._write = write
    return {place: (median(training[place]), median(writing[place]), sizes[place]) for place in RECIPE}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("-o", "--out", type=Path)
    arguments = parser.parse_args()
    X, y = images_and_labels(arguments.data, arguments.rows)
    phases = measured(X, y, arguments.epochs)
    training = sum(RECIPE[place] * phases[place][0] for place in RECIPE)
    writing = sum(RECIPE[place] * phases[place][1] for place in RECIPE)
    result = {
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "rows": len(X),
        "phases": {
            f"{phase} {layer}": {"seconds of an epoch": seconds, "seconds of a checkpoint": cost, "bytes": size}
            for (phase, layer), (seconds, cost, size) in phases.items()
        },
        "recipe": {"seconds of training": training, "seconds of checkpoints": writing},
        "share": writing / training,
        "share at 60,000 rows": writing / (training * MNIST_ROWS / len(X)),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
