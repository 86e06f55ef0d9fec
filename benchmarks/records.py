#!/usr/bin/env python3
"""Errors on MNIST beside published ones, with seeds and spread; results/records.jsonl holds them.

    python benchmarks/records.py MNIST --validate [--recipes posts,deep] [--rows 50000] [--set NAME=VALUE]
    python benchmarks/records.py MNIST --test     [--recipes deep] [--seeds 0,1,2,3,4]
    python benchmarks/records.py MNIST --kaggle   [--recipes deep,deep-augment] [--seeds 0,1,2] [--transductive]
    python benchmarks/records.py --table

MNIST is the folder with its IDX files. --validate learns from training rows and measures on 10,000 other training rows,
which is what settings are chosen on; only --test and --kaggle look at the test rows. --test learns from all 60,000
training rows, --kaggle from 42,000 of all 70,000. With --transductive, the rows that are measured on are learned from
too, without their labels, as a competitor can who is given them beforehand. A trial that is broken off goes on where it
stopped when the same command is typed again, and one that was made is not made again, unless earlier code made it: then
`earlier` says what was different. --table prints means, spread, and for each pair of recipes with the same seeds a
paired test: signs of the differences of rows are flipped at random (10,000 times), the error of a row being its mean
over seeds.
"""

import argparse
import hashlib
import itertools
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from deepbelief import DBNClassifier
from deepbelief.datasets import load
from deepbelief.estimators.declared import parsed
from deepbelief.presets import DEEP, DEEP_FEW_LABELS, DEEP_LAYERS, NORMALISED

RESULT = Path(__file__).parent / "results" / "records.jsonl"
HELD_OUT, KAGGLE = 10_000, 42_000
FLIPS = 10_000

SMALL = {"hidden_layer_sizes": (500, 500), "pretrain_epochs": 10}
RECIPES: dict[str, dict[str, Any]] = {
    "posts": {},
    "smoothed": NORMALISED,
    "smoothed-random": NORMALISED | {"pretrain_epochs": 0, "softmax_epochs": 0},  # without pretraining
    "smoothed-augment": NORMALISED | {"augment": "28x28"},
    "deep": DEEP,  # three networks without pretraining
    "deep-one": DEEP | {"n_networks": 1, "finetune_epochs": 60},
    "deep-pretrained": DEEP_LAYERS | {"finetune_epochs": 60},
    "deep-few-labels": DEEP_FEW_LABELS,
    "deep-augment": DEEP | {"augment": "28x28"},
    "deep-augment-one": DEEP | {"n_networks": 1, "finetune_epochs": 60, "augment": "28x28"},
    "normalised": {name: value for name, value in NORMALISED.items() if name != "adversarial_radius"},
    "dropout": SMALL | {"dropout": 0.5, "input_dropout": 0.2, "finetune_max_norm": 3.0, "finetune_epochs": 50},
}


