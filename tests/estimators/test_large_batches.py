"""Batches larger than the data take no more memory than they do; persistent chains, which may be more, are counted."""

import tracemalloc

import numpy as np
import pytest

from deepbelief import DBN, RBM, DBNClassifier, DBNRegressor
from deepbelief.core import memory
from deepbelief.errors import TooLargeError

X = np.random.default_rng(0).random((60, 20)).astype(np.float32)
LABELS = np.arange(60) % 3
FEW = np.where(np.arange(60) < 12, LABELS, -1)
HUGE = 10**6


def made(kind, **settings):
    """Return an estimator and what it learns from; its rates do not depend on its batches."""
    if kind == "rbm":
        return RBM(9, n_iter=2, learning_rate=0.1, random_state=0, **settings), (X,)
    if kind == "plain steps":
        return RBM(9, n_iter=2, learning_rate=0.1, random_state=0, sample_everything=True, **settings), (X,)
    if kind == "dbn":
        return DBN((9, 8), n_iter=2, learning_rate=0.1, random_state=0, **settings), (X,)
    if kind == "regressor":
        rates = dict.fromkeys(["pretrain_learning_rate", "output_learning_rate", "finetune_learning_rate"], 0.1)
        epochs = dict.fromkeys(["pretrain_epochs", "output_epochs", "finetune_epochs"], 2)
        return DBNRegressor((9, 8), calibration_fraction=0, random_state=0, **epochs, **rates, **settings), (X, LABELS)
    more = {"dropout": {"dropout": 0.2}, "semi-supervised": {"semi_supervised": True}}.get(kind, {})
    rates = dict.fromkeys(["pretrain_learning_rate", "softmax_learning_rate", "finetune_learning_rate"], 0.1)
    epochs = dict.fromkeys(["pretrain_epochs", "softmax_epochs", "finetune_epochs"], 2)
    estimator = DBNClassifier((9, 8), random_state=0, **epochs, **rates, **more, **settings)
    return estimator, (X, FEW if kind == "semi-supervised" else LABELS)


@pytest.mark.parametrize("kind", ["rbm", "plain steps", "dbn", "classifier", "dropout", "semi-supervised", "regressor"])
@pytest.mark.filterwarnings("ignore")
def test_a_batch_larger_than_the_data_is_all_of_them(kind, device):
    """The same model, bit for bit, and no more memory."""
    whole, data = made(kind, batch_size=len(X), device=device)
    larger, _ = made(kind, batch_size=HUGE, device=device)
    whole.fit(*data)
    tracemalloc.start()
    larger.fit(*data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 2**20
    answer = {DBNClassifier: "predict_proba", DBNRegressor: "predict"}.get(type(whole), "transform")
    np.testing.assert_array_equal(getattr(whole, answer)(X), getattr(larger, answer)(X))


@pytest.mark.parametrize("kind", ["rbm", "dbn"])
@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_chains_that_memory_has_no_room_for_are_refused_beforehand(kind, how, device):
    estimator, _ = made(kind, batch_size=10**12, gradient="pcd", device=device)
    says = r"^Layer 1, 9 units above 20, with 1000000000000 persistent .* make batch_size, their number, smaller\.$"
    with pytest.raises(TooLargeError, match=says):
        getattr(estimator, how)(X)


def test_there_may_be_more_chains_than_rows():
    """As many as batch_size says, also where the first rows are few: they go on with the rows to come."""
    rbm = RBM(9, gradient="pcd", batch_size=30, random_state=0).partial_fit(X[:4])
    assert rbm.h_samples_.shape == (30, 9)
    begun = rbm.h_samples_.copy()
    rbm.partial_fit(X)
    assert rbm.h_samples_.shape == (30, 9)
    assert 0 < (rbm.h_samples_ != begun).mean() < 1


def test_each_layer_is_counted_with_its_chains(monkeypatch):
    """9 above 20 units: 29 states of each chain."""
    needed = 4 * (memory.COPIES * 21 * 10 + memory.WORKING * 60 * 9 + memory.CHAINS * 1000 * 29)
    monkeypatch.setattr(memory, "free_memory", lambda: needed)
    memory.require_room([20, 9], 60, np.float32, "numpy", n_chains=1000)
    monkeypatch.setattr(memory, "free_memory", lambda: needed - 1)
    for device in ("numpy", "cpu"):
        with pytest.raises(TooLargeError, match="with 1000 persistent chains, takes about"):
            memory.require_room([20, 9], 60, np.float32, device, n_chains=1000)
