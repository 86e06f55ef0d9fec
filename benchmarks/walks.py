"""The six walks of docs/guide/walks.md: their data, and how others do on them.

    python benchmarks/walks.py data walks               writes the files, half a megabyte
    python benchmarks/walks.py measure walks --save     runs the commands of the walks, and fits networks, straight
                                                        lines and boosted trees; a quarter of an hour

Five of the six are real. penguins.csv comes with the package palmerpenguins (Horst, Hill & Gorman, CC0), survey.csv
with statsmodels (American National Election Study 1996, public domain), patients.csv (Efron et al., *Least angle
regression*, 2004) and the two photographs that are cut to pieces with scikit-learn. words.csv counts the words of
SciPy's own documentation. sensors.csv is made up.
"""

import argparse
import importlib.util
import inspect
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

SEEDS = (0, 1, 2)
LAYERS = (100,)  # as the guide has it, so that a walk takes seconds
RESULTS = Path(__file__).parent / "results" / "walks.json"
TARGETS = {"penguins": "species", "patients": "progression", "pieces": None, "words": "module", "survey": "vote"}
OPINIONS = ("TVnews", "selfLR", "ClinLR", "DoleLR", "PID", "educ")
N_BROKEN = 8
N_WORDS = 300


def packaged(package: str, path: str) -> Path:
    """Return a file that an installed package brings along."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise SystemExit(f"{package} is not installed; pip install {package}")
    return Path(found.origin).parent / path


def penguins() -> pd.DataFrame:
    """344 penguins: bills, flippers, weights, islands, sexes, with holes; which species?"""
    return pd.read_csv(packaged("palmerpenguins", "data/penguins.csv"))


def patients() -> pd.DataFrame:
    """442 patients with diabetes: ten findings in their own units, and the course of the disease a year later."""
    from sklearn.datasets import load_diabetes

    found = load_diabetes(as_frame=True, scaled=False)
    return found.data.assign(progression=found.target)


def survey() -> pd.DataFrame:
    """944 people before an election: places of parties on a scale, schooling, income; Clinton or Dole?"""
    table = pd.read_csv(packaged("statsmodels", "datasets/anes96/anes96.csv"), sep="\t")
    table.columns = [name.strip("'") for name in table.columns]
    return table.assign(vote=np.where(table.vote == 1, "Dole", "Clinton"))


def words() -> pd.DataFrame:
    """How often the documentation of each of SciPy's functions has each of 300 words; of which module is it?"""
    from importlib import import_module

    texts = []
    for module in ("stats", "signal", "special", "sparse", "optimize", "ndimage"):
        package = import_module(f"scipy.{module}")
        for name in package.__all__:
            text = inspect.getdoc(getattr(package, name, None)) or ""
            if len(text) > 600:
                texts.append((module, Counter(re.findall(r"[a-z]{4,}", text.lower()))))
    known = Counter(word for _, counts in texts for word in counts)
    common = sorted(word for word, _ in known.most_common(N_WORDS))
    table = pd.DataFrame([[counts[word] for word in common] for _, counts in texts], columns=common)
    return table.assign(module=[module for module, _ in texts])


def sensors() -> tuple[pd.DataFrame, np.ndarray]:
    """Made up: 1,500 rows of ten sensors of a machine, driven by speed and load; in eight rows one sensor is wrong."""
    generator = np.random.default_rng(0)
    speed, load = generator.gamma(9, 100, 1500), generator.beta(2, 3, 1500)
    power = speed * load / 400
    true = {
        "speed_rpm": speed,
        "torque_Nm": 40 * load,
        "power_kW": power,
        "oil_temp_C": 40 + 12 * power,
        "bearing_temp_C": 35 + 9 * power + 0.01 * speed,
        "oil_pressure_bar": 2 + 0.002 * speed - 0.1 * power,
        "vibration_mm_s": 0.5 + 0.000002 * speed**2,
        "current_A": 5 + 8 * power,
        "flow_l_min": 3 + 0.01 * speed,
        "noise_dB": 60 + 0.01 * speed + 2 * load,
    }
    table = pd.DataFrame(
        {name: values + 0.05 * values.std() * generator.normal(size=1500) for name, values in true.items()}
    )
    broken = np.sort(generator.choice(1500, N_BROKEN, replace=False))
    for place, row in enumerate(broken):  # a value of another row: none is large or small by itself
        name = table.columns[place]
        far = np.abs(table[name] - table[name][row]).nlargest(300).index[-1]
        table.loc[row, name] = table[name][far]
    return table.round(3), broken


