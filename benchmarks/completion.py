"""How well holes are filled: half-covered digits of MNIST, and a mixed table beside scikit-learn's imputers.

The lower half of the first 1,000 test digits is filled in from the upper half by an RBM (500 units) and a DBN (500 and
300 units), both trained by persistent chains on a part of the training images; settings were chosen on training images
that none of them learned from. Beside that stands the mean of the training images. Known pixels have to come back bit
for bit.

The mixed table is made of scikit-learn's wines: nine measurements, two of them cut into words at their quartiles, a
truth value, and the cultivar as a word. Of each column, 20 % of the values are taken out at random, five times. Numbers
are judged by the mean squared error in units of the column's variance, words and truth values by the share of wrong
ones. scikit-learn's imputers see standardised numbers and one-hot words less one, and the most probable word counts.

    python benchmarks/completion.py [MNIST] [--save FILE] [--pictures FILE]

Without MNIST the table alone is filled, and the digits in FILE stay as they are. ``--pictures`` draws the first digits:
whole, covered, and as each of the two completes them.
"""

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.experimental import enable_iterative_imputer  # noqa: F401  # as scikit-learn wants it
from sklearn.impute import IterativeImputer, KNNImputer

from deepbelief import DBN, RBM, datasets

N_TRAINING, N_TEST, UNKNOWN, SEEDS = 30_000, 1000, 0.2, 5
N_DRAWN = 30
COMMON = {
    "gradient": "pcd",
    "n_iter": 15,
    "learning_rate_schedule": "linear",
    "batch_size": 100,
    "random_state": 0,
}
NUMBERS = [
    *("alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium"),
    *("total_phenols", "flavanoids", "hue", "proline"),
]


def digits(folder: str, pictures: Path | None) -> dict[str, dict[str, float]]:
    """Return the mean squared error over covered pixels, and seconds, for each way to fill them in."""
    images = datasets.load(folder).images
    truth = datasets.load(folder, split="test").images[:N_TEST]
    covered = truth.copy()
    covered[:, 392:] = np.nan
    mean = np.where(np.isnan(covered), images.mean(axis=0), covered)
    found = {"mean image": {"error": _error(truth, mean)}}
    drawn = [truth, covered]
    for name, estimator in (("RBM 500", RBM(500, **COMMON)), ("DBN 500-300", DBN((500, 300), **COMMON))):
        begin = time.process_time()
        estimator.fit(images[:N_TRAINING])
        fitted = time.process_time()
        filled = estimator.impute(covered)
        done = time.process_time()
        if not np.array_equal(filled[:, :392], truth[:, :392]):
            raise SystemExit(f"{name} changed a known pixel.")
        found[name] = {
            "error": _error(truth, filled),
            "cpu_seconds_fitting": round(fitted - begin, 1),
            "cpu_seconds_filling": round(done - fitted, 1),
        }
        print(name, found[name], file=sys.stderr)
        drawn.append(filled)
    if pictures:
        rows = np.stack([x[:N_DRAWN].reshape(-1, 28, 28) for x in drawn])
        plt.imsave(
            pictures, np.nan_to_num(rows, nan=0.5).transpose(0, 2, 1, 3).reshape(28 * len(rows), -1), cmap="gray_r"
        )
    return found


def _error(truth: np.ndarray, filled: np.ndarray) -> float:
    return round(float(np.mean((filled - truth)[:, 392:] ** 2)), 5)


def wines() -> pd.DataFrame:
    """Return the mixed table."""
    frame, target = load_wine(return_X_y=True, as_frame=True)
    table = frame[NUMBERS].copy()
    for name in ("color_intensity", "proanthocyanins"):
        table[name] = pd.qcut(frame[name], 4, labels=["low", "medium", "high", "highest"]).astype(object)
    table["is_diluted"] = (frame["od280/od315_of_diluted_wines"] > 2.5).astype(bool)
    table["cultivar"] = np.array(["barolo", "grignolino", "barbera"], object)[target]
    return table


