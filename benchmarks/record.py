#!/usr/bin/env python3
"""Train an RBM with 500 hidden units on MNIST, and measure its likelihood on a fixed binarised test set.

    python benchmarks/record.py MNIST LIKELIHOOD [--seeds 3] [--passes 150] [--hold-out]

MNIST holds the IDX files, LIKELIHOOD ``mnist_binarised.npz``, as Salakhutdinov & Murray (ICML 2008) drew it (test, bits
packed along the rows). The recipe: centred gradients, 100 persistent chains, one Gibbs step, batches of 100, no
momentum, no decay, a rate that falls from 0.1 to zero along a line. Grey values are probabilities, and each pass learns
from a fresh draw of them. With ``--hold-out`` the last 10,000 training rows are left out and measured on instead of the
test rows: that is how a recipe is chosen.

Log Z is estimated up and down. Beside the fixed test set, the likelihood of three fresh draws of the test images is
given. results/record.json holds what came out.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from deepbelief import RBM
from deepbelief.datasets import load

N_HIDDEN, N_HELD_OUT, N_DRAWS, N_TEMPERATURES = 500, 10_000, 3, 14_500
OUT = Path(__file__).parent / "results" / "record.json"


def fitted(images: np.ndarray, n_passes: int, seed: int) -> RBM:
    """Train: one fit of a single pass after another, each from a fresh draw of binary pixels."""
    rng, rbm = np.random.default_rng([seed, 1]), None
    for number in range(n_passes):
        # Rates of a line through the passes; within each the rate is constant, which a schedule would only smooth.
        settings = {"learning_rate": 0.1 * (1 - (number + 0.5) / n_passes)}
        rows = (rng.random(images.shape, dtype=np.float32) < images).astype(np.float32)
        if rbm is None:
            rbm = RBM(
                N_HIDDEN,
                visible="bernoulli",
                gradient="pcd",
                batch_size=100,
                n_iter=1,
                momentum=0.0,
                initial_momentum=0.0,
                weight_decay=0.0,
                initial_weight_scale=0.01,
                random_state=seed,
                warm_start=True,
                **settings,
            )
        for _ in rbm.set_params(**settings).fit_epochs(rows):
            pass
    assert rbm is not None
    return rbm


def measured(rbm: RBM, rows: np.ndarray, images: np.ndarray, learned: np.ndarray, seed: int) -> dict:
    """Estimate log Z both ways, and give the mean log-likelihood of fixed rows and of fresh draws of images."""
    rng = np.random.default_rng([seed, 2])
    some = learned[:10_000]
    base = (rng.random(some.shape, dtype=np.float32) < some).astype(np.float32)
    up, down = (
        rbm.log_partition(method, n_temperatures=N_TEMPERATURES, random_state=seed, X=base)
        for method in ("ais", "reverse-ais")
    )
    draws = [(rng.random(images.shape, dtype=np.float32) < images).astype(np.float32) for _ in range(N_DRAWS)]

    def mean(v: np.ndarray, log_z: float) -> float:
        return float(-rbm.free_energy(v).mean(dtype=float) - log_z)

    return {
        "seed": seed,
        "up": vars(up),
        "down": vars(down),
        "fixed": mean(rows, up.value),
        "fixed_by_the_way_down": mean(rows, down.value),
        "fresh": [mean(draw, up.value) for draw in draws],
        "training_rows": mean(base, up.value),
    }


def main() -> None:
    """Train and measure for each seed, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", type=Path)
    parser.add_argument("likelihood", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--passes", type=int, default=150)
    parser.add_argument("--hold-out", action="store_true")
    arguments = parser.parse_args()
    images, test = (load(arguments.mnist, split=split).images for split in ("train", "test"))
    with np.load(arguments.likelihood / "mnist_binarised.npz") as data:
        rows = np.unpackbits(data["test"], axis=1)[:, : images.shape[1]].astype(np.float32)
    if arguments.hold_out:
        images, test = images[:-N_HELD_OUT], images[-N_HELD_OUT:]
        rows = (np.random.default_rng(0).random(test.shape) < test).astype(np.float32)
    runs = []
    for seed in range(arguments.seeds):
        begin = time.perf_counter()
        rbm = fitted(images, arguments.passes, seed)
        seconds = time.perf_counter() - begin
        runs.append(measured(rbm, rows, test, images, seed) | {"seconds_of_training": seconds})
        print(json.dumps(runs[-1]), flush=True)
    if not arguments.hold_out:
        OUT.write_text(json.dumps({"passes": arguments.passes, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
