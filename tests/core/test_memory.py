"""Whether there is room: refused beforehand, in a sentence that names the layer."""

import numpy as np
import pytest

from deepbelief import DBN, RBM, DBNClassifier
from deepbelief.core import memory
from deepbelief.core.memory import COPIES, free_memory, require_room

X = np.random.default_rng(0).random((20, 6)).astype(np.float32)


def test_layers_are_counted_with_their_copies(monkeypatch):
    """A layer of 9 above 5 units takes COPIES · 6 · 10 numbers of 4 bytes: one byte less is too little."""
    needed = COPIES * 6 * 10 * 4
    monkeypatch.setattr(memory, "free_memory", lambda: needed)
    require_room([5, 9], 1000, np.float32, "numpy")
    monkeypatch.setattr(memory, "free_memory", lambda: needed - 1)
    with pytest.raises(MemoryError, match=r"Layer 1, 9 units above 5, takes about 0\.0 GiB to train"):
        require_room([5, 9], 1000, np.float32, "numpy")


def test_activations_of_the_layer_below_count(monkeypatch):
    """1,000 rows of 9 units at float64 beside COPIES · 10 · 4 numbers."""
    needed = (COPIES * 10 * 4 + 1000 * 9) * 8
    monkeypatch.setattr(memory, "free_memory", lambda: needed)
    require_room([5, 9, 3], 1000, np.float64, "numpy")
    monkeypatch.setattr(memory, "free_memory", lambda: needed - 1)
    with pytest.raises(MemoryError, match="Layer 2, 3 units above 9"):
        require_room([5, 9, 3], 1000, np.float64, "numpy")


@pytest.mark.parametrize(
    "estimator, layer",
    [
        (RBM(10_000_000_000), "Layer 1"),
        (DBN((4, 10_000_000_000)), "Layer 2"),
        (DBNClassifier((4, 10_000_000_000)), "Layer 2"),
    ],
    ids=["rbm", "dbn", "classifier"],
)
def test_nothing_is_trained_before_the_refusal(estimator, layer):
    with pytest.raises(MemoryError, match=f"{layer}, 10000000000 units .* make it smaller"):
        next(iter(estimator.fit_epochs(X, *([np.arange(20) % 2] if "Classifier" in repr(estimator) else []))))


def test_free_memory_is_what_the_system_says():
    found = free_memory()
    assert found is None or 2**20 < found < 2**60


def test_a_system_that_does_not_tell_refuses_nothing(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    require_room([5, 10**12], 10, np.float32, "numpy")
