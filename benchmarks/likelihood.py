#!/usr/bin/env python3
"""Calibrate annealed importance sampling on the RBM with 500 hidden units of Salakhutdinov & Murray (ICML 2008).

    python benchmarks/likelihood.py FOLDER [--first-seed 0] [--seeds 3]

FOLDER holds ``cd25_500.npz`` (weights (784, 500), visible_bias, hidden_bias) and ``mnist_binarised.npz`` (train and
test, bits packed along the rows). Published: log Z = 451.28, mean test log-likelihood −86.34 nats. For each seed, log Z
is estimated up and down, the base rates being those of the training rows. results/likelihood.json holds what came out,
with the seconds that each way took by the clock and of the processor, which a busy machine does not lengthen, and the
processor's seconds of the matrix products of the way up alone, measured in the same run.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from deepbelief import RBM
from deepbelief.core.arrays import product

PUBLISHED = {"log_partition": 451.28, "mean_test_log_likelihood": -86.34}
N_CHAINS, BASE_ROWS = 100, 10_000
OUT = Path(__file__).parent / "results" / "likelihood.json"


def rows_of(packed: np.ndarray) -> np.ndarray:
    """Return images as float32: (n_rows, 784)."""
    return np.unpackbits(packed, axis=1)[:, :784].astype(np.float32)


def reference(folder: Path) -> RBM:
    """Return the machine, made of its arrays."""
    with np.load(folder / "cd25_500.npz") as arrays:
        weights, visible, hidden = (arrays[name] for name in ("weights", "visible_bias", "hidden_bias"))
    return RBM.from_parameters(*(a.astype(np.float32) for a in (weights.T, hidden.ravel(), visible.ravel())))


def seconds_of_products(rbm: RBM, n_temperatures: int, repeats: int = 200) -> float:
    """Take the processor's time of the two products of a temperature, each with 100 rows, and multiply."""
    weights = np.ascontiguousarray(rbm.components_.T)
    v, h = (np.ones((N_CHAINS, n), np.float32) for n in weights.shape)
    begin = time.process_time()
    for _ in range(repeats):
        product(v, weights)
        product(h, weights.T)
    return (time.process_time() - begin) / repeats * n_temperatures


def main() -> None:
    """Estimate, compare with what is published, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0, help="runs of seeds below it stay as they are")
    parser.add_argument("--temperatures", type=int, default=14_500)
    arguments = parser.parse_args()
    rbm = reference(arguments.folder)
    with np.load(arguments.folder / "mnist_binarised.npz") as data:
        train, test = rows_of(data["train"][:BASE_ROWS]), rows_of(data["test"])
    before = json.loads(OUT.read_text())["runs"] if OUT.exists() else []
    energies, runs = rbm.free_energy(test), [run for run in before if run["seed"] < arguments.first_seed]
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        run: dict = {"seed": seed}
        for name, method in (("up", "ais"), ("down", "reverse-ais")):
            begin, processor = time.perf_counter(), time.process_time()
            estimate = rbm.log_partition(method, N_CHAINS, arguments.temperatures, random_state=seed, X=train)
            run[name] = {
                "log_partition": estimate.value,
                "standard_error": estimate.standard_error,
                "effective_sample_size": estimate.effective_sample_size,
                "mean_test_log_likelihood": float(-energies.mean(dtype=float) - estimate.value),
                "seconds": time.perf_counter() - begin,
                "processor_seconds": time.process_time() - processor,
            }
        run["processor_seconds_of_products_up"] = seconds_of_products(rbm, arguments.temperatures)
        print(json.dumps(run), flush=True)
        runs.append(run)
        found = {"published": PUBLISHED, "n_chains": N_CHAINS, "n_temperatures": arguments.temperatures, "runs": runs}
        OUT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
