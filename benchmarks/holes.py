"""What holes cost: an RBM trained on MNIST of which 30 % of the pixels are unknown, and the time of a step.

Three machines of 100 hidden units learn from 60,000 training images binarised at random: complete, with 30 % of the
pixels unknown, and with the mean of each pixel filled in for these beforehand. Each is judged by the pseudo-likelihood
of complete test images. Beside that, a step of CD-1 (784×500, batches of 100) from rows with holes, and from rows with
weights, is timed as a multiple of one from plain rows, in turn, five times.

    python benchmarks/holes.py MNIST [--passes 20] [--seed 0] [--save FILE]
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from deepbelief import RBM, datasets
from deepbelief.core.gradients import ContrastiveDivergence
from deepbelief.core.optimizers import sgd
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant
from deepbelief.core.training import start, train

UNKNOWN, N_TEST, N_STEPS, REPETITIONS = 0.3, 2000, 100, 5


def pseudo_likelihoods(folder: str, n_passes: int, seed: int) -> dict[str, float]:
    """Return the mean pseudo-log-likelihood of complete test images, in nats, for each way to learn."""
    rng = np.random.default_rng(seed)
    images, test = (datasets.load(folder, split=split).images for split in ("train", "test"))
    images, test = ((rng.random(x.shape) < x).astype(np.float32) for x in (images, test[:N_TEST]))
    unknown = rng.random(images.shape) < UNKNOWN
    holes = np.where(unknown, np.float32(np.nan), images)
    known = {"complete": images, "holes": holes, "mean": np.where(unknown, np.nanmean(holes, axis=0), images)}
    found = {}
    for name, x in known.items():
        rbm = RBM(100, batch_size=100, n_iter=n_passes, learning_rate=0.1, weight_decay=0, random_state=seed).fit(x)
        found[name] = round(float(rbm.score_samples(test).mean()), 2)
        print(name, found[name], file=sys.stderr)
    return found


def ratios() -> dict[str, float]:
    """Return the time of a step from rows with holes, and with weights, beside that from plain rows.

    It is that of a long pass less that of one of ten steps, at the end of which as much is measured.
    """
    rng = np.random.default_rng(0)
    x = rng.random((100 * N_STEPS, 784)).astype(np.float32)
    holes = np.where(rng.random(x.shape) < UNKNOWN, np.float32(np.nan), x)
    kinds = {
        "plain": Rows(x),
        "holes": Rows(holes, stand_in=np.full(784, 0.5, np.float32)),
        "weights": Rows(x, weights=rng.random(len(x)) + 0.1),
    }
    recipe = Recipe(ContrastiveDivergence(), sgd(Constant(0.05), Constant(0.9), 2e-4), 1, 100, centred=True)
    streams, seconds = RandomStreams(0), {name: [] for name in kinds}
    for _ in range(REPETITIONS):
        for name, rows in kinds.items():
            times = []
            for some in (rows, rows.subset(np.arange(1000))):
                state = start(Machine(), some, 500, recipe, streams)
                begin = time.perf_counter()
                list(train(Machine(), some, state, recipe, streams))
                times.append(time.perf_counter() - begin)
            seconds[name].append(times[0] - times[1])
    times = np.array(list(seconds.values()))
    return dict(zip(kinds, np.median(times / times[0], axis=1).round(2).tolist(), strict=True))


def main() -> None:
    """Measure, print, and save if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist")
    parser.add_argument("--passes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    result = {
        "passes": given.passes,
        "seed": given.seed,
        "pseudo_log_likelihood": pseudo_likelihoods(given.mnist, given.passes, given.seed),
        "time_of_a_step": ratios(),
    }
    print(json.dumps(result, indent=2))
    if given.save:
        given.save.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