class Rows:
    """Rows to learn from and rows to measure on."""

    def __init__(self, mnist: str, split: str, seed: int, n_rows: int | None) -> None:
        train = load(mnist, split="train")
        x, y = train.images, np.asarray(train.labels)
        if split == "validate":
            order = np.random.default_rng(12345).permutation(len(x))  # the same rows are held out for all seeds
            held, kept = order[:HELD_OUT], order[HELD_OUT:][:n_rows]
        else:
            test = load(mnist, split="test")
            n = len(x)
            x, y = np.concatenate([x, test.images]), np.concatenate([y, np.asarray(test.labels)])
            kept, held = np.arange(n), np.arange(n, len(x))
            if split == "kaggle":
                order = np.random.default_rng(seed).permutation(len(x))
                kept, held = order[:KAGGLE], order[KAGGLE:]
        self.x, self.y, self.x_held, self.y_held = x[kept], y[kept].copy(), x[held], y[held]

    def with_labels(self, count: int | None, seed: int) -> np.ndarray:
        """Return the labels, −1 but for `count` of them, equally many of each class."""
        if count is None:
            return self.y
        order, classes = np.random.default_rng(seed).permutation(len(self.y)), np.unique(self.y)
        known = np.concatenate([order[self.y[order] == one][: count // len(classes)] for one in classes])
        return np.where(np.isin(np.arange(len(self.y)), known), self.y, -1)


def trial(rows: Rows, key: dict[str, Any], settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Fit a model and return what was wrong."""
    x, y = rows.x, rows.with_labels(key["labels"], key["seed"])
    if key["transductive"]:
        x, y = np.concatenate([x, rows.x_held]), np.concatenate([y, np.full(len(rows.x_held), -1)])
    begin = time.perf_counter()
    net = DBNClassifier(**settings, random_state=key["seed"], checkpoint=folder)
    for epoch in net.fit_epochs(x, y):
        print(f"{epoch.place.label} {epoch.epoch}/{epoch.n_epochs} {time.perf_counter() - begin:.0f} s", flush=True)
    wrong = np.flatnonzero(net.predict(rows.x_held) != rows.y_held)
    steps = {f"{entry['phase']}-{entry['layer']}": entry["steps"] for entry in net.history_}
    seconds = round(time.perf_counter() - begin, 1)  # of the last go, where a trial was broken off
    return key | {"n": len(rows.y_held), "wrong": wrong.tolist(), "seconds": seconds, "steps": steps}


def measure(arguments: argparse.Namespace, split: str) -> None:
    """Make the trials that are not there yet."""
    given = dict(text.split("=", 1) for text in arguments.set)
    for name, seed in itertools.product(arguments.recipes.split(","), map(int, arguments.seeds.split(","))):
        settings = RECIPES[name] | {setting: parsed(setting, text) for setting, text in given.items()}
        key = {"split": split, "recipe": name, "seed": seed, "labels": arguments.labels, "rows": arguments.rows}
        key |= {"settings": json.loads(json.dumps(settings)), "transductive": arguments.transductive}
        made_before = [{"transductive": False} | known for known in results(arguments.out) if "earlier" not in known]
        if any(all(known[field] == value for field, value in key.items()) for known in made_before):
            continue
        rows = Rows(arguments.mnist, split, seed, arguments.rows)
        folder = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]
        made = trial(rows, key, settings, arguments.work / folder)
        with arguments.out.open("a") as file:
            file.write(json.dumps(made) + "\n")
        print(f"{name}, seed {seed}: {100 * len(made['wrong']) / made['n']:.2f} %", flush=True)


def results(path: Path) -> list[dict[str, Any]]:
    """Return all trials that were made."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def mean_errors(trials: list[dict[str, Any]]) -> np.ndarray:
    """Return how often each row was wrong, as a mean over the trials."""
    wrong = np.zeros(trials[0]["n"])
    for one in trials:
        wrong[one["wrong"]] += 1 / len(trials)
    return wrong


def p_value(one: np.ndarray, other: np.ndarray) -> float:
    """Return how often differences with random signs have at least so large a sum."""
    differences = (one - other)[one != other]
    signs = np.random.default_rng(0).choice([-1, 1], size=(FLIPS, len(differences)))
    reached = abs(signs @ differences) >= abs(differences.sum()) - 1e-9
    return float((1 + reached.sum()) / (1 + FLIPS))


def print_table(path: Path) -> None:
    """Print means and spread, and paired tests."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in results(path):
        named = {field: one.get(field) for field in ("split", "labels", "rows", "recipe", "settings", "earlier")}
        named["transductive"] = one.get("transductive", False)
        groups.setdefault(json.dumps(named), []).append(one)
    print("| split | labels | rows | recipe | settings besides | error, % | seeds | seconds |")
    print("|---" * 8 + "|")
    for text, trials in groups.items():
        named = json.loads(text)
        usual = json.loads(json.dumps(RECIPES[named["recipe"]]))
        besides = {name: value for name, value in named["settings"].items() if usual.get(name) != value}
        errors = [100 * len(one["wrong"]) / one["n"] for one in trials]
        spread = f" ± {np.std(errors, ddof=1):.2f}" if len(errors) > 1 else ""
        others = [f"{name}={value}" for name, value in besides.items()]
        others += [named["earlier"]] if named["earlier"] else []
        others += ["transductive"] if named["transductive"] else []
        cells = [named["split"], named["labels"] or "all", named["rows"] or "all", named["recipe"]]
        cells += [", ".join(others), f"{np.mean(errors):.2f}{spread}"]
        cells += [len(errors), round(np.mean([one["seconds"] for one in trials]))]
        print("| " + " | ".join(map(str, cells)) + " |")
    print()
    for (one, a), (other, b) in itertools.combinations(groups.items(), 2):
        is_same = all(a[0][field] == b[0][field] for field in ("split", "labels", "rows")) and a[0]["split"] != "kaggle"
        common = sorted({trial["seed"] for trial in a} & {trial["seed"] for trial in b})
        if is_same and common:
            names = [json.loads(text)["recipe"] for text in (one, other)]
            wrong = [mean_errors([trial for trial in trials if trial["seed"] in common]) for trials in (a, b)]
            where = f"{a[0]['split']}, {a[0]['labels'] or 'all'} labels, seeds {', '.join(map(str, common))}"
            print(f"{names[0]} and {names[1]} ({where}): p = {p_value(*wrong):.4f}")


def main() -> None:
    """Measure, or print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", nargs="?", help="folder with MNIST's IDX files")
    what = parser.add_mutually_exclusive_group(required=True)
    for name in ("validate", "test", "kaggle", "table"):
        what.add_argument(f"--{name}", dest="what", action="store_const", const=name)
    parser.add_argument("--recipes", default="deep", help=f"of {', '.join(RECIPES)}, separated by commas")
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--labels", type=int, help="so many rows have a label; all if not given")
    parser.add_argument("--rows", type=int, help="to learn from, with --validate; all others if not given")
    parser.add_argument(
        "--transductive", action="store_true", help="learn from held-out rows too, without their labels"
    )
    parser.add_argument("--set", action="append", default=[], help="a setting of the network, as NAME=VALUE")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--work", type=Path, default=Path("records-checkpoints"), help="folder for checkpoints")
    arguments = parser.parse_args()
    if arguments.what == "table":
        print_table(arguments.out)
    elif arguments.mnist is None:
        parser.error("name the folder with MNIST's IDX files")
    elif unknown := [name for name in arguments.recipes.split(",") if name not in RECIPES]:
        parser.error(f"--recipes: {unknown[0]!r} is unknown; there are {', '.join(RECIPES)}")
    else:
        arguments.work.mkdir(exist_ok=True)
        measure(arguments, arguments.what)


if __name__ == "__main__":
    main()
