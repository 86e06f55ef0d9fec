#!/usr/bin/env python3
"""Measure what unlabelled images are worth when labels are few, on MNIST.

    python benchmarks/few_labels.py MNIST [--counts 100,300,1000,3000,10000] [--seeds 0,1,2,3,4] [--work DIR]
    python benchmarks/few_labels.py --draw    # the figure and the table from the committed results

For every seed a net is pretrained on all 60,000 training images; for every count that many labels are kept, the same
number of each class, the others hidden; every method is measured on the 10,000 test images. Baselines choose their
settings by cross-validation among the labelled rows, but for self-training, whose settings are fixed; the network runs
with its defaults. Nothing is chosen by the test images. Everything finished is kept in the work folder, so that the
script can be stopped and started again.
"""

import argparse
import json
import os
import platform
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, StratifiedShuffleSplit
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier
from sklearn.svm import SVC

import deepbelief
from deepbelief import DBN, DBNClassifier
from deepbelief.datasets import load
from deepbelief.estimators.settings import batch_size

LAYERS, EPOCHS = (500, 500), 30
LABELS_ONLY_STEPS = (
    3000  # of backpropagation, for networks that see the labelled rows only: ten passes over 100 are none
)
SELF_TRAINING_ROWS = 6000  # a solver run on all 60,000 rows, ten times over, is not feasible here
RESULT = Path(__file__).parent / "results" / "few_labels.json"
FIGURE = Path(__file__).parent.parent / "docs" / "images" / "few-labels.png"
NAMES = {
    "dbn": "DBNClassifier, defaults",
    "dbn-labels-only": "the same pretrained net, labels only",
    "random-weights": "the same network from random weights, labels only",
    "label-spreading": "label spreading, pixels",
    "svm-features": "SVM, DBN features",
    "logistic-features": "logistic regression, DBN features",
    "svm": "SVM, pixels",
    "self-training": f"self-training (logistic regression, {SELF_TRAINING_ROWS} unlabelled)",
    "logistic": "logistic regression, pixels",
    "knn": "k nearest neighbours, pixels",
}


