#!/usr/bin/env python3
"""The posts' recipe from end to end through the command line, beside the time of its own matrix products.

    kaggle_recipe.py DIR [--seeds 0 1 2] [-o benchmarks/results/kaggle_recipe.json]

DIR holds ``train.csv``, ``test.csv`` and ``solution.csv`` in the layout of Kaggle's Digit Recognizer. For each seed:
``deepbelief train`` on all labelled rows with the default settings, ``deepbelief predict``, and the accuracy of the
submission. The products alone, with the same shapes, counts, dtype and threads, are timed before and after each run.
"""

import argparse
import csv
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROWS, BATCH, PRETRAIN, SOFTMAX, FINETUNE = 42_000, 100, 30, 10, 10
SIZES = (784, 500, 500)
CLASSES = 10


def time_of(products: list[tuple[tuple[int, int], tuple[int, int]]], repeats: int) -> float:
    """Return the seconds that one round of matrix products takes, as the mean over `repeats` rounds."""
    rng = np.random.default_rng(0)
    operands = [(rng.random(a, dtype=np.float32), rng.random(b, dtype=np.float32)) for a, b in products]
    for a, b in operands:
        a @ b
    begin = time.perf_counter()
    for _ in range(repeats):
        for a, b in operands:
            a @ b
    return (time.perf_counter() - begin) / repeats


def seconds_of_products(repeats: int = 200) -> float:
    """Return the seconds that the recipe's products take: for training only, not for monitors and predictions."""
    steps = ROWS // BATCH
    total = 0.0
    for n_in, n_out in itertools.pairwise(SIZES):
        up, down, gradient = (
            ((BATCH, n_in), (n_in, n_out)),
            ((BATCH, n_out), (n_out, n_in)),
            ((n_in, BATCH), (BATCH, n_out)),
        )
        total += PRETRAIN * steps * time_of([up, down, up, gradient, gradient], repeats)
    layers = list(zip((*SIZES[:-1], SIZES[-1]), (*SIZES[1:], CLASSES), strict=True))
    forward = [((BATCH, n_in), (n_in, n_out)) for n_in, n_out in layers]
    backward = [((BATCH, n_out), (n_out, n_in)) for n_in, n_out in layers]
    gradients = [((n_in, BATCH), (BATCH, n_out)) for n_in, n_out in layers]
    total += SOFTMAX * steps * time_of([forward[-1], gradients[-1]], repeats)
    total += FINETUNE * steps * time_of([*forward, *gradients, *backward[1:]], repeats)
    return total


def accuracy(submission: Path, solution: Path) -> float:
    """Return the share of rows on which a submission agrees with the solution."""
    rows = []
    for path in (submission, solution):
        with path.open() as stream:
            rows.append({row["ImageId"]: row["Label"] for row in csv.DictReader(stream)})
    if rows[0].keys() != rows[1].keys():
        raise SystemExit(f"{submission} and {solution} do not hold the same rows.")
    return sum(rows[0][key] == rows[1][key] for key in rows[1]) / len(rows[1])


def run(data: Path, seed: int) -> dict:
    """Train, predict and score with one seed."""
    deepbelief = [sys.executable, "-m", "deepbelief"]
    with tempfile.TemporaryDirectory() as folder:
        out, submission = Path(folder) / "run", Path(folder) / "submission.csv"
        before = seconds_of_products()
        begin = time.perf_counter()
        train = [*deepbelief, "train", data / "train.csv", "--layers", "500,500", "--validation-fraction", "0"]
        subprocess.run([*train, "--seed", str(seed), "--out", out, "--json"], check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - begin
        products = (before + seconds_of_products()) / 2
        subprocess.run([*deepbelief, "predict", out, data / "test.csv", "-o", submission], check=True)
        score = accuracy(submission, data / "solution.csv")
    return {"seed": seed, "accuracy": score, "seconds": seconds, "products": products, "ratio": seconds / products}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent / "results" / "kaggle_recipe.json")
    args = parser.parse_args()
    runs = []
    for seed in args.seeds:
        runs.append(run(args.data, seed))
        print(json.dumps(runs[-1]), flush=True)
    scores = [result["accuracy"] for result in runs]
    summary = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "accuracy_mean": statistics.mean(scores),
        "accuracy_spread": max(scores) - min(scores),
        "ratio_median": statistics.median(result["ratio"] for result in runs),
        "runs": runs,
    }
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(json.dumps(summary, indent=2) + "\n")
    print(json.dumps({key: value for key, value in summary.items() if key != "runs"}))


if __name__ == "__main__":
    main()
