"""How well the least likely rows are the odd ones: an RBM's score beside an isolation forest and a Gaussian mixture.

Three tables of scikit-learn (breast cancer, wine, diabetes) and its digits have a twentieth of their rows replaced, in
five ways of chance. In tables, every value of such a row comes from another row, so that each is usual by itself and
only their company is odd. Among the digits, a planted row is a digit whose pixels are shuffled. All methods learn from
all rows, without being told which are planted. The area under the ROC curve is that of ranking planted rows first, with
``score_samples`` of each method; that of the RBM is −F(v) here, as ``deepbelief score`` takes it of machines that
cannot be enumerated.

    python benchmarks/anomalies.py [--save FILE]
"""

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from deepbelief import RBM

PLANTED, SEEDS = 0.05, 5
TABLES = {"breast cancer": load_breast_cancer, "wine": load_wine, "diabetes": load_diabetes}


def with_planted(x: np.ndarray, rng: np.random.Generator, is_picture: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of which some are odd, and which these are."""
    x, odd = x.copy(), np.zeros(len(x), bool)
    odd[rng.choice(len(x), max(5, round(PLANTED * len(x))), replace=False)] = True
    if is_picture:
        x[odd] = rng.permuted(x[odd], axis=1)
    else:
        normal = x[~odd]
        x[odd] = np.stack([rng.choice(column, odd.sum()) for column in normal.T], axis=1)
    return x, odd


def areas(x: np.ndarray, is_picture: bool, seed: int) -> dict[str, float]:
    """Return the area under the ROC curve of each method."""
    x, odd = with_planted(x, np.random.default_rng(seed), is_picture)
    standard = x if is_picture else StandardScaler().fit_transform(x)
    rbm = RBM(100 if is_picture else 30, gradient="pcd", learning_rate_schedule="linear", random_state=seed)
    methods = {
        "RBM": -rbm.fit(x).free_energy(x),
        "isolation forest": IsolationForest(random_state=seed).fit(standard).score_samples(standard),
        "Gaussian mixture": GaussianMixture(
            10 if is_picture else 3, covariance_type="full", reg_covar=1e-2, random_state=seed
        )
        .fit(standard)
        .score_samples(standard),
    }
    return {name: round(float(roc_auc_score(odd, -scores)), 4) for name, scores in methods.items()}


def main() -> None:
    """Measure, print, and save if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--save", type=Path)
    arguments = parser.parse_args()
    sets = {name: (load().data, False) for name, load in TABLES.items()} | {"digits": (load_digits().data / 16, True)}
    result: dict[str, dict[str, list[float]]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, (x, is_picture) in sets.items():
            for seed in range(SEEDS):
                for method, area in areas(x, is_picture, seed).items():
                    result.setdefault(name, {}).setdefault(method, []).append(area)
    text = json.dumps(result, indent=1)
    print(text)
    for name, found in result.items():
        print(name, {method: f"{np.mean(of):.3f} ± {np.std(of):.3f}" for method, of in found.items()})
    if arguments.save:
        arguments.save.write_text(text + "\n")


if __name__ == "__main__":
    main()