def mixed_table() -> dict[str, dict[str, list[float]]]:
    """Return errors of numbers and of words for each way to fill in, one for each seed."""
    truth = wines()
    found: dict[str, dict[str, list[float]]] = {}
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        unknown = rng.random(truth.shape) < UNKNOWN
        holes = truth.astype(object).mask(unknown)
        holes[NUMBERS] = holes[NUMBERS].astype(float)
        for name, filled in _filled(holes, seed).items():
            numbers, words = _table_errors(truth, filled, unknown)
            of = found.setdefault(name, {"numbers": [], "words": []})
            of["numbers"].append(round(numbers, 4))
            of["words"].append(round(words, 4))
    return found


def _filled(holes: pd.DataFrame, seed: int) -> dict[str, pd.DataFrame]:
    rbm = RBM(50, visible="mixed", gradient="pcd", n_iter=200, learning_rate_schedule="linear", random_state=seed)
    filled = rbm.fit(holes).impute(holes, random_state=seed)
    ours = pd.DataFrame(filled, columns=holes.columns)
    ours["is_diluted"] = ours["is_diluted"].astype(float) > 0.5  # what is expected of a truth value is a probability
    found = {"RBM 50": ours}
    words = [name for name in holes.columns if name not in NUMBERS]
    usual = holes.copy()
    for name in holes.columns:
        usual[name] = holes[name].fillna(holes[name].mode()[0] if name in words else holes[name].mean())
    found["mean / most frequent"] = usual
    coded = _coded(holes, words)
    imputers = (("KNNImputer", KNNImputer()), ("IterativeImputer", IterativeImputer(max_iter=20, random_state=seed)))
    for name, imputer in imputers:
        found[name] = _decoded(imputer.fit_transform(coded), coded.columns, holes, words)
    return found


def _coded(holes: pd.DataFrame, words: list[str]) -> pd.DataFrame:
    """Return standardised numbers and one-hot words."""
    parts = [(holes[NUMBERS] - holes[NUMBERS].mean()) / holes[NUMBERS].std()]
    for name in words:
        # All but the first: of all, each follows from the others, and IterativeImputer would learn nothing else.
        block = pd.get_dummies(holes[name].astype(str).where(holes[name].notna())).astype(float).iloc[:, 1:]
        block[holes[name].isna()] = np.nan
        parts.append(block.add_prefix(f"{name}="))
    return pd.concat(parts, axis=1)


def _decoded(values: np.ndarray, columns: pd.Index, holes: pd.DataFrame, words: list[str]) -> pd.DataFrame:
    coded = pd.DataFrame(values, columns=columns)
    filled = holes.copy()
    filled[NUMBERS] = coded[NUMBERS] * holes[NUMBERS].std() + holes[NUMBERS].mean()
    for name in words:
        block = coded.filter(regex=f"^{name}=").to_numpy()
        whole = np.column_stack([1 - block.sum(axis=1), block])
        best = np.array(sorted(holes[name].dropna().astype(str).unique()))[whole.argmax(axis=1)]
        filled[name] = holes[name].where(holes[name].notna(), best)
    return filled


def _table_errors(truth: pd.DataFrame, filled: pd.DataFrame, unknown: np.ndarray) -> tuple[float, float]:
    numbers, words = [], []
    for index, name in enumerate(truth.columns):
        at = unknown[:, index]
        if name in NUMBERS:
            difference = filled[name].to_numpy(float)[at] - truth[name].to_numpy(float)[at]
            numbers.append(np.mean(difference**2) / truth[name].var())
        else:
            words.append(np.mean(filled[name].astype(str).to_numpy()[at] != truth[name].astype(str).to_numpy()[at]))
    return float(np.mean(numbers)), float(np.mean(words))


def main() -> None:
    """Measure, print, and save if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", nargs="?", help="folder with MNIST's IDX files")
    parser.add_argument("--save", type=Path)
    parser.add_argument("--pictures", type=Path)
    arguments = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result: dict = {"table": mixed_table()}
        if arguments.mnist:
            result["digits"] = digits(arguments.mnist, arguments.pictures)
        elif arguments.save and arguments.save.exists():
            result["digits"] = json.loads(arguments.save.read_text())["digits"]
    text = json.dumps(result, indent=1)
    print(text)
    if arguments.save:
        arguments.save.write_text(text + "\n")


if __name__ == "__main__":
    main()
