"""The record of a small comparison, as ``deepbelief compare --json`` prints it."""

import json
from dataclasses import asdict
from functools import cache
from typing import Any

import numpy as np

from deepbelief.experiment import Comparison, ComparisonSettings
from deepbelief.experiment.outputs import to_json

MODELS = ("logistic", "knn", "dnn-random")


@cache
def _printed() -> str:
    network = {"hidden_layer_sizes": (9,), "softmax_epochs": 2, "finetune_epochs": 1}
    comparison = Comparison(ComparisonSettings("digits", MODELS, seeds=2, network=network))
    for _ in comparison:
        pass
    return to_json(asdict(comparison.result))


def digits_comparison() -> dict[str, Any]:
    """Three models on scikit-learn's digits; a copy of its own for each caller."""
    return json.loads(_printed())


def renamed_comparison(words: list[str]) -> dict[str, Any]:
    """The same, where models, classes, settings and failures carry other names."""
    text = _printed()
    for place, model in enumerate(MODELS):
        text = text.replace(f'"{model}"', json.dumps(f"{words[place % len(words)]}{place}"))
    record = json.loads(text)
    record["classes"] = [f"{words[place % len(words)]}{place}" for place in range(10)]
    record["settings"] = {"data": words[0], words[1]: words[0], "models": words}
    record["versions"] = {words[0]: words[1]}
    record["failures"] = [{"model": words[0], "reason": words[1]}]
    return record


def many_classes(n_classes: int) -> dict[str, Any]:
    """The same, with as many classes, each named right but for one row."""
    record = digits_comparison()
    matrix = 8 * np.eye(n_classes, dtype=int) + np.roll(np.eye(n_classes, dtype=int), 1, axis=1)
    record["classes"], record["n_test"] = list(range(n_classes)), int(matrix.sum())
    for model in record["models"]:
        model["confusion_matrix"] = matrix.tolist()
    return record