class Bench:
    """The data, the pretrained nets, and what several methods share.

    Parameters
    ----------
    mnist : str
        Folder with the IDX files.
    work : Path
        Where finished work is kept.
    """

    def __init__(self, mnist: str, work: Path) -> None:
        train, test = load(mnist, split="train"), load(mnist, split="test")
        self.x, self.y, self.x_test, self.y_test = train.images, train.labels, test.images, test.labels
        self.work = work
        work.mkdir(parents=True, exist_ok=True)

    def net(self, seed: int) -> DBN:
        """Return the net of a seed, pretrained on all images without their labels."""
        path = self.work / f"net-{seed}.safetensors"
        if not path.exists():
            print(f"pretraining a net with seed {seed}", flush=True)
            deepbelief.save(DBN(LAYERS, n_iter=EPOCHS, random_state=seed).fit(self.x), path)
        return deepbelief.load(path)

    def labelled(self, count: int, seed: int) -> np.ndarray:
        """Return `count` rows, as many of each class."""
        split = StratifiedShuffleSplit(1, train_size=count, random_state=seed)
        # Equal shares: draw from a set in which every class is equally frequent.
        smallest = np.bincount(self.y).min()
        generator = np.random.default_rng(seed)
        balanced = np.concatenate([generator.permutation(np.flatnonzero(self.y == k))[:smallest] for k in range(10)])
        rows, _ = next(split.split(balanced, self.y[balanced]))
        return np.sort(balanced[rows])

    def neighbours(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the 20 nearest training images of every training image, and of every test image."""
        path = self.work / "neighbours.npz"
        if not path.exists():
            print("looking for the neighbours of all images", flush=True)
            nearest = NearestNeighbors(n_neighbors=20).fit(self.x)
            np.savez(path, train=nearest.kneighbors(return_distance=False), test=nearest.kneighbors(self.x_test)[1])
        held = np.load(path)
        return held["train"], held["test"]


Outcome = tuple[float, dict[str, Any]]


def chosen(model: Any, grid: dict, bench: Bench, rows: np.ndarray, features: Callable = lambda x: x) -> Outcome:
    """Choose settings by cross-validation within the labelled rows, then measure."""
    folds = StratifiedKFold(min(5, np.bincount(bench.y[rows]).min()), shuffle=True, random_state=0)
    search = GridSearchCV(model, grid, cv=folds).fit(features(bench.x[rows]), bench.y[rows])
    return 1 - search.score(features(bench.x_test), bench.y_test), search.best_params_


def network(bench: Bench, rows: np.ndarray, classifier: DBNClassifier) -> Outcome:
    """Hide all other labels, fit, and measure."""
    y = np.full(len(bench.y), -1)
    y[rows] = bench.y[rows]
    return 1 - classifier.fit(bench.x, y).score(bench.x_test, bench.y_test), {}


def labels_only(count: int) -> dict[str, Any]:
    """Return what suits a network that is fine-tuned on the labelled rows alone, tried on other training images."""
    steps_in_a_pass = -(-count // batch_size("auto", count))
    return {
        "semi_supervised": False,
        "finetune_epochs": max(10, LABELS_ONLY_STEPS // steps_in_a_pass),
        "finetune_learning_rate": 0.1,
        "dropout": 0.5,
        "input_dropout": 0.2,
    }


def label_spreading(bench: Bench, rows: np.ndarray) -> Outcome:
    """scikit-learn's label spreading over a graph of all training images; α and k by a fifth of the labelled rows."""
    import scipy.sparse

    train, test = bench.neighbours()

    def spread(known: np.ndarray, k: int, alpha: float) -> LabelSpreading:
        def kernel(a: np.ndarray, b: np.ndarray) -> scipy.sparse.csr_array:
            near = train if len(b) == len(train) else test
            starts = np.arange(0, k * len(near) + 1, k)
            graph = scipy.sparse.csr_array((np.ones(k * len(near)), near[:, :k].ravel(), starts))
            graph.resize((len(near), len(a)))
            return graph.maximum(graph.T) if near is train else graph.T

        y = np.full(len(bench.y), -1)
        y[known] = bench.y[known]
        return LabelSpreading(kernel=kernel, alpha=alpha, max_iter=300).fit(bench.x, y)

    n_held = max(10, len(rows) // 5)
    kept, held = next(StratifiedShuffleSplit(1, test_size=n_held, random_state=0).split(rows, bench.y[rows]))
    settings = [(k, alpha) for k in (5, 7, 10, 20) for alpha in (0.2, 0.9, 0.99)]

    def right(setting: tuple[int, float]) -> float:
        guessed = spread(rows[kept], *setting).transduction_[rows[held]]
        return float((guessed == bench.y[rows[held]]).mean())

    k, alpha = max(settings, key=right)
    return 1 - spread(rows, k, alpha).score(bench.x_test, bench.y_test), {"k": k, "alpha": alpha}


def self_training(bench: Bench, rows: np.ndarray) -> Outcome:
    """scikit-learn's self-training over logistic regression, with the rows it can afford."""
    others = np.random.default_rng(0).permutation(np.setdiff1d(np.arange(len(bench.y)), rows))[:SELF_TRAINING_ROWS]
    y = np.concatenate([bench.y[rows], np.full(len(others), -1)])
    model = SelfTrainingClassifier(LogisticRegression(C=1.0, max_iter=200), threshold=0.9)
    model.fit(bench.x[np.concatenate([rows, others])], y)
    return 1 - model.score(bench.x_test, bench.y_test), {"threshold": 0.9, "C": 1.0}


def methods(bench: Bench, seed: int) -> dict[str, Callable[[np.ndarray], Outcome]]:
    """Return every method as a function of the labelled rows."""
    net = cache(lambda: bench.net(seed))  # not before it is needed
    logistic, regularised = LogisticRegression(max_iter=300), {"C": [0.01, 0.1, 1.0, 10.0]}
    svm, softness = SVC(), {"C": [1.0, 10.0, 100.0]}
    return {
        "dbn": lambda rows: network(bench, rows, DBNClassifier.from_dbn(net(), random_state=seed)),
        "dbn-labels-only": lambda rows: network(
            bench, rows, DBNClassifier.from_dbn(net(), random_state=seed, **labels_only(len(rows)))
        ),
        "random-weights": lambda rows: network(
            bench, rows, DBNClassifier(LAYERS, pretrain_epochs=0, random_state=seed, **labels_only(len(rows)))
        ),
        "label-spreading": lambda rows: label_spreading(bench, rows),
        "svm-features": lambda rows: chosen(svm, softness, bench, rows, net().transform),
        "logistic-features": lambda rows: chosen(logistic, regularised, bench, rows, net().transform),
        "svm": lambda rows: chosen(svm, softness, bench, rows),
        "self-training": lambda rows: self_training(bench, rows),
        "logistic": lambda rows: chosen(logistic, regularised, bench, rows),
        "knn": lambda rows: chosen(KNeighborsClassifier(), {"n_neighbors": [1, 3, 5]}, bench, rows),
    }


def measured(bench: Bench, counts: list[int], seeds: list[int], names: list[str]) -> Iterator[dict[str, Any]]:
    """Yield one record for each seed, count and method, from the work folder where it is already there."""
    for seed in seeds:
        available = methods(bench, seed)
        for count in counts:
            rows = bench.labelled(count, seed)
            for name in names:
                path = bench.work / f"{name}-{count}-{seed}.json"
                if not path.exists():
                    begin = time.perf_counter()
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore", ConvergenceWarning)
                        error, settings = available[name](rows)
                    record = {"method": name, "count": count, "seed": seed, "error": error, "settings": settings}
                    record["seconds"] = round(time.perf_counter() - begin, 1)
                    path.write_text(json.dumps(record))
                record = json.loads(path.read_text())
                print(f"seed {seed}, {count} labels, {name}: {record['error']:.2%} {record['settings']}", flush=True)
                yield record


def spread_of(records: list[dict], name: str, count: int) -> tuple[float, float, int]:
    """Return mean and standard deviation of the error in per cent, and the number of seeds."""
    errors = [100 * r["error"] for r in records if (r["method"], r["count"]) == (name, count)]
    return float(np.mean(errors)), float(np.std(errors, ddof=1)) if len(errors) > 1 else 0.0, len(errors)


def table(records: list[dict]) -> str:
    """Return mean ± standard deviation over the seeds, as Markdown."""
    counts = sorted({record["count"] for record in records})
    lines = ["| test error, % | " + " | ".join(f"{count} labels" for count in counts) + " |"]
    lines.append("|---|" + "---|" * len(counts))
    for name, title in NAMES.items():
        cells = []
        for count in counts:
            if any((r["method"], r["count"]) == (name, count) for r in records):
                mean, deviation, n_seeds = spread_of(records, name, count)
                spread = f" ± {deviation:.2f}" if n_seeds > 1 else ""
                cells.append(f"{mean:.2f}{spread}" + ("" if n_seeds == 5 else f" ({n_seeds} seed{'s'[: n_seeds - 1]})"))
            else:
                cells.append("")
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(records: list[dict], path: Path) -> None:
    """Draw error against labels, both on a logarithmic axis."""
    from matplotlib.figure import Figure

    axes = (figure := Figure(figsize=(8, 5), layout="constrained")).add_subplot()
    colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]
    for index, (name, title) in enumerate(NAMES.items()):
        counts = sorted({record["count"] for record in records if record["method"] == name})
        if not counts:
            continue
        mean, deviation, _ = np.transpose([spread_of(records, name, count) for count in counts])
        style = {"color": colours[index % 8], "marker": "osD^v<>Px*"[index], "lw": 2.5 if index == 0 else 1.2}
        axes.errorbar(counts, mean, deviation, label=title, capsize=3, ls="-" if index < 4 else "--", **style)
    axes.set(xscale="log", yscale="log", xlabel="labels", ylabel="test error (%)")
    ticks = sorted({record["count"] for record in records})
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks], minor=False)
    axes.set_yticks([2, 3, 5, 10, 20, 30], ["2", "3", "5", "10", "20", "30"])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)


