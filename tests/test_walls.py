"""Walls that imports do not show: what estimators hide from each other, and what is not copied on its way."""

import ast
import pickle
from pathlib import Path

import numpy as np
import pytest

import deepbelief
from deepbelief import DBN
from deepbelief.core.inspection import unit_images
from deepbelief.estimators.fitted import fitted_stack

PACKAGE = Path(deepbelief.__file__).parent
OWN = {"self", "cls", "super()", "draft"}  # a draft is another object of the same class
# These modules are where the attributes of estimators are read and written for everybody else.
KEEPERS = {PACKAGE / "estimators" / name for name in ("inputs.py", "machines.py")}
SCIKIT_LEARNS = {"_init_callback_context", "_parameter_constraints", "_validate_params"}
SYSTEMS = {"_exit"}


def private_accesses(text: str) -> list[str]:
    """Return what a module reads of others though its name begins with an underscore."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and ast.unparse(node.value) not in OWN
        and node.attr not in SCIKIT_LEARNS | SYSTEMS
    ]


@pytest.mark.parametrize("room", ["estimators", "experiment", "displays", "report", "cli"])
def test_nobody_reaches_into_an_estimator(room):
    modules = [path for path in sorted((PACKAGE / room).glob("*.py")) if path not in KEEPERS]
    assert len(modules) > 5
    assert {path.name: found for path in modules if (found := private_accesses(path.read_text()))} == {}


def test_a_reach_into_an_estimator_would_be_noticed():
    assert private_accesses("rbm._state_ = self._rows(super()._x, estimator.public, dbn.rbms_[0]._adopt)") == [
        "rbm._state_",
        "dbn.rbms_[0]._adopt",
    ]


@pytest.mark.parametrize("way", ["fitted", "loaded", "pickled"])
def test_weights_are_not_copied_on_their_way_to_a_picture(way, tmp_path):
    """What a kernel leaves, what `components_` shows and what is drawn are one array, from two sides."""
    net = DBN((6, 4), n_iter=1, random_state=0).fit(np.random.default_rng(0).random((40, 9)))
    if way == "loaded":
        deepbelief.save(net, tmp_path / "net")
        net = deepbelief.load(tmp_path / "net")
    elif way == "pickled":
        net = pickle.loads(pickle.dumps(net))
    stack = fitted_stack(net)
    for rbm, layer in zip(stack.rbms, stack.layers, strict=True):
        assert np.shares_memory(layer.parameters.weights, rbm.components_)
        assert layer.parameters.weights.flags.c_contiguous
    assert unit_images(stack.layers, np.arange(4)).shape == (4, 9)
