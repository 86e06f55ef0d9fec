"""Public docstrings: their examples run, every parameter is described, and what is returned too."""

import ast
import doctest
import importlib
import inspect
from pathlib import Path

import pytest
from numpydoc.validate import validate

import deepbelief

CHECKED = {"GL08", "PR01", "PR02", "PR03", "PR06", "RT01", "SS01"}  # numpydoc's codes: missing, unknown, misordered
ESTIMATORS = ["deepbelief.RBM", "deepbelief.DBN", "deepbelief.DBNClassifier"]
METHODS = [
    f"{name}.{method}"
    for name in ESTIMATORS
    for method, value in inspect.getmembers(getattr(deepbelief, name.rpartition(".")[2]), callable)
    if not method.startswith("_") and value.__module__.startswith("deepbelief")
]
FUNCTIONS = ["deepbelief.load", "deepbelief.save", "deepbelief.datasets.load", "deepbelief.datasets.fetch_mnist"]


@pytest.mark.parametrize("name", ESTIMATORS + METHODS + FUNCTIONS)
def test_public_docstrings_are_complete(name):
    problems = [problem for problem in validate(name)["errors"] if problem[0] in CHECKED]
    assert problems == []


@pytest.mark.parametrize("module", ["rbm", "dbn", "classifier"])
def test_examples_in_docstrings_run(module):
    outcome = doctest.testmod(importlib.import_module(f"deepbelief.estimators.{module}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_every_module_says_what_it_is_for():
    """Read, not imported: some need torch."""
    modules = list(Path(deepbelief.__file__).parent.rglob("*.py"))
    assert len(modules) > 100
    assert [path for path in modules if not ast.get_docstring(ast.parse(path.read_text()))] == []
