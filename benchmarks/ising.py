#!/usr/bin/env python3
"""Learn the Ising model on a 4 × 4 torus from its exact distribution, and look at what was learned.

    python benchmarks/ising.py [--seeds 3]

All 65,536 states are enumerated: rows to learn from and test rows are independent draws, the likelihood of a machine is
exact, and so are the energy and the magnetisation that samples should have. T = 2.27 is near the critical temperature
of the infinite lattice; at T = 1.5 nearly all spins point one way. results/ising.json holds, for each temperature and
seed, by how much the mean log-likelihood of 50,000 test rows falls short of the true one (nats), and of the samples of
plain and of tempered chains the means of energy and |magnetisation| beside the exact ones, in standard errors of 1,000
independent samples, the share of chains that point up, and whether `sample` warned.

The rate, the passes and the number of hidden units were chosen on other seeds. Runs that are not repeated stay in the
file as they are.
"""

import argparse
import itertools
import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from deepbelief import RBM

SIDE, TEMPERATURES = 4, (1.5, 2.27, 3.5)
N_ROWS, N_SAMPLES, N_STEPS = 50_000, 1000, 2000
SETTINGS: dict[str, Any] = {
    "n_components": 32,
    "visible": "spin",
    "hidden": "spin",
    "gradient": "tempered",
    "learning_rate": 0.02,
    "learning_rate_schedule": "linear",
    "batch_size": 100,
    "n_iter": 40,
    "momentum": 0.0,
    "initial_momentum": 0.0,
    "weight_decay": 0.0,
}
OUT = Path(__file__).parent / "results" / "ising.json"


def all_states() -> np.ndarray:
    """Return every state: (65,536, 16)."""
    return np.array(list(itertools.product([-1.0, 1.0], repeat=SIDE * SIDE)))


def energies(states: np.ndarray) -> np.ndarray:
    """Return −Σ sᵢsⱼ over the bonds of the torus."""
    lattice = states.reshape(-1, SIDE, SIDE)
    neighbours = np.roll(lattice, 1, axis=1) + np.roll(lattice, 1, axis=2)
    return -(lattice * neighbours).sum(axis=(1, 2))


def measured(drawn: np.ndarray, states: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """Compare samples with the exact distribution."""
    found = {"up": float((drawn.mean(axis=1) > 0).mean())}
    for name, of in (("energy", energies), ("abs_magnetisation", lambda x: abs(x.mean(axis=1)))):
        exact = p @ of(states)
        error = np.sqrt((p @ of(states) ** 2 - exact**2) / len(drawn))
        found |= {name: float(of(drawn).mean()), f"{name}_exact": float(exact)}
        found[f"{name}_errors_off"] = float((of(drawn).mean() - exact) / error)
    return found


def run(temperature: float, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Learn at one temperature, and measure."""
    states = all_states()
    log_p = -energies(states) / temperature
    log_p -= np.logaddexp.reduce(log_p)
    p, rng = np.exp(log_p), np.random.default_rng(seed)
    learned, test = (rng.choice(len(p), N_ROWS, p=p) for _ in range(2))
    begin = time.perf_counter()
    rbm = RBM(random_state=seed, **settings).fit(states[learned].astype(np.float32))
    found: dict[str, Any] = {"temperature": temperature, "seed": seed, "seconds": time.perf_counter() - begin}
    of_states = -rbm.free_energy(states)
    of_states = of_states - np.logaddexp.reduce(of_states)
    found["true_test_log_likelihood"] = float(log_p[test].mean())
    found["short_by"] = float((log_p[test] - of_states[test]).mean())
    found["divergence"] = float(p @ (log_p - of_states))
    for method in ("gibbs", "tempered"):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            drawn = rbm.sample(N_SAMPLES, N_STEPS, random_state=seed, method=method)
        warned = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
        found[method] = measured(drawn, states, p) | {"warned": warned}
    return found


def main() -> None:
    """Run all temperatures and seeds, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--temperatures", type=float, nargs="+", default=TEMPERATURES)
    parser.add_argument("--set", type=json.loads, default={}, help="other settings of RBM, as JSON: nothing is written")
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    for temperature, seed in itertools.product(arguments.temperatures, seeds):
        found = run(temperature, seed, SETTINGS | arguments.set)
        print(json.dumps(found), flush=True)
        if not arguments.set:
            before = json.loads(OUT.read_text())["runs"] if OUT.exists() else []
            others = [other for other in before if (other["temperature"], other["seed"]) != (temperature, seed)]
            runs = sorted([*others, found], key=lambda of: (of["temperature"], of["seed"]))
            OUT.write_text(json.dumps({"settings": SETTINGS, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
