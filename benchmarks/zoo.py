#!/usr/bin/env python3
"""Try the defaults on many kinds of data, beside three of scikit-learn's classifiers.

    python benchmarks/zoo.py [--mnist DIR] [--sets wine,moons] [--seeds 0,1,2] [--only ours] [--out FILE]
    python benchmarks/zoo.py --table [--out FILE]    # the table and a summary of the results in FILE

Every set is split for each seed: 60 % of the rows to learn from, balanced accuracy on the other 40 %. Measured are
DBNClassifier on the data as they are, and logistic regression on the features of an RBM, both at their defaults;
beside them logistic regression, MLPClassifier (both behind StandardScaler) and HistGradientBoostingClassifier, which
takes no sparse data. `--only preset` measures the network of `--preset accurate`. What was measured replaces the same
methods of the same sets in FILE, and all else stays: with `--only ours` the baselines of an earlier run are kept.
MNIST's sets are left out, and said to be, without --mnist.
"""

import argparse
import json
import os
import platform
import time
import warnings
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from zoo_data import DataSet, zoo
from zoo_table import summary, table

import deepbelief
from deepbelief import RBM, DBNClassifier, DivergedError
from deepbelief.experiment.choosing import choose
from deepbelief.presets import networks

RESULT = Path(__file__).parent / "results" / "zoo.json"
DATA_SEED = 0  # the data are the same for all seeds; these decide the split and what the methods draw

Classifier = Callable[[int, bool], Any]  # of the seed, and of whether the data are sparse


def logistic(seed: int, sparse: bool) -> Any:
    return make_pipeline(StandardScaler(with_mean=not sparse), LogisticRegression(max_iter=1000))


def mlp(seed: int, sparse: bool) -> Any:
    return make_pipeline(StandardScaler(with_mean=not sparse), MLPClassifier(random_state=seed))


def boosting(seed: int, sparse: bool) -> Any:
    """Return nothing for sparse data, which it does not take."""
    return None if sparse else HistGradientBoostingClassifier(random_state=seed)


def dbn(seed: int, sparse: bool) -> Any:
    return DBNClassifier(random_state=seed)


