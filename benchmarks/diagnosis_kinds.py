"""Kinds of runs for the benchmark of the diagnosis: broken ones, with what must be found, and healthy ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from diagnosis_runs import (
    DIGITS,
    N_TRAIN,
    Findings,
    enlarged,
    imbalanced,
    inverted,
    mislabelled,
    mostly_blank,
    of_classifier,
    of_core,
    of_estimator,
    shuffled_digits,
    split_digits,
    standardised,
    table,
    upright,
    waves,
    with_hidden_bias,
    with_weights,
)
from sklearn.datasets import load_breast_cancer, load_wine

from deepbelief import DBN, RBM
from deepbelief.core.units import Gaussian
from deepbelief.datasets import load

Run = Callable[[int], Findings]

# Each broken run, and the findings of which one must be made.
BROKEN: dict[str, tuple[set[str], Run]] = {
    "learning rate × 1000": (
        {"dead-hidden-units", "exploding-weights", "non-finite"},
        lambda seed: of_estimator(DBN((200,), n_iter=30, learning_rate=100, random_state=seed), upright(seed)),
    ),
    "learning rate × 1000, Gaussian": (
        {"non-finite"},
        lambda seed: of_estimator(
            RBM(100, visible="gaussian", learning_rate=10, random_state=seed), standardised(upright(seed))
        ),
    ),
    "learning rate ÷ 100,000": (
        {"weights-not-moving"},
        lambda seed: of_estimator(DBN((200,), n_iter=30, learning_rate=1e-6, random_state=seed), upright(seed)),
    ),
    "learning rate ÷ 100,000, Gaussian hidden units": (
        {"weights-not-moving"},
        lambda seed: of_estimator(
            RBM(64, hidden="gaussian", n_iter=10, batch_size=32, learning_rate=1e-7, random_state=seed), upright(seed)
        ),
    ),
    "learning rate ÷ 1000": (
        {"identical-reconstructions"},
        lambda seed: of_estimator(DBN((200,), n_iter=30, learning_rate=1e-4, random_state=seed), upright(seed)),
    ),
    "zero initial weights": (
        {"duplicate-hidden-units"},
        lambda seed: of_core(seed, upright(seed), with_weights(0)),
    ),
    "hidden biases + 20": (
        {"always-on-hidden-units"},
        lambda seed: of_core(seed, upright(seed), with_hidden_bias(20)),
    ),
    "hidden biases − 20": (
        {"dead-hidden-units"},
        lambda seed: of_core(seed, upright(seed), with_hidden_bias(-20)),
    ),
    "inputs 0–255, scaling off": (
        {"inputs-outside-range"},
        lambda seed: of_core(seed, upright(seed) * 255),
    ),
    "pixels 0–16 divided by 255, binary units": (
        {"inputs-in-narrow-range"},
        lambda seed: of_estimator(
            DBN((200,), visible="bernoulli", n_iter=30, random_state=seed), upright(seed) * (16 / 255)
        ),
    ),
    "Gaussian on inputs 0–255": (
        {"inputs-not-standardised", "non-finite"},
        lambda seed: of_core(seed, upright(seed) * 255, visible=Gaussian(), rate=0.01),
    ),
    "Gaussian on inputs 0–0.01": (
        {"inputs-not-standardised"},
        lambda seed: of_estimator(
            RBM(64, visible="gaussian", n_iter=10, batch_size=32, random_state=seed), upright(seed) / 100
        ),
    ),
    "wine as it is, Gaussian": (
        {"inputs-not-standardised"},
        lambda seed: of_estimator(RBM(32, visible="gaussian", n_iter=30, random_state=seed), load_wine().data),
    ),
    "wine as it is, binary units": (
        {"features-of-different-ranges"},
        lambda seed: of_estimator(RBM(32, visible="bernoulli", n_iter=30, random_state=seed), load_wine().data),
    ),
    "breast cancer as it is, binary units": (
        {"features-of-different-ranges"},
        lambda seed: of_estimator(
            RBM(32, visible="bernoulli", n_iter=10, random_state=seed), load_breast_cancer().data
        ),
    ),
    "inverted digits shown to a net of upright ones": (
        {"inverted-inputs"},
        lambda seed: of_estimator(
            DBN((200,), n_iter=30, random_state=seed), upright(seed), judged_by=inverted(upright(seed))
        ),
    ),
    "upright digits shown to an RBM of inverted ones": (
        {"inverted-inputs"},
        lambda seed: of_estimator(
            RBM(64, n_iter=10, batch_size=32, random_state=seed), inverted(upright(seed)), judged_by=upright(seed)
        ),
    ),
    "inverted digits of 24 × 24 pixels, not centred": (
        {"uncentred-inputs"},
        lambda seed: of_estimator(
            RBM(64, centered=False, n_iter=10, batch_size=32, random_state=seed), inverted(enlarged(upright(seed)))
        ),
    ),
    "waves around 20, Gaussian, not centred": (
        {"uncentred-inputs"},
        lambda seed: of_estimator(
            RBM(64, visible="gaussian", centered=False, n_iter=30, random_state=seed), waves(seed)[0][0]
        ),
    ),
    "one constant image repeated": (
        {"constant-features"},
        lambda seed: of_estimator(
            DBN((200,), n_iter=30, random_state=seed), np.repeat(upright(seed)[:1], N_TRAIN, axis=0)
        ),
    ),
    "one batch of 10 images repeated": (
        {"overfitting"},
        lambda seed: of_estimator(
            DBN((200,), n_iter=30, random_state=seed),
            np.repeat(upright(seed)[:10], N_TRAIN // 10, axis=0),
            shuffled_digits(seed)[1],
        ),
    ),
    "20 training rows, 300 epochs": (
        {"overfitting"},
        lambda seed: of_estimator(
            DBN((200,), n_iter=300, random_state=seed), upright(seed)[:20], shuffled_digits(seed)[1]
        ),
    ),
    "three quarters of every image blank": (
        {"constant-features"},
        lambda seed: of_estimator(DBN((200,), n_iter=30, random_state=seed), mostly_blank(upright(seed))),
    ),
    "random weights, no training": (
        {"noise-like-reconstructions"},
        lambda seed: of_core(seed, upright(seed), with_weights(20), n_epochs=0),
    ),
    "initial weights, no training": (
        {"identical-reconstructions"},
        lambda seed: of_core(seed, upright(seed), n_epochs=0),
    ),
    "fine-tuning rate × 1000": (
        {"no-better-than-majority", "non-finite", "exploding-weights"},
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
    "7 % positives, softmax and fine-tuning rate ÷ 10,000": (
        {"no-better-than-majority"},
        lambda seed: of_classifier(
            seed,
            *imbalanced(seed),
            hidden_layer_sizes=(50,),
            pretrain_epochs=10,
            softmax_learning_rate=1e-5,
            finetune_learning_rate=1e-5,
        ),
    ),
    "200 digits, 30 % of the labels wrong, 300 passes": (
        {"overfitting"},
        # Without weight decay, whose default on so few rows keeps a network from learning wrong labels by heart.
        lambda seed: of_classifier(
            seed, *mislabelled(seed), pretrain_epochs=10, finetune_epochs=300, finetune_weight_decay=0.0
        ),
    ),
    "one layer of a trained stack not finite": (
        {"non-finite"},
        lambda seed: of_core(seed, upright(seed), with_weights(float("nan")), n_epochs=0),
    ),
}

HEALTHY: dict[str, Run] = {
    "digits, DBN 500-500": lambda seed: of_estimator(DBN(random_state=seed), *shuffled_digits(seed)[:2]),
    "digits, DBN 64-32, 3 epochs": lambda seed: of_estimator(
        DBN((64, 32), n_iter=3, random_state=seed), *shuffled_digits(seed)[:2]
    ),
    "digits, DBN 64-32, 6 epochs": lambda seed: of_estimator(
        DBN((64, 32), n_iter=6, random_state=seed), *shuffled_digits(seed)[:2]
    ),
    "digits, classifier from random weights": lambda seed: of_classifier(seed, *split_digits(seed), pretrain_epochs=0),
    "three standardised features, Gaussian RBM 64": lambda seed: of_estimator(
        RBM(64, visible="gaussian", n_iter=30, random_state=seed), standardised(load_wine().data[:, :3])
    ),
    "digits, RBM 64": lambda seed: of_estimator(RBM(64, n_iter=30, random_state=seed), *shuffled_digits(seed)[:2]),
    "digits, RBM 64, persistent CD": lambda seed: of_estimator(
        RBM(64, n_iter=30, gradient="pcd", random_state=seed), *shuffled_digits(seed)[:2]
    ),
    "digits, RBM 64, Gaussian hidden units": lambda seed: of_estimator(
        RBM(64, hidden="gaussian", n_iter=30, batch_size=32, random_state=seed), *shuffled_digits(seed)[:2]
    ),
    "inverted digits, RBM 64": lambda seed: of_estimator(
        RBM(64, n_iter=30, batch_size=32, random_state=seed), *map(inverted, shuffled_digits(seed)[:2])
    ),
    "inverted digits, RBM 64, not centred": lambda seed: of_estimator(
        RBM(64, n_iter=30, batch_size=32, centered=False, random_state=seed), *map(inverted, shuffled_digits(seed)[:2])
    ),
    "digits, classifier 200-200": lambda seed: of_classifier(seed, *split_digits(seed)),
    "wine as it is, RBM 32": lambda seed: of_estimator(RBM(32, random_state=seed), *table(seed, load_wine())[0]),
    "wine as it is, Gaussian hidden units": lambda seed: of_estimator(
        RBM(32, hidden="gaussian", random_state=seed), *table(seed, load_wine())[0]
    ),
    "wine as it is, classifier 100": lambda seed: of_classifier(
        seed, *table(seed, load_wine()), hidden_layer_sizes=(100,)
    ),
    "breast cancer as it is, classifier 100": lambda seed: of_classifier(
        seed, *table(seed, load_breast_cancer()), hidden_layer_sizes=(100,)
    ),
    "7 % positives, classifier 100": lambda seed: of_classifier(
        seed, *imbalanced(seed, class_sep=2.0), hidden_layer_sizes=(100,)
    ),
    "waves around 20, RBM 64": lambda seed: of_estimator(RBM(64, n_iter=30, random_state=seed), *waves(seed)[0]),
    "waves around 20, Gaussian RBM 64": lambda seed: of_estimator(
        RBM(64, visible="gaussian", n_iter=30, random_state=seed), *waves(seed)[0]
    ),
    "waves around 20, classifier 100": lambda seed: of_classifier(seed, *waves(seed), hidden_layer_sizes=(100,)),
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


def mnist_kinds(folder: Path) -> tuple[dict[str, tuple[set[str], Run]], dict[str, Run]]:
    """Return broken and healthy kinds of runs on some of MNIST's images."""
    mnist = load(folder)

    def of_mnist(seed: int) -> Findings:
        order = np.random.default_rng(seed).permutation(len(mnist.images))[:22_000]
        images = mnist.images[order[:20_000]], mnist.images[order[20_000:]]
        labels = mnist.labels[order[:20_000]], mnist.labels[order[20_000:]]
        return of_classifier(seed, images, labels, pretrain_epochs=10, finetune_epochs=5)

    def of_inverted(seed: int, centered: bool) -> Findings:
        images = mnist.images[np.random.default_rng(seed).permutation(len(mnist.images))[:2000]]
        rbm = RBM(100, n_iter=5, batch_size=20, centered=centered, random_state=seed)
        return of_estimator(rbm, inverted(images))

    broken = {
        "inverted MNIST, 2,000 images, not centred": ({"uncentred-inputs"}, lambda seed: of_inverted(seed, False)),
    }
    return broken, {
        "MNIST, 20,000 images, classifier 200-200": of_mnist,
        "inverted MNIST, 2,000 images, RBM 100": lambda seed: of_inverted(seed, True),
    }