def whole_numbers(parser: argparse.ArgumentParser, text: str) -> list[int]:
    """Return a list such as ``100,1000``."""
    if not all(part.isdecimal() for part in text.split(",")):
        parser.error(f"{text!r} is no list of whole numbers, such as 100,1000")
    return [int(part) for part in text.split(",")]


def main() -> None:
    """Measure what is asked for, print the table, write results and figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", nargs="?", help="folder with MNIST's IDX files")
    parser.add_argument("--counts", default="100,300,1000,3000,10000")
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--methods", default=",".join(NAMES))
    parser.add_argument("--work", type=Path, default=Path("runs/few-labels"))
    parser.add_argument("--out", type=Path, default=RESULT, help="results, as JSON")
    parser.add_argument("--draw", action="store_true", help="draw and print what the committed results hold")
    arguments = parser.parse_args()
    if arguments.draw:
        records = json.loads(RESULT.read_text())["records"]
    elif arguments.mnist:
        counts, seeds = whole_numbers(parser, arguments.counts), whole_numbers(parser, arguments.seeds)
        names = arguments.methods.split(",")
        if unknown := sorted(set(names) - set(NAMES)):
            parser.error(f"--methods: {unknown[0]!r} is unknown; there are {', '.join(NAMES)}")
        bench = Bench(arguments.mnist, arguments.work)
        most = 10 * int(np.bincount(bench.y).min()) - 10
        if wrong := [count for count in counts if not 10 <= count <= most or count % 10]:
            parser.error(f"--counts: {wrong[0]} is no multiple of 10, the number of classes, from 10 to {most}")
        list(measured(bench, counts, seeds, names))
        # All there is, also from earlier calls with other methods.
        records = [json.loads(path.read_text()) for path in sorted(arguments.work.glob("*-*-*.json"))]
        about = {"python": platform.python_version(), "deepbelief": deepbelief.__version__, "cores": os.cpu_count()}
        arguments.out.write_text(json.dumps({"about": about, "records": records}, indent=1) + "\n")
    else:
        parser.error("name the folder with MNIST's IDX files, or --draw")
    if arguments.draw or arguments.out == RESULT:
        draw(records, FIGURE)
    print(table(records))


if __name__ == "__main__":
    main()
