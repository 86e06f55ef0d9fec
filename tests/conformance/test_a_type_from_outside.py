"""A unit type gets the whole suite by being registered: a toy type from outside the package runs through it."""

import re
import subprocess
import sys
from pathlib import Path

from deepbelief.core.units import UNITS

TESTS = Path(__file__).parents[1]
SUITE = [
    "core/test_units.py",
    "core/test_rbm.py",
    "core/test_likelihood.py",
    "core/test_gradients.py",
    "core/test_gibbs.py",
    "conformance/test_distribution.py",
    "conformance/test_exact_gradient.py",
    "conformance/test_stationarity.py",
    "conformance/test_zero_weights.py",
]
LEAST = 100  # tests that any type with binary units beside it gets on NumPy


def test_a_registered_type_runs_through_the_suite():
    assert "ternary" not in UNITS
    names = ["-p", "oracles.ternary", "-k", "ternary and not on_torch"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib"]
    run = subprocess.run([*command, *names, *SUITE], cwd=TESTS, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert int(re.search(r"(\d+) passed", run.stdout)[1]) >= LEAST
