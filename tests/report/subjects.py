"""Small trained classifiers, and the records that a run of them would leave."""

from dataclasses import replace
from typing import Any

import numpy as np

from deepbelief.core.diagnosis import Finding
from deepbelief.datasets import Dataset, load
from deepbelief.estimators import DBNClassifier
from deepbelief.report import Subject

RUN: dict[str, Any] = {
    "command": "deepbelief train digits --layers 16,9 --seed 5",
    "accuracy": 0.9,
    "n_train": 1500,
    "n_labelled": 1400,
    "n_validation": 200,
    "phases": [
        {"phase": "pretrain", "layer": 0, "epochs": 2, "seconds": 61.2, "metrics": {}},
        {"phase": "pretrain", "layer": 1, "epochs": 2, "seconds": 0.25, "metrics": {}},
        {"phase": "finetune", "layer": 0, "epochs": 3, "seconds": 3700.0, "metrics": {}},
    ],
    "epochs": 7,
    "seconds": 3761.45,
    "seed": 5,
    "settings": {"data": "digits", "layers": [16, 9], "batch_size": "auto", "seed": 5, "out": None, "force": False},
    "versions": {"deepbelief": "0.1.0", "numpy": "2.1.0"},
}
FINDING = Finding(
    name="dead-hidden-units",
    where="layer 1",
    value=0.5,
    threshold=0.1,
    evidence="50 % of the units are never on, more than 10 %",
    advice="half of the layer is unused: lower the learning rate",
    source="Hinton (2010), §13",
)


def trained(images: np.ndarray, labels: np.ndarray, layers: tuple[int, ...] = (16, 9)) -> DBNClassifier:
    settings = {"pretrain_epochs": 2, "softmax_epochs": 2, "finetune_epochs": 3, "random_state": 0}
    return DBNClassifier(layers, **settings).fit(images, labels)


def digits_subject() -> Subject:
    """A net trained on 600 digits and measured on 200 others."""
    digits = load("digits")
    classifier = trained(digits.images[:600], digits.labels[:600])
    return Subject(classifier, digits, np.arange(600, 800), "held-out rows", RUN)


def tabular_subject(n_features: int = 5) -> Subject:
    """A net trained on a table that is no image."""
    generator = np.random.default_rng(0)
    labels = np.arange(90) % 3
    table = generator.random((90, n_features), np.float32) * 0.5
    table[np.arange(90), labels] += 0.5
    dataset = Dataset(table, labels, None, "table.npz (npz with labels, values as they are)", "table")
    return Subject(trained(table, labels, (6,)), dataset, np.arange(60, 90), "held-out rows")


def renamed(subject: Subject, words: list[str]) -> Subject:
    """A net of one layer on the same digits, where classes, files, settings and findings carry other names."""
    digits = subject.dataset
    names = np.array([f"{words[label % len(words)]}{label}" for label in range(10)])
    classifier = trained(digits.images[:600], names[digits.labels[:600]], (9,))
    dataset = replace(digits, labels=names[digits.labels], source=words[0], name=words[1])
    run = {
        **RUN,
        "command": words[0],
        "settings": {words[1]: words[0]},
        "versions": {words[0]: words[1]},
        "phases": [{**RUN["phases"][0], "phase": words[0]}],
    }
    finding = Finding(words[0], words[1], 0.0, 0.0, words[0], words[1], words[0])
    return replace(subject, estimator=classifier, dataset=dataset, run=run, findings=(finding,), measured_on=words[1])
