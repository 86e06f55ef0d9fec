"""Do the loops in C learn what NumPy learns? Accuracy of the posts' recipe with either, over many seeds.

    python -m benchmarks.engines MNIST [--seeds 8]

Rounding sends two trainings with the same random numbers apart within an epoch, so only means over seeds can be
compared. 784-500-500-10 learns from 42,000 images and is asked for the other 28,000, all settings at their defaults.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
from benchmarks.speed.data import mnist
from benchmarks.speed.machine import description

from deepbelief import DBNClassifier
from deepbelief.core import native

RESULT = Path(__file__).parent / "results" / "engines.json"
ROWS = 42_000


def accuracy(seed: int, X: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return the accuracy on the rows that are not learned from, and the seconds of learning."""
    begin = time.perf_counter()
    net = DBNClassifier((500, 500), random_state=seed).fit(X[:ROWS], y[:ROWS])
    seconds = time.perf_counter() - begin
    return float(net.score(X[ROWS:], y[ROWS:])), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--seeds", type=int, default=8)
    arguments = parser.parse_args()
    if native.module is None:
        parser.error("there are no loops in C here to compare with NumPy.")
    parts = [mnist(arguments.data, split) for split in ("train", "test")]
    X, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    order = np.random.default_rng(0).permutation(len(X))
    X, y = X[order], y[order]
    machine = next(description())
    engines = {native.kernels(): native.module, "numpy": None}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in engines}
    for seed in range(arguments.seeds):
        for name, native.module in engines.items():
            found[name].append(accuracy(seed, X, y))
            print(f"seed {seed}, {name}: {found[name][-1][0]:.4%} in {found[name][-1][1]:.1f} s", flush=True)
    scores = {name: [score for score, _ in results] for name, results in found.items()}
    first, second = scores.values()
    differences = [a - b for a, b in zip(first, second, strict=True)]
    result = {
        "machine": machine,
        "accuracies": scores,
        "means": {name: statistics.mean(values) for name, values in scores.items()},
        "standard_deviations": {name: statistics.stdev(values) for name, values in scores.items()},
        "mean_difference": statistics.mean(differences),
        "standard_error_of_difference": statistics.stdev(differences) / len(differences) ** 0.5,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({name: result[name] for name in ("means", "mean_difference", "standard_error_of_difference")}))


if __name__ == "__main__":
    main()
