"""The backend seam: moving, casting, and walking trees of arrays."""

import subprocess
import sys

import numpy as np
import pytest

from deepbelief.core.arrays import cast, like, namespace, product, to_numpy, zeros
from deepbelief.core.devices import check_device, to_device
from deepbelief.core.network import Layers
from deepbelief.core.rbm import Parameters
from deepbelief.core.trees import all_finite, tree_map
from oracles.machines import MACHINES, assert_trees_close, example, leaves, place

TREE = example(MACHINES["gaussian_learned_variance-bernoulli"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_there_and_back_again(dtype, device):
    """to_numpy(to_device(x)) is x in numbers, shape and dtype; a transposed view too."""
    x = np.arange(6, dtype=dtype).reshape(2, 3).T
    back = to_numpy(to_device(x, device))
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, x)


def test_namespace_is_the_library_of_the_array(torch):
    assert namespace(np.zeros(1)) is np
    assert namespace(torch.zeros(1)) is torch


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_new_arrays_resemble_the_other(dtype, device):
    other = place(np.ones(2, dtype=dtype), device)
    for made, expected in [
        (zeros((2, 3), other), np.zeros((2, 3))),
        (like(np.array([[1, 0], [0, 1]]), other), np.eye(2)),
        (cast(place(np.array([True, False]), device), other), np.array([1.0, 0.0])),
    ]:
        assert made.dtype == other.dtype
        assert namespace(made) is namespace(other)
        np.testing.assert_array_equal(to_numpy(made), expected)


def test_tree_map_respects_identity_and_composition(device):
    """map(id) = id, and map(f ∘ g) = map(f) ∘ map(g)."""
    tree = place(TREE, device)
    assert_trees_close(tree_map(lambda leaf: leaf, tree), TREE)
    at_once = tree_map(lambda leaf: 2 * (leaf + 1), tree)
    one_by_one = tree_map(lambda leaf: 2 * leaf, tree_map(lambda leaf: leaf + 1, tree))
    assert_trees_close(at_once, one_by_one)
    assert isinstance(at_once, Parameters)


def test_tree_map_pairs_the_leaves_of_several_trees():
    """θ − θ = 0 and θ + 2θ = 3θ, leaf by leaf, in dataclasses, dicts and tuples."""
    tripled = tree_map(lambda a, b, c: a + b - c, TREE, tree_map(lambda leaf: 3 * leaf, TREE), TREE)
    for name, leaf in leaves(tripled).items():
        np.testing.assert_allclose(leaf, 3 * leaves(TREE)[name], rtol=1e-15)
    layers = Layers((np.ones((2, 2)), np.full((2, 3), 2.0)), (np.zeros(2), np.ones(3)))
    total = tree_map(lambda a, b: a + b, layers, layers)
    assert [leaf.sum() for leaf in (*total.weights, *total.biases)] == [8, 24, 0, 6]


def test_tree_map_refuses_trees_of_different_shape():
    with pytest.raises(ValueError, match="zip"):
        tree_map(lambda a, b: a, (1, 2), (1,))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_all_finite_sees_one_bad_number_anywhere(value, device):
    assert all_finite(place(TREE, device))
    for name, leaf in leaves(TREE).items():
        for index in np.ndindex(leaf.shape):
            bad = tree_map(np.copy, TREE)
            leaves(bad)[name][index] = value
            assert not all_finite(place(bad, device)), name


def test_a_device_that_exists_is_accepted(device):
    assert check_device(device) is None


@pytest.mark.parametrize("device", ["abacus", "meta", "xla"])
def test_a_device_that_cannot_be_used_is_refused_in_a_sentence(device, torch):
    """Unknown ones, one without memory, and one whose refusal by torch is pages long."""
    with pytest.raises(ValueError, match=f"device='{device}' cannot be used here") as refusal:
        check_device(device)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


def test_a_device_without_torch_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ValueError, match="pip install torch, or use device='numpy'"):
        check_device("cpu")
    assert check_device("numpy") is None


def test_the_core_works_without_loading_torch():
    """A fresh interpreter imports every Python module of the core and takes a gradient; torch is never touched."""
    program = """
import importlib, sys
from pathlib import Path
import numpy as np
import deepbelief.core
source = Path(deepbelief.core.__file__).parent
for path in source.rglob("*.py"):
    if not path.name.startswith("torch_"):
        importlib.import_module(".".join(["deepbelief.core", *path.relative_to(source).with_suffix("").parts]))
from deepbelief.core.batch import Batch
from deepbelief.core.gradients import ContrastiveDivergence
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
v, stream = np.eye(3), RandomStreams(0).stream("x")
parameters = Machine().initial(v.mean(0), v.var(0), 2, stream)
ContrastiveDivergence().estimate(Machine(), parameters, Batch(v), None, stream)
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def float32(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


PRODUCTS = {
    "large": (float32(60, 30), float32(30, 40)),
    "small": (float32(2, 3), float32(3, 4)),
    "a_transposed": (float32(30, 60).T, float32(30, 40)),
    "b_transposed": (float32(60, 30), float32(40, 30).T),
    "both_transposed": (float32(30, 60).T, float32(40, 30).T),
    "vector": (float32(900, 30), float32(30)),
    "two_vectors": (float32(30), float32(30)),
    "vector_first": (float32(30), float32(30, 900)),
    "three_axes": (float32(2, 60, 30), float32(30, 40)),
    "backwards": (float32(60, 30)[::-1], float32(30, 40)),
    "broadcast": (np.broadcast_to(float32(30), (60, 30)), float32(30, 40)),
    "every_other_column": (float32(60, 60)[:, ::2], float32(30, 80)[:, ::2]),
    "float64": (float32(60, 30).astype(float), float32(30, 40)),
    "empty": (float32(0, 30), float32(30, 40)),
}


@pytest.mark.parametrize("a, b", PRODUCTS.values(), ids=PRODUCTS.keys())
def test_products_of_all_layouts(a, b):
    """Shape and dtype of a @ b, whether the loops in C can make it or not."""
    expected = a.astype(float) @ b.astype(float)
    result = product(a, b)
    assert result.shape == expected.shape
    assert result.dtype == np.result_type(a, b)
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5)


def test_products_of_tensors(torch):
    a, b = torch.from_numpy(float32(60, 30)), torch.from_numpy(float32(30, 40))
    assert torch.equal(product(a, b), a @ b)


def test_large_products_go_through_the_loops(monkeypatch):
    """And small ones do not."""
    sizes = []

    class Loops:
        @staticmethod
        def linear(a, b, out):
            sizes.append((a.shape, b.shape))
            out[:] = a @ b

    monkeypatch.setattr("deepbelief.core.native.module", Loops)
    for name in ("large", "a_transposed", "b_transposed", "vector", "both_transposed", "backwards", "small"):
        product(*PRODUCTS[name])
    assert sizes == [((60, 30), (30, 40))] * 3 + [((900, 30), (30, 1)), ((60, 30), (30, 40))]