class Accurate:
    """What ``--preset accurate`` trains: the best of several networks on rows that they have not learned from."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, x: Any, y: np.ndarray) -> None:
        def one_of(settings: dict[str, Any]) -> DBNClassifier:
            return DBNClassifier(random_state=self.seed, **settings | {"n_networks": 1})

        candidates = networks("accurate", len(y), len(y))
        choice = choose(candidates, one_of, x, y, self.seed, lambda *_: None)
        taken = candidates[choice.taken if choice else 0]
        self.network = DBNClassifier(random_state=self.seed, **taken).fit(x, y)

    def predict(self, x: Any) -> np.ndarray:
        return self.network.predict(x)


def accurate(seed: int, sparse: bool) -> Any:
    return Accurate(seed)


def rbm_features(seed: int, sparse: bool) -> Any:
    return make_pipeline(RBM(random_state=seed), StandardScaler(), LogisticRegression(max_iter=1000))


BASELINES: dict[str, Classifier] = {"logistic": logistic, "mlp": mlp, "boosting": boosting}
OURS: dict[str, Classifier] = {"dbn": dbn, "rbm-features": rbm_features}
PRESET: dict[str, Classifier] = {"dbn-accurate": accurate}


def trial(model: Any, x: Any, y: np.ndarray, seed: int) -> dict[str, Any]:
    """Fit one model to 60 % of the rows, score it on the others, and note what it warned of."""
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.4, stratify=y, random_state=seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        begin = time.perf_counter()
        try:
            model.fit(x_train, y_train)
            predicted = model.predict(x_test)
        except (ValueError, DivergedError) as error:  # it refuses the data or breaks down, so it predicts nothing
            return {"seed": seed, "score": 0.0, "seconds": 0.0, "warnings": [said(type(error), error)]}
        seconds = round(time.perf_counter() - begin, 2)
        score = round(float(balanced_accuracy_score(y_test, predicted)), 5)
    spoken = sorted({said(warning.category, warning.message) for warning in caught})
    return {"seed": seed, "score": score, "seconds": seconds, "warnings": spoken}


def said(category: type, message: Any) -> str:
    """Return the category of a warning or an error, and its first sentence."""
    return f"{category.__name__}: {str(message).strip().split('. ')[0].splitlines()[0]}"


def measure(data: DataSet, methods: dict[str, Classifier], seeds: list[int], begin: float) -> dict[str, Any]:
    """Return the facts about one set, and the trials of each method on it."""
    x, y = data.make(DATA_SEED)
    sparse = scipy.sparse.issparse(x)
    facts = {"about": data.about, "tuned": data.tuned, "rows": x.shape[0], "features": x.shape[1]}
    facts |= {"classes": len(np.unique(y)), "dtype": str(x.dtype), "sparse": sparse}
    trials: dict[str, list] = {}
    for name, method in methods.items():
        if method(0, sparse) is None:
            continue
        trials[name] = [trial(method(seed, sparse), x, y, seed) for seed in seeds]
        scores = " ".join(f"{100 * t['score']:.1f}" for t in trials[name])
        warned = "".join(f"\n    {text}" for text in sorted({text for t in trials[name] for text in t["warnings"]}))
        print(f"{time.perf_counter() - begin:6.0f} s  {data.name} {name}: {scores}{warned}", flush=True)
    return {**facts, "trials": trials}


def merged(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """Return the new record of a set with the methods that only the old one has, if the set is still the same."""
    if old is None or any(old[fact] != new[fact] for fact in ("rows", "features", "classes", "dtype")):
        return new
    return {**new, "trials": {**old["trials"], **new["trials"]}}


def run(sets: list[DataSet], methods: dict[str, Classifier], seeds: list[int], out: Path) -> dict[str, Any]:
    """Measure set after set and write the results after each; another process may write other sets to the same file."""
    begin = time.perf_counter()
    versions = {"python": platform.python_version(), "scikit-learn": sklearn.__version__}
    about = {**versions, "deepbelief": deepbelief.__version__, "cores": os.cpu_count()}
    order = list(zoo())
    records: dict[str, Any] = {}
    for data in sets:
        new = measure(data, methods, seeds, begin)
        records = json.loads(out.read_text())["sets"] if out.exists() else {}
        records[data.name] = merged(records.get(data.name), new)
        known = {name: records[name] for name in order if name in records}
        records = known | records  # in the order of the zoo, whichever was measured first
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps({"about": about, "sets": records}, indent=1) + "\n")
    return {"about": about, "sets": records}


def main() -> None:
    """Measure what is asked for, or print the table of what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", help="folder with MNIST's IDX files")
    parser.add_argument("--sets", help="names of sets, separated by commas; all if not given")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--only", choices=["baselines", "ours", "preset"], help="measure these methods alone")
    parser.add_argument("--out", type=Path, default=RESULT, help="results, as JSON")
    parser.add_argument("--table", action="store_true", help="measure nothing; print table and summary of the results")
    arguments = parser.parse_args()
    if arguments.table:
        if not arguments.out.exists():
            parser.error(f"{arguments.out} does not exist; measure first, without --table")
        results = json.loads(arguments.out.read_text())
        print(table(results), summary(results), sep="\n\n")
        return
    if not all(part.isdecimal() for part in arguments.seeds.split(",")):
        parser.error(f"--seeds: {arguments.seeds!r} is no list of whole numbers, such as 0,1,2")
    try:
        available = zoo(arguments.mnist)
    except deepbelief.DataError as error:
        parser.error(f"--mnist: {error}")
    names = arguments.sets.split(",") if arguments.sets else list(available)
    if unknown := [name for name in names if name not in available]:
        near = get_close_matches(unknown[0], available, 1)
        if unknown[0].startswith("mnist") and not arguments.mnist:
            parser.error(f"--sets: {unknown[0]} needs the folder with MNIST's IDX files; name it with --mnist")
        advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(available)}"
        parser.error(f"--sets: {unknown[0]!r} is unknown; {advice}")
    if not arguments.mnist and not arguments.sets:
        print("MNIST's sets are left out; name the folder with its IDX files with --mnist")
    methods = {"baselines": BASELINES, "ours": OURS, "preset": PRESET, None: BASELINES | OURS}[arguments.only]
    seeds = [int(part) for part in arguments.seeds.split(",")]
    results = run([available[name] for name in names], methods, seeds, arguments.out)
    print(summary(results))


if __name__ == "__main__":
    main()
