"""A unit type gets the whole suite by being registered: a toy type from outside the package runs through it."""

import re
import subprocess
import sys
from pathlib import Path

from deepbelief.core.units import UNITS

ROOT = Path(__file__).parents[2]
SUITE = [
    "tests/core/test_units.py",
    "tests/core/test_rbm.py",
    "tests/core/test_likelihood.py",
    "tests/core/test_gradients.py",
    "tests/core/test_gibbs.py",
    "tests/core/test_path.py",
    "tests/core/test_annealing.py",
    "tests/conformance/test_distribution.py",
    "tests/conformance/test_exact_gradient.py",
    "tests/conformance/test_stationarity.py",
    "tests/conformance/test_zero_weights.py",
]
LEAST = 100  # tests that any type with binary units beside it gets on NumPy


def test_a_registered_type_runs_through_the_suite():
    assert "ternary" not in UNITS
    names = ["-p", "oracles.ternary", "-k", "ternary and not on_torch"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib"]
    run = subprocess.run([*command, *names, *SUITE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert int(re.search(r"(\d+) passed", run.stdout)[1]) >= LEAST
