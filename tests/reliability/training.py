"""Small trainings of every kind, and how to compare and to interrupt them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from deepbelief import DBN, RBM, DBNClassifier
from deepbelief.estimators import checkpoint_file
from deepbelief.estimators.machines import arrays_of

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = (DIGITS / 16).astype(np.float32)
FEW_LABELS = np.where(np.random.RandomState(0).permutation(len(LABELS)) < 60, LABELS, -1)
SOME = slice(600)


def rbm(**settings: Any) -> RBM:
    return RBM(**{"n_components": 12, "n_iter": 2, "batch_size": 300, "random_state": 0, **settings})


def dbn(**settings: Any) -> DBN:
    return DBN((12, 8), **{"n_iter": 2, "batch_size": 600, "random_state": 0, **settings})


def classifier(**settings: Any) -> DBNClassifier:
    epochs = {"pretrain_epochs": 2, "softmax_epochs": 2, "finetune_epochs": 2}
    return DBNClassifier((12, 8), **{**epochs, "batch_size": 600, "random_state": 0, **settings})


def stopping_early(**settings: Any) -> DBNClassifier:
    """Fine-tuning so fast that its loss soon rises."""
    early = {"early_stopping": True, "n_iter_no_change": 2, "finetune_epochs": 30, "finetune_learning_rate": 3.0}
    return classifier(pretrain_epochs=1, batch_size=100, **early, **settings)


TRAININGS: dict[str, tuple[Callable[..., Any], tuple]] = {
    "rbm": (rbm, (DIGITS,)),
    "persistent chains": (lambda **settings: rbm(gradient="pcd", **settings), (DIGITS,)),
    "tempered chains": (lambda **settings: rbm(gradient="tempered", **settings), (DIGITS,)),
    "learned variances": (lambda **settings: rbm(visible="gaussian-learned-variance", **settings), (DIGITS,)),
    "dbn": (lambda **settings: dbn(gradient="pcd", **settings), (DIGITS,)),
    "classifier": (classifier, (DIGITS, LABELS)),
    "float64": (classifier, (DIGITS.astype(float), LABELS)),
    "dropout": (lambda **settings: classifier(dropout=0.2, pretrain_epochs=0, **settings), (DIGITS, LABELS)),
    "adversarial": (
        lambda **settings: classifier(
            **{"adversarial_radius": "auto", "batch_normalization": True, "finetune_optimizer": "adam"}
            | {"augment": "8x8", "pretrain_epochs": 0}
            | settings
        ),
        (DIGITS, LABELS),
    ),
    "few labels": (lambda **settings: classifier(pretrain_epochs=1, **settings), (DIGITS, FEW_LABELS)),
    "few labels, several networks": (
        lambda **settings: classifier(pretrain_epochs=0, n_networks=2, **settings),
        (DIGITS, FEW_LABELS),
    ),
    "early stopping": (stopping_early, (DIGITS[SOME], LABELS[SOME])),
    "several networks": (
        lambda **settings: classifier(
            **{"n_networks": 3, "batch_normalization": True, "finetune_optimizer": "adam", "pretrain_epochs": 1}
            | settings
        ),
        (DIGITS, LABELS),
    ),
    "several that stop early": (
        lambda **settings: stopping_early(n_networks=2, **settings),
        (DIGITS[SOME], LABELS[SOME]),
    ),
}


def arrays(estimator: Any) -> list[np.ndarray]:
    """Return everything that was learned, velocities too."""
    if isinstance(estimator, RBM):
        velocity = estimator._state_.optimizer["Momentum"]
        return [*arrays_of(estimator), estimator.h_samples_, velocity.weights, *velocity.hidden.values()]
    if isinstance(estimator, DBN):
        return [array for layer in estimator.rbms_ for array in arrays(layer)]
    return [*arrays(estimator.dbn_), *estimator.coefs_, *estimator.intercepts_]


def assert_same(one: Any, other: Any) -> None:
    """Two estimators learned the same, to the last bit."""
    assert one.history_ == other.history_
    for a, b in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_array_equal(a, b)


class PowerCut(BaseException):
    """Nothing catches it."""


def fit_with_power_cuts(make: Callable[..., Any], data: tuple, folder: Path, every: int, monkeypatch: Any) -> Any:
    """Fit with a checkpoint after each step and a power cut after every few of them; return the model and the cuts."""
    written = cuts = 0
    add = checkpoint_file.add

    def add_and_cut(*arguments: Any) -> None:
        nonlocal written
        add(*arguments)
        written += 1
        if written % every == 0:
            raise PowerCut

    monkeypatch.setattr(checkpoint_file, "add", add_and_cut)
    while True:
        estimator = make(checkpoint=folder, checkpoint_interval=1e-9)
        try:
            return estimator.fit(*data), cuts
        except PowerCut:
            cuts += 1
            assert cuts < 500, "training does not get on"
