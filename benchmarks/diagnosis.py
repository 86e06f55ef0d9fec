#!/usr/bin/env python3
"""Count what the diagnosis finds in runs broken on purpose, and what it finds in healthy ones.

    python benchmarks/diagnosis.py [--mnist DIR] [--out benchmarks/results/diagnosis.json]

Every run is made with three seeds. A broken run is a hit when the finding that its fault calls for is among those made;
a healthy run with any finding is a false alarm. MNIST's runs are left out, and said to be, without --mnist.
"""

import argparse
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.preprocessing import StandardScaler

from deepbelief import DBN, RBM, DBNClassifier, DivergedError, diagnose
from deepbelief.core.diagnosis import examine
from deepbelief.core.gradients import ContrastiveDivergence
from deepbelief.core.optimizers import Constant, sgd
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.rows import Rows
from deepbelief.core.stack import Layer
from deepbelief.core.training import Recipe, State, start, train
from deepbelief.core.units import Bernoulli, Gaussian, Units
from deepbelief.datasets import load

SEEDS = (0, 1, 2)
DIGITS = load("digits")
N_TRAIN = 1600

Findings = list[str]
Run = Callable[[int], Findings]


def shuffled_digits(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return training images, held-out images and the labels of both."""
    order = np.random.default_rng(seed).permutation(len(DIGITS.images))
    images, labels = DIGITS.images[order], DIGITS.labels[order]
    return images[:N_TRAIN], images[N_TRAIN:], labels[:N_TRAIN], labels[N_TRAIN:]


def of_estimator(estimator: RBM | DBN, images: np.ndarray, held_out: np.ndarray | None = None) -> Findings:
    """Train an RBM or a DBN and name what is found."""
    try:
        for _ in estimator.fit_epochs(images, validation=held_out):
            pass
    except DivergedError as error:
        return [error.finding.name]
    return [finding.name for finding in diagnose(estimator, images)]


def of_classifier(seed: int, images: tuple, labels: tuple, **settings: object) -> Findings:
    """Train a classifier on the first of two sets, judge it by the second."""
    net = DBNClassifier(**{"hidden_layer_sizes": (200, 200), "random_state": seed, **settings})
    validation = images[1], labels[1]
    try:
        for _ in net.fit_epochs(images[0], labels[0], validation=validation):
            pass
    except DivergedError as error:
        return [error.finding.name]
    return [finding.name for finding in diagnose(net, images[0], labels[0], validation=validation)]


def of_core(
    seed: int,
    images: np.ndarray,
    spoil: Callable[[Parameters], Parameters] = lambda parameters: parameters,
    *,
    visible: Units = Bernoulli(),
    n_epochs: int = 30,
    rate: float = 0.1,
) -> Findings:
    """Train one machine of 200 hidden units without the scaling of the estimators, from spoilt parameters."""
    machine, rows, streams = Machine(visible=visible), Rows(images.astype(np.float32)), RandomStreams(seed)
    recipe = Recipe(ContrastiveDivergence(), sgd(Constant(rate), Constant(0.9), 0.0002), n_epochs, 32)
    state = start(machine, rows, 200, recipe, streams)
    parameters = spoil(state.parameters)
    state = State(parameters, recipe.optimizer.init(parameters), state.chains)
    records = []
    try:
        for epoch in train(machine, rows, state, recipe, streams):
            state = epoch.state
            records.append({"phase": "pretrain", "layer": 0, **epoch.metrics})
    except DivergedError as error:
        return [error.finding.name]
    return [finding.name for finding in examine([Layer(machine, state.parameters)], rows, records)]


def with_hidden_bias(value: float) -> Callable[[Parameters], Parameters]:
    """Return what sets all hidden biases to `value`."""
    return lambda parameters: replace(parameters, hidden={"bias": parameters.hidden["bias"] + np.float32(value)})


def with_weights(factor: float) -> Callable[[Parameters], Parameters]:
    """Return what multiplies all weights, and forgets the visible biases."""
    return lambda parameters: replace(
        parameters,
        weights=parameters.weights * np.float32(factor),
        visible={"bias": parameters.visible["bias"] * 0},
    )


def standardised(features: np.ndarray) -> np.ndarray:
    """Return features with mean 0 and variance 1."""
    return StandardScaler().fit_transform(features)


def split_digits(seed: int) -> tuple[tuple, tuple]:
    """Return (images, images held out), (labels, labels held out)."""
    images, held_out, labels, held_out_labels = shuffled_digits(seed)
    return (images, held_out), (labels, held_out_labels)


def mostly_blank(images: np.ndarray) -> np.ndarray:
    """Return images of which only the top quarter is left."""
    return np.where(np.arange(images.shape[1]) < images.shape[1] // 4, images, 0)


# Each broken run, and the findings of which one must be made.
BROKEN: dict[str, tuple[set[str], Run]] = {
    "learning rate × 1000": (
        {"dead-hidden-units", "exploding-weights", "non-finite"},
        lambda seed: of_estimator(DBN((200,), learning_rate=100, random_state=seed), shuffled_digits(seed)[0]),
    ),
    "learning rate × 1000, Gaussian": (
        {"non-finite"},
        lambda seed: of_estimator(
            RBM(100, visible="gaussian", learning_rate=10, random_state=seed), standardised(shuffled_digits(seed)[0])
        ),
    ),
    "learning rate ÷ 100,000": (
        {"weights-not-moving"},
        lambda seed: of_estimator(DBN((200,), learning_rate=1e-6, random_state=seed), shuffled_digits(seed)[0]),
    ),
    "learning rate ÷ 1000": (
        {"identical-reconstructions"},
        lambda seed: of_estimator(DBN((200,), learning_rate=1e-4, random_state=seed), shuffled_digits(seed)[0]),
    ),
    "zero initial weights": (
        {"duplicate-hidden-units"},
        lambda seed: of_core(seed, shuffled_digits(seed)[0], with_weights(0)),
    ),
    "hidden biases + 20": (
        {"always-on-hidden-units"},
        lambda seed: of_core(seed, shuffled_digits(seed)[0], with_hidden_bias(20)),
    ),
    "hidden biases − 20": (
        {"dead-hidden-units"},
        lambda seed: of_core(seed, shuffled_digits(seed)[0], with_hidden_bias(-20)),
    ),
    "inputs 0–255, scaling off": (
        {"inputs-outside-range"},
        lambda seed: of_core(seed, shuffled_digits(seed)[0] * 255),
    ),
    "pixels 0–16 divided by 255": (
        {"inputs-in-narrow-range"},
        lambda seed: of_estimator(DBN((200,), random_state=seed), shuffled_digits(seed)[0] * (16 / 255)),
    ),
    "Gaussian on inputs 0–255": (
        {"exploding-weights", "saturated-hidden-units", "non-finite"},
        lambda seed: of_core(seed, shuffled_digits(seed)[0] * 255, visible=Gaussian(), rate=0.01),
    ),
    "one constant image repeated": (
        {"constant-features"},
        lambda seed: of_estimator(
            DBN((200,), random_state=seed), np.repeat(shuffled_digits(seed)[0][:1], N_TRAIN, axis=0)
        ),
    ),
    "one batch of 10 images repeated": (
        {"overfitting"},
        lambda seed: of_estimator(
            DBN((200,), random_state=seed),
            np.repeat(shuffled_digits(seed)[0][:10], N_TRAIN // 10, axis=0),
            shuffled_digits(seed)[1],
        ),
    ),
    "20 training rows, 300 epochs": (
        {"overfitting"},
        lambda seed: of_estimator(
            DBN((200,), n_iter=300, random_state=seed), shuffled_digits(seed)[0][:20], shuffled_digits(seed)[1]
        ),
    ),
    "three quarters of every image blank": (
        {"constant-features"},
        lambda seed: of_estimator(DBN((200,), random_state=seed), mostly_blank(shuffled_digits(seed)[0])),
    ),
    "random weights, no training": (
        {"noise-like-reconstructions"},
        lambda seed: of_core(seed, shuffled_digits(seed)[0], with_weights(20), n_epochs=0),
    ),
    "initial weights, no training": (
        {"identical-reconstructions"},
        lambda seed: of_core(seed, shuffled_digits(seed)[0], n_epochs=0),
    ),
    "fine-tuning rate × 1000": (
        {"no-better-than-majority", "non-finite"},
        lambda seed: of_classifier(seed, *split_digits(seed), pretrain_epochs=10, finetune_learning_rate=400),
    ),
    "shuffled labels": (
        {"no-better-than-majority"},
        lambda seed: of_classifier(
            seed,
            split_digits(seed)[0],
            tuple(np.random.default_rng(seed).permutation(labels) for labels in split_digits(seed)[1]),
            pretrain_epochs=10,
        ),
    ),
    "one layer of a trained stack not finite": (
        {"non-finite"},
        lambda seed: of_core(seed, shuffled_digits(seed)[0], with_weights(float("nan")), n_epochs=0),
    ),
}

HEALTHY: dict[str, Run] = {
    "digits, DBN 500-500": lambda seed: of_estimator(DBN(random_state=seed), *shuffled_digits(seed)[:2]),
    "digits, DBN 64-32, 3 epochs": lambda seed: of_estimator(
        DBN((64, 32), n_iter=3, random_state=seed), *shuffled_digits(seed)[:2]
    ),
    "digits, classifier from random weights": lambda seed: of_classifier(seed, *split_digits(seed), pretrain_epochs=0),
    "three standardised features, Gaussian RBM 64": lambda seed: of_estimator(
        RBM(64, visible="gaussian", n_iter=30, random_state=seed), standardised(load_wine().data[:, :3])
    ),
    "digits, RBM 64": lambda seed: of_estimator(RBM(64, n_iter=30, random_state=seed), *shuffled_digits(seed)[:2]),
    "digits, RBM 64, persistent CD": lambda seed: of_estimator(
        RBM(64, n_iter=30, gradient="pcd", random_state=seed), *shuffled_digits(seed)[:2]
    ),
    "digits, classifier 200-200": lambda seed: of_classifier(seed, *split_digits(seed)),
    "breast cancer standardised, Gaussian RBM 32": lambda seed: of_estimator(
        RBM(32, visible="gaussian", n_iter=30, random_state=seed), standardised(load_breast_cancer().data)
    ),
    "breast cancer standardised, learned variances": lambda seed: of_estimator(
        RBM(32, visible="gaussian-learned-variance", n_iter=30, random_state=seed),
        standardised(load_breast_cancer().data),
    ),
    "wine standardised, Gaussian RBM 32": lambda seed: of_estimator(
        RBM(32, visible="gaussian", n_iter=30, random_state=seed), standardised(load_wine().data)
    ),
    "digits standardised, Gaussian RBM 100": lambda seed: of_estimator(
        RBM(100, visible="gaussian", n_iter=30, random_state=seed), standardised(DIGITS.images)
    ),
}


def mnist_runs(folder: Path) -> dict[str, Run]:
    """Return healthy runs on some of MNIST's images."""
    mnist = load(folder)

    def of_mnist(seed: int) -> Findings:
        order = np.random.default_rng(seed).permutation(len(mnist.images))[:22_000]
        images = mnist.images[order[:20_000]], mnist.images[order[20_000:]]
        labels = mnist.labels[order[:20_000]], mnist.labels[order[20_000:]]
        return of_classifier(seed, images, labels, pretrain_epochs=10, finetune_epochs=5)

    return {"MNIST, 20,000 images, classifier 200-200": of_mnist}


def count(runs: dict[str, Run]) -> Iterator[tuple[str, list[Findings]]]:
    """Make every run with every seed and yield what was found; say it, too."""
    for name, run in runs.items():
        found = [run(seed) for seed in SEEDS]
        print(f"{name}: {found}", flush=True)
        yield name, found


def main() -> None:
    """Make all runs, print and write the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's IDX files")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "diagnosis.json")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)  # inputs outside [0, 1] are meant

    broken = dict(count({name: run for name, (_, run) in BROKEN.items()}))
    healthy = dict(count(HEALTHY | (mnist_runs(arguments.mnist) if arguments.mnist else {})))
    missed = [
        f"{name}, seed {seed}"
        for name, found in broken.items()
        for seed, names in zip(SEEDS, found, strict=True)
        if not BROKEN[name][0] & set(names)
    ]
    alarms = [
        f"{name}, seed {seed}: {names}"
        for name, found in healthy.items()
        for seed, names in zip(SEEDS, found, strict=True)
        if names
    ]
    n_broken, n_healthy = len(SEEDS) * len(broken), len(SEEDS) * len(healthy)
    print(f"\nHits: {n_broken - len(missed)} of {n_broken} broken runs; missed: {missed or 'none'}")
    print(f"False alarms: {len(alarms)} of {n_healthy} healthy runs: {alarms or 'none'}")
    if not arguments.mnist:
        print("MNIST was left out; name its folder with --mnist")
    expected = {name: sorted(names) for name, (names, _) in BROKEN.items()}
    result = {
        "seeds": SEEDS,
        "hits": n_broken - len(missed),
        "broken_runs": n_broken,
        "false_alarms": len(alarms),
        "healthy_runs": n_healthy,
        "broken": {name: {"expected": expected[name], "found": found} for name, found in broken.items()},
        "healthy": healthy,
    }
    arguments.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
