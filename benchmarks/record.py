#!/usr/bin/env python3
"""Train an RBM with 500 hidden units on MNIST by one command, and measure its likelihood on a binarised test set.

    python benchmarks/record.py MNIST LIKELIHOOD [--seeds 3] [--first-seed 0] [--hold-out] [--runs runs/record]

MNIST holds the IDX files, LIKELIHOOD ``mnist_binarised.npz``, as Salakhutdinov & Murray (ICML 2008) drew it (test, bits
packed along the rows). :func:`command` is what trains: centred gradients, 100 persistent chains, batches of 100, no
momentum, no decay, a rate that falls to zero along a line, and parameters averaged over the last passes. Grey values
are probabilities, and each pass learns from a fresh draw of them. A run that was interrupted goes on where it was.

With ``--hold-out`` the last 10,000 training rows are left out and measured on instead of the test rows: that is how a
recipe is chosen, with ``--passes`` and ``--rate``. Nothing is written then.

Log Z is estimated up and down. Beside the fixed test set, the likelihood of three fresh draws of the test images is
given. results/record.json holds what came out, a run for each seed.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from deepbelief import RBM
from deepbelief import load as load_model
from deepbelief.datasets import load

N_HIDDEN, N_HELD_OUT, N_DRAWS, N_TEMPERATURES = 500, 10_000, 3, 14_500
PASSES, RATE, GIBBS_STEPS, AVERAGED = 150, 0.2, "1,4", 5
SETTINGS = {
    "gradient": "pcd",
    "pretrain_learning_rate_schedule": "linear",
    "n_gibbs_steps": GIBBS_STEPS,
    "binarize": "true",
    "n_averaged": AVERAGED,
    "momentum": 0,
    "initial_momentum": 0,
    "pretrain_weight_decay": 0,
    "initial_weight_scale": 0.01,
}
OUT = Path(__file__).parent / "results" / "record.json"


def command(data: Path, run: Path, seed: int, n_passes: int, rate: float) -> list[str]:
    """Return the command line that trains, or that goes on with what an earlier one has begun."""
    if (run / "checkpoint").exists():
        return ["deepbelief", "train", "--resume", str(run)]
    options = {
        "task": "features",
        "layers": N_HIDDEN,
        "pretrain-epochs": n_passes,
        "batch-size": 100,
        "visible": "bernoulli",
        "pretrain-learning-rate": rate,
        "validation-fraction": 0,
        "seed": seed,
        "out": run,
    }
    settings = [f"--set={name}={value}" for name, value in SETTINGS.items()]
    return ["deepbelief", "train", str(data), "--no-page", *(f"--{k}={v}" for k, v in options.items()), *settings]


def trained(data: Path, run: Path, *recipe: float) -> tuple[RBM, float]:
    """Return the machine that the command has left in a folder, and the seconds of its passes."""
    if not (run / "result.json").exists():
        line = command(data, run, *recipe)
        print(*line, file=sys.stderr)
        subprocess.run([sys.executable, "-m", *line], check=True)
    result = json.loads((run / "result.json").read_text())
    return load_model(run / "model.safetensors").rbms_[0], sum(phase["seconds"] for phase in result["phases"])


def drawn(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return binary images, whose pixels are on with the probability that grey values are."""
    return (rng.random(images.shape, dtype=np.float32) < images).astype(np.float32)


def measured(rbm: RBM, rows: np.ndarray, images: np.ndarray, learned: np.ndarray, seed: int) -> dict:
    """Estimate log Z both ways, and give the mean log-likelihood of fixed rows and of fresh draws of images."""
    rng = np.random.default_rng([seed, 2])
    base = drawn(learned[:10_000], rng)
    up, down = (
        rbm.log_partition(method, n_temperatures=N_TEMPERATURES, random_state=seed, X=base)
        for method in ("ais", "reverse-ais")
    )

    def mean(v: np.ndarray, log_z: float) -> float:
        return float(-rbm.free_energy(v).mean(dtype=float) - log_z)

    return {
        "seed": seed,
        "up": vars(up),
        "down": vars(down),
        "fixed": mean(rows, up.value),
        "fixed_by_the_way_down": mean(rows, down.value),
        "fresh": [mean(drawn(images, rng), up.value) for _ in range(N_DRAWS)],
        "training_rows": mean(base, up.value),
    }


def main() -> None:
    """Train and measure for each seed, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", type=Path)
    parser.add_argument("likelihood", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--passes", type=int, default=PASSES)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--hold-out", action="store_true")
    parser.add_argument("--runs", type=Path, default=Path("runs/record"), help="where the runs go")
    arguments = parser.parse_args()
    data, runs = arguments.mnist, arguments.runs
    runs.mkdir(parents=True, exist_ok=True)
    images, test = (load(arguments.mnist, split=split).images for split in ("train", "test"))
    with np.load(arguments.likelihood / "mnist_binarised.npz") as packed:
        rows = np.unpackbits(packed["test"], axis=1)[:, : images.shape[1]].astype(np.float32)
    if arguments.hold_out:
        images, test = images[:-N_HELD_OUT], images[-N_HELD_OUT:]
        rows, data = drawn(test, np.random.default_rng(0)), runs / "all_but_held_out.npy"
        np.save(data, images)
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        name = f"{'held-out' if arguments.hold_out else 'seed'}-{seed}-{arguments.passes}-{arguments.rate:g}"
        rbm, seconds = trained(data, runs / name, seed, arguments.passes, arguments.rate)
        run = measured(rbm, rows, test, images, seed) | {"seconds_of_training": seconds}
        print(json.dumps(run), flush=True)
        if not arguments.hold_out:
            write(run, arguments.passes, arguments.rate)


def write(run: dict, n_passes: int, rate: float) -> None:
    """Write what one seed has led to beside what the others have."""
    recipe = {"passes": n_passes, "rate": rate, "settings": SETTINGS}
    found = json.loads(OUT.read_text()) if OUT.exists() else {}
    others = [other for other in found.get("runs", []) if found["recipe"] == recipe and other["seed"] != run["seed"]]
    runs = sorted([*others, run], key=lambda each: each["seed"])
    OUT.write_text(json.dumps({"recipe": recipe, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
