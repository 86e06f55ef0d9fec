"""Model files: what is loaded is what was saved, bit for bit."""

import os
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
from sklearn.base import clone

from deepbelief import DBN, RBM, DBNClassifier, ModelError
from deepbelief.datasets import row_hashes
from deepbelief.estimators import learned_rows
from deepbelief.estimators.learned_rows import LearnedRows
from deepbelief.estimators.model_file import load, save
from estimators.saved_models import X, Y, assert_identical, assert_same, classifier

FIRST_FORMAT = Path(__file__).parent / "first_format"

UNITS = ["bernoulli", "gaussian", "gaussian-learned-variance"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden", UNITS)
@pytest.mark.parametrize("visible", UNITS)
def test_an_rbm_comes_back_bit_for_bit(tmp_path, visible, hidden, dtype):
    rbm = RBM(4, visible=visible, hidden=hidden, n_iter=2, learning_rate=0.001, random_state=0).fit(X.astype(dtype))
    save(rbm, tmp_path / "rbm")
    loaded = load(tmp_path / "rbm")
    assert loaded._dtype_ is dtype
    assert_same(rbm, loaded, X.astype(dtype))
    assert loaded.get_params() == rbm.get_params()


def test_persistent_chains_come_back_and_how_many_steps_they_make(tmp_path):
    rbm = RBM(4, gradient="pcd", n_gibbs_steps=(1, 3), n_iter=2, random_state=0).fit(X)
    save(rbm, tmp_path / "rbm")
    loaded = load(tmp_path / "rbm")
    assert_identical(rbm.h_samples_, loaded.h_samples_)
    assert loaded.n_gibbs_steps == (1, 3)


@pytest.mark.parametrize("visible", UNITS)
def test_a_dbn_comes_back_bit_for_bit(tmp_path, visible):
    dbn = DBN((5, 3, 2), visible=visible, n_iter=2, learning_rate=0.01, random_state=3).fit(X)
    save(dbn, tmp_path / "dbn")
    loaded = load(tmp_path / "dbn")
    assert_same(dbn, loaded)
    assert loaded.hidden_layer_sizes == (5, 3, 2)


@pytest.mark.parametrize(
    "classes",
    [
        np.array([-5, 2**40, 3]),
        np.array([0, 1, 255], np.uint8),
        np.array([0.0, 1.0, 2.0], np.float32),
        np.array(["a", "ü\n", "zebra"]),
        np.array(["a", "b", "c"], dtype=object),
        np.array([False, True]),
        np.array([-1, 1]),
    ],
    ids=["int", "uint8", "float", "text", "object", "bool", "signs"],
)
def test_a_classifier_comes_back_with_its_classes(tmp_path, classes):
    net = classifier().fit(X, classes[Y % len(classes)])
    save(net, tmp_path / "net")
    assert_same(net, load(tmp_path / "net"))


def test_float64_data_of_another_scale_come_back(tmp_path):
    data = X.astype(np.float64) * 255 - 3
    with pytest.warns(UserWarning, match="rescaled"):
        net = classifier(visible="bernoulli").fit(data, Y)
    save(net, tmp_path / "net")
    loaded = load(tmp_path / "net")
    assert loaded.data_min_ == net.data_min_ != 0
    assert_same(net, loaded, data)


def test_feature_names_come_back(tmp_path):
    frame = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(6)])
    net = classifier().fit(frame, Y)
    save(net, tmp_path / "net")
    loaded = load(tmp_path / "net")
    assert list(loaded.feature_names_in_) == list(frame.columns)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(loaded.predict_proba(frame), net.predict_proba(frame))


def test_a_classifier_on_a_net_that_was_given_comes_back(tmp_path):
    dbn = DBN((5, 3), n_iter=1, random_state=0).fit(X)
    net = DBNClassifier.from_dbn(dbn, softmax_epochs=1, finetune_epochs=1, hidden_layer_sizes=(9,)).fit(X, Y)
    save(net, tmp_path / "net")
    loaded = load(tmp_path / "net")
    assert_same(net, loaded)
    assert loaded.dbn is None


