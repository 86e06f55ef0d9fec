"""Runs for the benchmark of the diagnosis: data, ways to break a training, and what is found afterwards."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from deepbelief import DBN, RBM, DBNClassifier, DivergedError, diagnose
from deepbelief.core.diagnosis import Finding, Training, examine, failures
from deepbelief.core.gradients import ContrastiveDivergence
from deepbelief.core.optimizers import sgd
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.recipes import Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant
from deepbelief.core.stack import Layer
from deepbelief.core.training import State, start, train
from deepbelief.core.units import Bernoulli, Units
from deepbelief.datasets import load
from deepbelief.estimators.convergence import warn_of_failure

DIGITS = load("digits")
N_TRAIN = 1600
WARNED = "fit warns"

Findings = list[Finding | str]  # or the word that `fit` warns
Split = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]  # (rows, held out), (labels, held out)


def shuffled_digits(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return training images, held-out images and the labels of both."""
    order = np.random.default_rng(seed).permutation(len(DIGITS.images))
    images, labels = DIGITS.images[order], DIGITS.labels[order]
    return images[:N_TRAIN], images[N_TRAIN:], labels[:N_TRAIN], labels[N_TRAIN:]


def upright(seed: int) -> np.ndarray:
    """Return training images."""
    return shuffled_digits(seed)[0]


def of_estimator(
    estimator: RBM | DBN,
    images: np.ndarray,
    held_out: np.ndarray | None = None,
    judged_by: np.ndarray | None = None,
) -> Findings:
    """Train an RBM or a DBN and judge it, by other images than it was trained on if there are any."""
    try:
        for _ in estimator.fit_epochs(images, validation=held_out):
            pass
    except DivergedError as error:
        return [error.finding]
    return [*diagnose(estimator, images if judged_by is None else judged_by), *warning(estimator, images)]


def of_classifier(seed: int, images: tuple, labels: tuple, **settings: object) -> Findings:
    """Train a classifier on the first of two sets, judge it by the second."""
    net = DBNClassifier(**{"hidden_layer_sizes": (200, 200), "random_state": seed, **settings})
    validation = images[1], labels[1]
    try:
        for _ in net.fit_epochs(images[0], labels[0], validation=validation):
            pass
    except DivergedError as error:
        return [error.finding]
    found = diagnose(net, images[0], labels[0], validation=validation)
    return [*found, *warning(net, images[0], labels[0])]


def warning(estimator: RBM | DBN | DBNClassifier, *data: np.ndarray) -> list[str]:
    """Tell whether `fit` would have warned."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        warn_of_failure(estimator, *data)
    return [WARNED] if caught else []


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
    recipe = Recipe(ContrastiveDivergence(), sgd(Constant(rate), Constant(0.9), 0.0002), n_epochs, 32, centred=True)
    state = start(machine, rows, 200, recipe, streams)
    parameters = spoil(state.parameters)
    state = State(parameters, recipe.optimizer.init(parameters), state.chains)
    records = []
    try:
        for epoch in train(machine, rows, state, recipe, streams):
            state = epoch.state
            records.append({"phase": "pretrain", "layer": 0, **epoch.metrics})
    except DivergedError as error:
        return [error.finding]
    judged = [Layer(machine, state.parameters)], rows, Training(records, learning_rate=rate)
    return [*examine(*judged), *([WARNED] if failures(*judged) else [])]


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


def split_digits(seed: int) -> Split:
    """Return (images, images held out), (labels, labels held out)."""
    images, held_out, labels, held_out_labels = shuffled_digits(seed)
    return (images, held_out), (labels, held_out_labels)


def mostly_blank(images: np.ndarray) -> np.ndarray:
    """Return images of which only the top quarter is left."""
    return np.where(np.arange(images.shape[1]) < images.shape[1] // 4, images, 0)


def inverted(images: np.ndarray) -> np.ndarray:
    """Return pictures black on white for white on black."""
    return 1 - images


def enlarged(images: np.ndarray) -> np.ndarray:
    """Return pictures of 24 × 24 pixels for 8 × 8."""
    return np.kron(images.reshape(-1, 8, 8), np.ones((3, 3))).reshape(len(images), -1)


def waves(seed: int) -> Split:
    """Return noisy sine waves around 20, of three frequencies, as (rows, rows held out), (labels, labels held out)."""
    generator = np.random.default_rng(seed)
    labels, time = generator.integers(0, 3, 600), np.linspace(0, 1, 60)
    phase, frequency = generator.random((600, 1)), np.array([3, 5, 8])[labels][:, None]
    rows = 20 + np.sin(2 * np.pi * (frequency * time + phase)) + 0.3 * generator.standard_normal((600, 60))
    return (rows[:400], rows[400:]), (labels[:400], labels[400:])


def table(seed: int, bunch: Any) -> Split:
    """Return one of scikit-learn's tables as it is: (rows, rows held out), (labels, labels held out)."""
    order = np.random.default_rng(seed).permutation(len(bunch.data))
    first, last = np.split(order, [len(order) * 7 // 10])
    return (bunch.data[first], bunch.data[last]), (bunch.target[first], bunch.target[last])


def imbalanced(seed: int, class_sep: float = 1.0) -> Split:
    """Return rows of which 7 % are positive: (rows, rows held out), (labels, labels held out)."""
    rows, labels = make_classification(
        1500, 20, n_informative=6, weights=[0.93], flip_y=0, class_sep=class_sep, random_state=seed
    )
    return (rows[:1000], rows[1000:]), (labels[:1000], labels[1000:])


def mislabelled(seed: int, n_rows: int = 200, share: float = 0.3) -> Split:
    """Return few digits, some of them with the label of another: (images, held out), (labels, labels held out)."""
    (images, held_out), (labels, held_out_labels) = split_digits(seed)
    labels = labels[:n_rows].copy()
    labels[: int(share * n_rows)] = np.random.default_rng(seed).permutation(labels[: int(share * n_rows)])
    return (images[:n_rows], held_out), (labels, held_out_labels)
