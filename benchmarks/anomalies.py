"""How well the least likely rows are the odd ones: an RBM's score beside an isolation forest and a Gaussian mixture.

Three tables of scikit-learn (breast cancer, wine, diabetes) and its digits have a twentieth of their rows replaced, in
five ways of chance. In tables, every value of such a row comes from another row, so that each is usual by itself and
only their company is odd. Among the digits, a planted row is a digit whose pixels are shuffled. Among 5,000 test digits
of MNIST, in three ways of chance, it is a printed letter, see ``printed_letters.py``. All methods learn from all rows,
without being told which are planted. The area under the ROC curve is that of ranking planted rows first, with
``score_samples`` of each method. The RBM ranks in both ways of ``deepbelief score``: by −F(v), which it takes of
machines that cannot be enumerated, after training for the distribution with persistent chains; and by how far rows are
from their reconstructions, after contrastive divergence.

    python benchmarks/anomalies.py [MNIST] [--only-letters] [--save FILE]

Sets that are not measured stay in FILE as they are: letters without MNIST, and all others with ``--only-letters``.
"""

import argparse
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from printed_letters import letters
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from deepbelief import RBM, datasets
from deepbelief.experiment.deviation import squared_deviations

PLANTED, SEEDS = 0.05, 5
AMONG_LETTERS, LETTER_SEEDS = 5000, 3
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


def with_letters(digits: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return digits of which some are replaced by printed letters, and which these are."""
    x, odd = digits[:AMONG_LETTERS].copy(), np.zeros(AMONG_LETTERS, bool)
    odd[rng.choice(AMONG_LETTERS, round(PLANTED * AMONG_LETTERS), replace=False)] = True
    x[odd] = letters(odd.sum(), digits, rng)
    return x, odd


def areas(x: np.ndarray, odd: np.ndarray, is_picture: bool, seed: int) -> dict[str, float]:
    """Return the area under the ROC curve of each method."""
    standard = x if is_picture else StandardScaler().fit_transform(x)
    settings: dict[str, Any] = {"learning_rate_schedule": "linear", "random_state": seed}
    persistent = RBM(100 if is_picture else 30, gradient="pcd", **settings).fit(x)
    contrastive = RBM(100, **settings).fit(x)
    methods = {
        "RBM": -persistent.free_energy(x),
        "RBM, reconstruction": -squared_deviations(contrastive, x).mean(axis=1),
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
    parser.add_argument("mnist", nargs="?", help="folder with MNIST's IDX files")
    parser.add_argument("--only-letters", action="store_true")
    parser.add_argument("--save", type=Path)
    arguments = parser.parse_args()
    result: dict[str, dict[str, list[float]]] = {}
    if arguments.save and arguments.save.exists():
        result = json.loads(arguments.save.read_text())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not arguments.only_letters:
            sets = {name: (load().data, False) for name, load in TABLES.items()}
            for name, (x, is_picture) in (sets | {"digits": (load_digits().data / 16, True)}).items():
                rows = (with_planted(x, np.random.default_rng(seed), is_picture) for seed in range(SEEDS))
                result[name] = joined([areas(*of_seed, is_picture, seed) for seed, of_seed in enumerate(rows)])
        if arguments.mnist:
            digits = datasets.load(arguments.mnist, split="test").images
            rows = (with_letters(digits, np.random.default_rng(seed)) for seed in range(LETTER_SEEDS))
            result["letters among digits"] = joined([areas(*of_seed, True, seed) for seed, of_seed in enumerate(rows)])
    text = json.dumps(result, indent=1)
    print(text)
    for name, found in result.items():
        print(name, {method: f"{np.mean(of):.3f} ± {np.std(of):.3f}" for method, of in found.items()})
    if arguments.save:
        arguments.save.write_text(text + "\n")


def joined(of_seeds: list[dict[str, float]]) -> dict[str, list[float]]:
    """Return the areas of each method, one for each seed."""
    return {method: [found[method] for found in of_seeds] for method in of_seeds[0]}


if __name__ == "__main__":
    main()