def test_what_is_said_about_the_file_comes_back(tmp_path):
    learned = LearnedRows.of(row_hashes(X))
    save(RBM(2, random_state=np.random.RandomState(0)).fit(X), tmp_path / "m", image_shape=(2, 3), learned_from=learned)
    loaded = load(tmp_path / "m")
    assert loaded.metadata_["image_shape"] == (2, 3)
    assert_identical(loaded.metadata_["learned_from"].hashes, learned.hashes)
    assert loaded.metadata_["learned_from"].n_distinct == 40
    assert loaded.metadata_["format_version"] == 2
    assert loaded.metadata_["versions"]["numpy"] == np.__version__
    assert loaded.random_state is None
    save(loaded, tmp_path / "again")
    again = load(tmp_path / "again").metadata_
    assert again["image_shape"] is again["learned_from"] is None
    assert set(safetensors.numpy.load_file(tmp_path / "m")) - set(safetensors.numpy.load_file(tmp_path / "again")) == {
        "learned_from"
    }


def test_a_sample_of_the_rows_comes_back_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr(learned_rows, "MOST", 10)
    save(classifier().fit(X, Y), tmp_path / "net", learned_from=LearnedRows.of(row_hashes(X)))
    learned = load(tmp_path / "net").metadata_["learned_from"]
    assert (len(learned.hashes), learned.n_distinct) == (10, 40)


@pytest.mark.parametrize("name", ["rbm", "dbn", "net"])
def test_a_file_of_the_first_format_is_read(name):
    """Written before visible="auto" and hashes of rows, by settings that no longer are the defaults."""
    loaded = load(FIRST_FORMAT / f"{name}.safetensors")
    data = np.random.default_rng(0).random((40, 6)).astype(np.float32)
    found = loaded.predict_proba(data * 255 - 3) if name == "net" else loaded.transform(data)
    with np.load(FIRST_FORMAT / "expected.npz") as expected:
        np.testing.assert_allclose(found, expected[name], rtol=1e-5)
    assert loaded.visible_ == ("gaussian-learned-variance" if name == "rbm" else "bernoulli")
    assert loaded.metadata_["learned_from"] is None
    assert loaded.metadata_["image_shape"] == (2, 3)
    assert loaded.partial_fit(data, np.array(["a", "b", "c"])[np.arange(40) % 3]) is loaded


def test_training_goes_on_after_loading(tmp_path):
    for index, fitted in enumerate(
        [
            RBM(3, gradient="pcd", random_state=0).fit(X),
            DBN((3, 2), n_iter=1, random_state=0).fit(X),
            classifier().fit(X, Y),
        ]
    ):
        save(fitted, tmp_path / str(index))
        loaded = load(tmp_path / str(index))
        n_passes = len(loaded.history_)
        loaded.partial_fit(X, Y)
        assert len(loaded.history_) > n_passes
        n_passes = len(loaded.history_)
        loaded.set_params(warm_start=True).fit(X, Y)
        assert len(loaded.history_) > n_passes
        save(loaded, tmp_path / str(index), overwrite=True)
        assert_same(loaded, load(tmp_path / str(index)))
        assert not hasattr(clone(loaded), "metadata_")


def test_the_safetensors_library_reads_it(tmp_path):
    net = classifier().fit(X, Y)
    save(net, tmp_path / "net")
    tensors = safetensors.numpy.load_file(tmp_path / "net")
    np.testing.assert_array_equal(tensors["network.0.weights"], net.coefs_[0])
    np.testing.assert_array_equal(tensors["layers.1.weights"], net.dbn_.rbms_[1].components_.T)


def test_loading_takes_less_than_twice_the_file(tmp_path):
    rbm = RBM(1000, n_iter=0, random_state=0).fit(np.zeros((10, 2000), np.float32))
    save(rbm, tmp_path / "rbm")
    tracemalloc.start()
    load(tmp_path / "rbm")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * os.path.getsize(tmp_path / "rbm")


def test_any_changed_byte_of_the_numbers_is_refused(tmp_path):
    path = tmp_path / "model"
    save(classifier().fit(X, Y), path)
    whole = path.read_bytes()
    start = 8 + int.from_bytes(whole[:8], "little")
    for place in range(start, len(whole), 5):  # every byte of a float in turn
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        with pytest.raises(ModelError, match=r"altered or damaged.*; train the model again or copy the file again\.$"):
            load(path)
    path.write_bytes(whole)
    load(path)
