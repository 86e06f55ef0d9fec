"""A unit type gets the whole suite by being registered: a toy type from outside the package runs through it."""

import re
import subprocess
import sys
from pathlib import Path

from deepbelief.core.units import UNITS

ROOT = Path(__file__).parents[2]
SUITE = ["tests/core", "tests/conformance"]
LEAST = 220  # tests that any type with binary units beside it gets on NumPy


def test_a_registered_type_runs_through_the_suite():
    assert "ternary" not in UNITS
    names = ["-p", "oracles.ternary", "-k", "ternary and not on_torch"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib"]
    run = subprocess.run([*command, *names, *SUITE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert int(re.search(r"(\d+) passed", run.stdout)[1]) >= LEAST


def test_a_registered_type_is_one_that_users_can_take(tmp_path):
    """As visible units, hidden ones, and both: trained by a kernel, sampled, saved, diagnosed; bad data are named."""
    command = [sys.executable, "-X", "utf8", "-c", USED, tmp_path]
    run = subprocess.run(command, cwd=ROOT / "tests", capture_output=True, encoding="utf-8", check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == (
        "Input X holds 0.5 at row 4, column 1, but ternary units take −1, 0 and 1; correct that number, or train with "
        "visible='auto', which takes any numbers.\n"
    )


USED = """
import sys
import numpy as np
import oracles.ternary
from deepbelief import DBN, RBM, DBNClassifier, diagnose, load, save
from deepbelief.errors import DataError

x = np.random.default_rng(0).integers(-1, 2, (90, 6)).astype(float)
bits = (x > 0).astype(float)
for number, (made, rows) in enumerate([
    (RBM(3, visible="ternary"), x), (RBM(3, hidden="ternary"), bits), (RBM(3, visible="ternary", hidden="ternary"), x),
    (DBN((4, 3), visible="ternary"), x), (DBNClassifier((4, 3), visible="ternary"), x),
]):
    labels = (np.arange(90) % 3,) if isinstance(made, DBNClassifier) else ()
    fitted = made.set_params(random_state=0).fit(rows, *labels)
    assert all(entry["steps"].startswith("kernel") for entry in fitted.history_), fitted.history_
    path = sys.argv[1] + f"/{number}"
    save(fitted, path)
    says = getattr(fitted, "transform", None) or fitted.predict_proba
    again = load(path)
    np.testing.assert_array_equal((getattr(again, "transform", None) or again.predict_proba)(rows), says(rows))
    diagnose(fitted, rows)
    if not labels:
        drawn = fitted.sample(5, 3, random_state=0)
        assert np.isfinite(drawn).all() and drawn.shape == (5, 6)
x[4, 1] = 0.5
try:
    RBM(visible="ternary").fit(x)
except DataError as error:
    print(error)
"""