def pieces(folder: Path) -> None:
    """Cut two photographs into pictures of 12 × 12 pixels, in folders by what they are of."""
    from PIL import Image
    from sklearn.datasets import load_sample_image

    generator = np.random.default_rng(0)
    for name in ("china", "flower"):
        photograph = load_sample_image(f"{name}.jpg")
        height, width, _ = photograph.shape
        for number in range(600):
            part = "train" if number < 400 else "test"
            y = generator.integers(height - 48)
            x = generator.integers(width // 2 - 48) + (0 if part == "train" else width // 2)
            path = folder / part / name / f"{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(photograph[y : y + 48, x : x + 48]).resize((12, 12)).save(path)


def write(folder: Path) -> None:
    """Write the files of all walks; 30 % of the rows of a table are for testing."""
    from sklearn.model_selection import train_test_split

    folder.mkdir(parents=True, exist_ok=True)
    for make in (penguins, patients, words, survey):
        table = make()
        target = table[TARGETS[make.__name__]]
        strata = None if make is patients else target
        train, test = train_test_split(table, test_size=0.3, random_state=0, stratify=strata)
        train.to_csv(folder / f"{make.__name__}.csv", index=False)
        test.to_csv(folder / f"{make.__name__}-test.csv", index=False)
    table, broken = sensors()
    table.to_csv(folder / "sensors.csv", index=False)
    print(f"sensors.csv: rows {', '.join(str(row + 1) for row in broken)} are broken")
    pieces(folder / "pieces")


def measure(folder: Path) -> dict[str, Any]:
    """Fit everything to the rows for training and measure it on the others."""
    found: dict[str, Any] = {"layers": list(LAYERS), "sensors": {"rank_of_broken_rows": ranks(folder)}}
    print("sensors", found["sensors"], flush=True)
    for name, target in TARGETS.items():
        X, y, rest, truth = read(folder, name, target)
        found[name] = {"n_train": len(X), "n_test": len(rest), "n_features": X.shape[1]}
        for model, scores in {**scored(name, X, y, rest, truth), "commands": by_commands(folder, name)}.items():
            found[name][model] = {"mean": float(np.mean(scores)), "sd": float(np.std(scores)), "n": len(scores)}
        print(name, json.dumps(found[name]), flush=True)
    return found


def read(folder: Path, name: str, target: str | None) -> tuple[np.ndarray, ...]:
    """Return both parts as deepbelief's commands read them."""
    from deepbelief import datasets

    if target is None:
        parts = [datasets.load(folder / name / part) for part in ("train", "test")]
    else:
        how: dict[str, Any] = {"target": target}
        if name == "survey":
            how["categorical"] = OPINIONS
        first = datasets.load(folder / f"{name}.csv", **how)
        parts = [first, datasets.load(folder / f"{name}-test.csv", schema=first.schema)]
    truths = [part.labels if part.targets is None else part.targets for part in parts]
    return parts[0].images, truths[0], parts[1].images, truths[1]


def scored(name: str, X: np.ndarray, y: np.ndarray, rest: np.ndarray, truth: np.ndarray) -> dict[str, list[float]]:
    """Return accuracy, or R², on the rows that were left out, of each model."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from deepbelief import DBNClassifier, DBNRegressor

    numbers = name == "patients"
    line = Ridge() if numbers else LogisticRegression(max_iter=1000)
    trees = HistGradientBoostingRegressor if numbers else HistGradientBoostingClassifier
    net = DBNRegressor if numbers else DBNClassifier
    how = {"gradient": "pcd"} if name == "survey" else {}  # for its samples
    return {
        "line": [make_pipeline(SimpleImputer(), StandardScaler(), line).fit(X, y).score(rest, truth)],
        "boosted trees": [trees(random_state=seed).fit(X, y).score(rest, truth) for seed in SEEDS],
        "network": [net(LAYERS, random_state=seed, **how).fit(X, y).score(rest, truth) for seed in SEEDS],
    }


def by_commands(folder: Path, name: str) -> list[float]:
    """Return accuracy, or R², on the rows that were left out, as the commands of the walk find it with each seed."""
    kind = "" if name == "pieces" else ".csv"
    parts = ("pieces/train", "pieces/test") if name == "pieces" else (name, f"{name}-test")
    train, test = (f"{folder / part}{kind}" for part in parts)
    how = ["--target", TARGETS[name]] if TARGETS[name] else []
    if name == "survey":
        how += [word for column in OPINIONS for word in ("--categorical", column)] + ["--set", "gradient=pcd"]
    found = []
    for seed in SEEDS:
        with TemporaryDirectory() as folder_of_run:
            run = f"{folder_of_run}/run"
            layers = ["--layers", ",".join(map(str, LAYERS)), "--seed", str(seed)]
            command("train", train, *how, *layers, "--no-page", "--out", run)
            said = json.loads(command("evaluate", run, test, "--json"))
        found.append(said["scores"]["r2"] if "scores" in said else said["accuracy"])
    return found


def command(*words: str) -> str:
    """Run a command of deepbelief, and return what it prints."""
    done = subprocess.run([sys.executable, "-m", "deepbelief", *words], check=True, capture_output=True, text=True)
    return done.stdout


def ranks(folder: Path) -> dict[str, list[int]]:
    """Return the places of the broken rows among all, the most unusual first, in several ways."""
    from sklearn.covariance import EmpiricalCovariance
    from sklearn.ensemble import IsolationForest

    from deepbelief import DBN, datasets
    from deepbelief.experiment.deviation import squared_deviations

    X = datasets.load(folder / "sensors.csv").images
    broken = sensors()[1]
    ways: dict[str, np.ndarray] = {}
    for seed in SEEDS:
        net = DBN(LAYERS, learning_rate_schedule="linear", random_state=seed).fit(X)
        ways[f"by reconstruction, seed {seed}"] = -squared_deviations(net, X).mean(axis=1)
        ways[f"by likelihood, seed {seed}"] = net.rbms_[0].score_samples(X)
    ways["isolation forest"] = IsolationForest(random_state=0).fit(X).score_samples(X)
    ways["normal distribution"] = -EmpiricalCovariance().fit(X).mahalanobis(X)
    return {way: sorted(int(place) + 1 for place in np.argsort(np.argsort(s))[broken]) for way, s in ways.items()}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["data", "measure"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--save", action="store_true", help=f"write {RESULTS.name}")
    options = parser.parse_args()
    if options.what == "data":
        write(options.folder)
        return
    found = measure(options.folder)
    if options.save:
        RESULTS.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
