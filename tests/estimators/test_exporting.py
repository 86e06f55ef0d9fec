"""Graphs compute what the estimators compute, by onnxruntime."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_digits

from deepbelief import DBN, RBM, DBNClassifier, DBNRegressor, ModelError
from deepbelief.estimators.exporting import onnx_bytes

TINY = {"pretrain_epochs": 3, "finetune_epochs": 3, "random_state": 0}
BOUND = 1e-5


@pytest.fixture(scope="module")
def run():
    runtime = pytest.importorskip(
        "onnxruntime", reason="graphs are computed by onnxruntime, which is not installed", exc_type=ImportError
    )

    def computed(content, X):
        session = runtime.InferenceSession(content)
        (name,) = (output.name for output in session.get_outputs())
        metadata = session.get_modelmeta().custom_metadata_map
        return name, session.run(None, {"X": X.astype(np.float32)})[0], metadata

    return computed


@pytest.fixture(scope="module")
def data():
    X, y = load_digits(return_X_y=True)
    return X[:200].astype(np.float32), y[:200]


@pytest.mark.parametrize("activation", ["logistic", "relu"])
def test_probabilities_of_a_classifier(run, data, activation):
    X, y = data
    net = DBNClassifier((20, 12), activation=activation, **TINY).fit(X, y)
    name, found, metadata = run(onnx_bytes(net, "predictions"), X)
    assert name == "probabilities"
    assert np.abs(found - net.predict_proba(X)).max() < BOUND
    assert json.loads(metadata["classes"]) == list(range(10))


@pytest.mark.parametrize("loss", ["squared", "gaussian"])
def test_numbers_of_a_regressor_are_in_their_unit(run, data, loss):
    X, _ = data
    y = np.stack([100 + X[:, 20], 0.01 * X[:, 30]], axis=1)
    net = DBNRegressor((20,), loss=loss, calibration_fraction=0, **TINY).fit(X, y)
    name, found, _ = run(onnx_bytes(net, "predictions"), X)
    assert name == "answers"
    assert found == pytest.approx(net.predict(X), rel=BOUND, abs=BOUND)


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("visible", ["auto", "gaussian-learned-variance"])
def test_features_and_reconstructions_of_any_depth(run, data, depth, visible):
    X, _ = data
    X = X if visible == "auto" else X / 3 + np.arange(64)  # standardised or shifted by the net itself
    net = DBN((20, 12), n_iter=3, visible=visible, random_state=0).fit(X)
    name, found, _ = run(onnx_bytes(net, "features", depth), X)
    assert (name, found.shape) == ("features", (200, (20, 12)[depth - 1]))
    assert np.abs(found - net.transform(X, depth=depth)).max() < BOUND
    name, found, _ = run(onnx_bytes(net, "reconstruction", depth), X)
    assert name == "reconstruction"
    assert found == pytest.approx(net.reconstruct(X, depth=depth), rel=BOUND, abs=10 * BOUND)


def test_far_values_are_limited_in_the_graph_too(run):
    X = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    X[:10, 1], X[10, 2] = -999, 1e5
    with pytest.warns(UserWarning, match="feature 1: 10 of 200 values lie far"):
        rbm = RBM(4, n_iter=2, random_state=0).fit(X)
    _, found, _ = run(onnx_bytes(rbm, "features"), X)
    assert np.abs(found - rbm.transform(X)).max() < BOUND


def test_spins(run):
    X = np.sign(np.random.default_rng(0).normal(size=(50, 6)))
    rbm = RBM(4, visible="spin", hidden="spin", n_iter=2, random_state=0).fit(X)
    _, found, _ = run(onnx_bytes(rbm, "features"), X)
    assert np.abs(found - rbm.transform(X)).max() < BOUND


def test_what_is_not_exported_is_refused_in_a_sentence(run, data):
    counts = RBM(4, visible="poisson", n_iter=2, random_state=0).fit(np.random.default_rng(0).poisson(3, (50, 6)))
    with pytest.raises(ModelError, match=r"units of the type Poisson, which are not exported"):
        onnx_bytes(counts, "reconstruction")
    with pytest.raises(ModelError, match=r"predicts nothing; export its features"):
        onnx_bytes(counts, "predictions")
    with pytest.raises(ModelError, match=r"there is no layer 2; the model has 1"):
        onnx_bytes(counts, "features", 2)


def test_probabilities_of_several_labels(run, data):
    X, y = data
    net = DBNClassifier((20,), **TINY).fit(X, np.stack([y > 4, y % 2 == 0], axis=1).astype(int))
    _, found, _ = run(onnx_bytes(net, "predictions"), X)
    assert np.abs(found - net.predict_proba(X)).max() < BOUND
