"""Whether there is room: refused beforehand, in a sentence that names the layer."""

import numpy as np
import pytest

from deepbelief import DBN, RBM, DBNClassifier
from deepbelief.core import memory
from deepbelief.core.memory import COPIES, JOINED, KEPT, WORKING, free_memory, require_room
from deepbelief.core.rows import ROWS_AT_ONCE

X = np.random.default_rng(0).random((20, 6)).astype(np.float32)


def refused_at(monkeypatch, needed, sentence, *args, **options):
    """Assert that so many bytes are enough, and one less is refused in this sentence."""
    monkeypatch.setattr(memory, "free_memory", lambda: needed)
    require_room(*args, "numpy", **options)
    monkeypatch.setattr(memory, "free_memory", lambda: needed - 1)
    with pytest.raises(MemoryError, match=sentence):
        require_room(*args, "numpy", **options)


def test_a_layer_is_counted_with_its_copies_and_its_activations(monkeypatch):
    """9 above 5 units: 6 · 10 weights and biases, 9 activations of each row that is measured."""
    sentence = r"Layer 1, 9 units above 5, takes about 0\.0 GiB to train"
    refused_at(monkeypatch, 4 * (COPIES * 60 + WORKING * 10 * 9), sentence, [5, 9], 10, np.float32)
    most = 4 * (COPIES * 60 + WORKING * ROWS_AT_ONCE * 9)
    refused_at(monkeypatch, most, sentence, [5, 9], 10**6, np.float32)


def test_what_lies_below_counts(monkeypatch):
    """3 above 9 units, at float64: the 9 activations of all rows, and the weights below as they are kept."""
    needed = 8 * (COPIES * 10 * 4 + KEPT * 6 * 10 + 10**6 * 9 + WORKING * ROWS_AT_ONCE * 3)
    refused_at(monkeypatch, needed, "Layer 2, 3 units above 9", [5, 9, 3], 10**6, np.float64)


def test_a_network_is_counted_as_a_whole(monkeypatch):
    """50 above 40 units, and 2 classes: fine-tuning trains what pretraining keeps."""
    needed = 4 * (COPIES + KEPT) * (41 * 51 + 51 * 2)
    refused_at(monkeypatch, needed, "The network 40-50-2 takes", [40, 50], 1, np.float32, n_outputs=2)


def test_activations_below_the_softmax_layer_count(monkeypatch):
    needed = 4 * ((10**6 + WORKING * ROWS_AT_ONCE) * 9 + KEPT * 6 * 10)
    refused_at(monkeypatch, needed, "The network 5-9-2 takes", [5, 9], 10**6, np.float32, n_outputs=2)


def test_networks_side_by_side_are_counted_with_the_zeros_between_them(monkeypatch):
    """Three of 7-40-30-2: as many weights as 7-120-90-2 has are kept beside those that are trained."""
    single = (COPIES + KEPT) * (8 * 41 + 41 * 31 + 31 * 2)
    wide = JOINED * (7 * 120 + 120 * 90 + 90 * 2) + WORKING * 120
    sentence = "The network in which 3 networks 7-40-30-2 stand side by side .* make n_networks smaller"
    options = {"n_outputs": 2, "n_networks": 3}
    refused_at(monkeypatch, 4 * (single + wide), sentence, [7, 40, 30], 1, np.float32, **options)


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
