"""How well ``DBNRegressor`` predicts numbers at its defaults, beside ridge regression and scikit-learn's MLPRegressor.

Seven tables, five folds each (``KFold(5, shuffle=True, random_state=0)``), no setting tuned: R² on the fold left out,
and the share of its rows that lie in their 90 % intervals. The other two stand behind a StandardScaler and are given
the target as it is. MLPRegressor does not scale targets, so it is measured a second time with a standardised target.

    OMP_NUM_THREADS=1 python benchmarks/regression.py      # writes benchmarks/results/regression.json and .md
"""

import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine, make_friedman1
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from deepbelief import DBNRegressor

RESULTS = Path(__file__).parent / "results"
COVERAGE = 0.9


def houses(n_rows: int = 2000, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return a table like California housing, made up: skewed columns, two towns on a map, prices cut off."""
    rng = np.random.default_rng(seed)
    income, age = rng.lognormal(1.2, 0.45, n_rows), rng.integers(1, 52, n_rows)
    rooms, occupants = rng.lognormal(1.6, 0.25, n_rows), rng.lognormal(1, 0.25, n_rows)
    bedrooms, people = rooms / 5 + rng.normal(0, 0.05, n_rows), rng.lognormal(7, 0.7, n_rows)
    latitude = rng.uniform(32.5, 42, n_rows)
    longitude = -124 + (42 - latitude) * 0.9 + rng.normal(0, 0.8, n_rows)
    south = np.exp(-((latitude - 34) ** 2 + (longitude + 118) ** 2) / 2)
    north = np.exp(-((latitude - 37.7) ** 2 + (longitude + 122) ** 2) / 2)
    price = 0.45 * income + 0.01 * age + 0.8 * south + north - 0.35 * np.maximum(occupants - 3, 0)
    price += 0.15 * income * (occupants < 2.5) + rng.normal(0, 0.35, n_rows)
    columns = (income, age, rooms, bedrooms, people, occupants, latitude, longitude)
    return np.column_stack(columns), np.minimum(price, 5)


def noisy_line(n_rows: int = 5000, n_features: int = 60, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Return a sum of a third of the features, and as much noise: no model can have an R² above 0.5."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_rows, n_features))
    line = x @ (rng.normal(size=n_features) * (rng.random(n_features) < 1 / 3))
    return x, line + line.std() * rng.normal(size=n_rows)


def categories(n_rows: int = 1320, n_columns: int = 40, n_levels: int = 6, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Return a table of categories, one unit for each, which add to the number independently of each other."""
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, n_levels, (n_rows, n_columns))
    effects = rng.normal(size=(n_columns, n_levels)) * rng.exponential(size=(n_columns, 1))
    total = effects[np.arange(n_columns), levels].sum(1)
    units = np.eye(n_levels, dtype=np.float32)[levels].reshape(n_rows, -1)
    return units, (total - total.mean()) / total.std() + 0.4 * rng.normal(size=n_rows)


def tables() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return all tables by name."""
    wine, cells = load_wine().data, load_breast_cancer().data
    return {
        "diabetes": load_diabetes(return_X_y=True),
        "Friedman 1 (1,000 rows, noise 1)": make_friedman1(1000, noise=1.0, random_state=0),
        "houses (made up, 2,000 rows)": houses(),
        "wine: alcohol from the other columns": (wine[:, 1:], wine[:, 0]),
        "cells: worst concave points from ten means": (cells[:, :10], cells[:, 27]),
        "noisy line (made up, 5,000 rows, 60 features)": noisy_line(),
        "categories (made up, 1,320 rows, 40 columns)": categories(),
    }


def models(seed: int) -> dict[str, BaseEstimator]:
    """Return all models by name, at their defaults."""
    scaled = TransformedTargetRegressor(MLPRegressor(random_state=seed), transformer=StandardScaler())
    return {
        "dbn": DBNRegressor(random_state=seed),
        "ridge": make_pipeline(StandardScaler(), Ridge()),
        "mlp": make_pipeline(StandardScaler(), MLPRegressor(random_state=seed)),
        "mlp, target standardised": make_pipeline(StandardScaler(), scaled),
    }


def measured(x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Return R² and the processor seconds of a fit of each model on each fold, and the coverage of our intervals."""
    names = list(models(0))
    found: dict[str, Any] = {name: [] for name in names} | {"coverage": [], "seconds": {name: [] for name in names}}
    for fold, (train, test) in enumerate(KFold(5, shuffle=True, random_state=0).split(x)):
        for name, model in models(fold).items():
            begin = time.process_time()
            model.fit(x[train], y[train])
            found["seconds"][name].append(time.process_time() - begin)
            found[name].append(model.score(x[test], y[test]))
            if isinstance(model, DBNRegressor):
                low, high = model.predict_interval(x[test], COVERAGE)
                found["coverage"].append(float(((low <= y[test]) & (y[test] <= high)).mean()))
    return found


def line(name: str, found: dict[str, Any]) -> str:
    """Return a line of the table in the guide."""
    best = max(np.mean(found[model]) for model in models(0) if model != "dbn")
    cells = [f"{np.mean(found[model]):.3f} ± {np.std(found[model], ddof=1):.3f}" for model in models(0)]
    difference, coverage = np.mean(found["dbn"]) - best, 100 * np.mean(found["coverage"])
    ours, theirs = (np.mean(found["seconds"][model]) for model in ("dbn", "mlp"))
    return f"| {name} | {' | '.join(cells)} | {difference:+.3f} | {coverage:.1f} % | {ours:.1f} s | {theirs:.2f} s |"


def main() -> None:
    """Measure all tables, one after the other."""
    warnings.simplefilter("ignore")  # that MLPRegressor has not converged at its defaults
    results: dict[str, Any] = {}
    lines: list[str] = []
    for name, (x, y) in tables().items():
        results[name] = measured(x, y)
        lines.append(line(name, results[name]))
        print(lines[-1], flush=True)
    (RESULTS / "regression.json").write_text(json.dumps(results, indent=1) + "\n")
    head = (
        "R² at the defaults, mean ± standard deviation of five folds; then the difference to the best of the other "
        "three, the share of rows in their 90 % intervals, and the processor time of one fit of DBNRegressor and of "
        "MLPRegressor.\n\n"
        "| table | DBNRegressor | ridge | MLPRegressor | MLPRegressor, target standardised | difference | coverage "
        "| one fit | MLP |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
    )
    (RESULTS / "regression.md").write_text(head + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
