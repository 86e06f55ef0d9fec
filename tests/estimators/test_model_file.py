"""Model files: what is loaded is what was saved, bit for bit; anything else is refused in one sentence."""

import errno
import json
import os
import pickle
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from deepbelief import DBN, RBM, DBNClassifier, ModelError
from deepbelief.estimators.model_file import load, save

UNITS = ["bernoulli", "gaussian", "gaussian-learned-variance"]
X = np.random.default_rng(0).random((40, 6)).astype(np.float32)
Y = np.arange(40) % 3


def classifier(**settings):
    settings = {
        "hidden_layer_sizes": (5, 4),
        "pretrain_epochs": 1,
        "softmax_epochs": 1,
        "finetune_epochs": 2,
    } | settings
    return DBNClassifier(**({"random_state": 0} | settings))


def assert_same(left, right, X=X):
    """Every public attribute and every result is the same to the last bit, of the same type."""
    assert type(left) is type(right)
    names, others = (
        {name for name in vars(estimator) if name.endswith("_")}
        - {"dbn_", "rbms_", "coefs_", "intercepts_", "metadata_"}
        for estimator in (left, right)
    )
    assert names == others
    for name in names:
        assert_identical(getattr(left, name), getattr(right, name))
    for method in ("transform", "reconstruct", "free_energy", "score_samples", "predict", "predict_proba"):
        if hasattr(left, method):
            assert_identical(getattr(left, method)(X), getattr(right, method)(X))
    if hasattr(left, "transform"):
        H = left.transform(X)
        assert_identical(left.inverse_transform(H), right.inverse_transform(H))
        assert_identical(clone_stream(left).sample(5, 3), clone_stream(right).sample(5, 3))
        assert list(left.get_feature_names_out()) == list(right.get_feature_names_out())
    for one, other in zip(getattr(left, "rbms_", []), getattr(right, "rbms_", []), strict=True):
        assert_same(one, other, np.ones((3, one.n_features_in_), left._dtype))
    for one, other in zip(getattr(left, "coefs_", []), getattr(right, "coefs_", []), strict=True):
        assert_identical(one, other)
    if hasattr(left, "dbn_"):
        assert_same(left.dbn_, right.dbn_, X)


def assert_identical(left, right):
    assert type(left) is type(right)
    if isinstance(left, np.ndarray):
        assert left.dtype == right.dtype
    np.testing.assert_array_equal(left, right)


def clone_stream(estimator):
    """Let the next random draws be the first ones of the seed."""
    for machine in [estimator, *getattr(estimator, "rbms_", [])]:
        vars(machine).pop("_sampling", None)
    return estimator


def refused(path, *words):
    """Loading fails with one sentence that names the file; return it."""
    with pytest.raises(ModelError) as caught:
        load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    assert message.endswith(".")
    for word in words:
        assert word in message
    return message


def loaded_or_message(path):
    """Return the model, or the one sentence that says why there is none; nothing else may happen."""
    try:
        return load(path)
    except ModelError as error:
        message = str(error)
    assert "\n" not in message
    assert len(message) < 400
    return message


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The bytes of a small model file."""
    path = tmp_path_factory.mktemp("tiny") / "model"
    net = classifier(hidden_layer_sizes=(2,), finetune_epochs=1).fit(X[:, :2], Y)
    save(net, path, image_shape=(1, 2), data_fingerprint="abc")
    return path.read_bytes()


def split(payload):
    """Return the header as JSON, the description in it as JSON, and the data section."""
    end = 8 + int.from_bytes(payload[:8], "little")
    header = json.loads(payload[8:end])
    return header, json.loads(header["__metadata__"]["deepbelief"]), payload[end:]


def joined(header, about, data):
    if about is not None:
        header = header | {"__metadata__": {"deepbelief": about if isinstance(about, str) else json.dumps(about)}}
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


# --- the same estimator comes back ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden", UNITS)
@pytest.mark.parametrize("visible", UNITS)
def test_an_rbm_comes_back_bit_for_bit(tmp_path, visible, hidden, dtype):
    rbm = RBM(4, visible=visible, hidden=hidden, n_iter=2, learning_rate=0.001, random_state=0).fit(X.astype(dtype))
    save(rbm, tmp_path / "rbm")
    loaded = load(tmp_path / "rbm")
    assert loaded._dtype is dtype
    assert_same(rbm, loaded, X.astype(dtype))
    assert loaded.get_params() == rbm.get_params()


def test_persistent_chains_come_back(tmp_path):
    rbm = RBM(4, gradient="pcd", n_iter=2, random_state=0).fit(X)
    save(rbm, tmp_path / "rbm")
    assert_identical(rbm.h_samples_, load(tmp_path / "rbm").h_samples_)


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
        net = classifier().fit(data, Y)
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
    save(RBM(2, random_state=np.random.RandomState(0)).fit(X), tmp_path / "m", image_shape=(2, 3), data_fingerprint="f")
    loaded = load(tmp_path / "m")
    assert loaded.metadata_["image_shape"] == (2, 3)
    assert loaded.metadata_["data_fingerprint"] == "f"
    assert loaded.metadata_["format_version"] == 1
    assert loaded.metadata_["versions"]["numpy"] == np.__version__
    assert loaded.random_state is None
    save(loaded, tmp_path / "again")
    assert load(tmp_path / "again").metadata_["image_shape"] is None


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


# --- nothing is lost in writing ---------------------------------------------------------------------------------------


def test_an_existing_file_is_kept_unless_told_otherwise(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(b"mine")
    rbm = RBM(2).fit(X)
    with pytest.raises(ModelError, match="already exists"):
        save(rbm, path)
    assert path.read_bytes() == b"mine"
    save(rbm, path, overwrite=True)
    assert_same(rbm.set_params(random_state=0), load(path).set_params(random_state=0))


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step):
    path = tmp_path / "model"
    path.write_bytes(b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    rbm = RBM(2).fit(X)
    monkeypatch.setattr(os, step, full)
    with pytest.raises(ModelError, match=r"No space left.*\.$") as caught:
        save(rbm, path, overwrite=True)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model"]


def test_an_interrupt_while_writing_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(RBM(2).fit(X), tmp_path / "model")
    assert os.listdir(tmp_path) == []


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "model")
    save(RBM(2).fit(X), tmp_path / "link", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert isinstance(load(tmp_path / "model"), RBM)


def test_places_that_cannot_be_written_are_named(tmp_path):
    rbm = RBM(2).fit(X)
    with pytest.raises(ModelError, match="directory does not exist"):
        save(rbm, tmp_path / "no" / "model")
    with pytest.raises(ModelError, match="cannot be written"):
        save(rbm, tmp_path, overwrite=True)
    assert os.listdir(tmp_path) == []


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError):
        save(RBM(2), tmp_path / "m")
    with pytest.raises(TypeError, match="list"):
        save([], tmp_path / "m")
    broken = RBM(2).fit(X)
    broken.components_[0, 0] = np.nan
    with pytest.raises(ModelError, match="NaN"):
        save(broken, tmp_path / "m")
    with pytest.raises(ModelError, match="log_precision"):
        save(RBM(2).fit(X).set_params(hidden="gaussian-learned-variance"), tmp_path / "m")
    with pytest.raises(ModelError, match="image_shape"):
        save(RBM(2).fit(X), tmp_path / "m", image_shape=(5, 5))
    talkative = RBM(2).fit(X)
    talkative.history_ *= 2000
    with pytest.raises(ModelError, match="header"):
        save(talkative, tmp_path / "m")
    assert os.listdir(tmp_path) == []


# --- nothing else is taken for a model --------------------------------------------------------------------------------


def test_other_things_are_refused(tmp_path):
    refused(tmp_path / "missing", "does not exist")
    refused(tmp_path, "no file")
    (tmp_path / "empty").write_bytes(b"")
    refused(tmp_path / "empty", "empty")
    (tmp_path / "pickle").write_bytes(pickle.dumps({"weights": X}))
    refused(tmp_path / "pickle")
    (tmp_path / "png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(500))
    refused(tmp_path / "png")
    safetensors.numpy.save_file({"weights": X}, tmp_path / "other")
    refused(tmp_path / "other", "no deepbelief model")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "no file")
    with pytest.raises(ModelError):
        load("a\0b")


def test_a_file_cut_short_or_made_longer_is_refused(tmp_path, tiny):
    header, _, data = split(tiny)
    start = len(tiny) - len(data)
    ends = [start + n for name, entry in header.items() if name != "__metadata__" for n in entry["data_offsets"]]
    cuts = {0, 1, 7, 8, 9, start - 1, start, *ends, *(len(tiny) * i // 16 for i in range(16))} - {len(tiny)}
    for cut in cuts:
        (tmp_path / "cut").write_bytes(tiny[:cut])
        refused(tmp_path / "cut")
    (tmp_path / "cut").write_bytes(tiny + b"\0")
    refused(tmp_path / "cut")


def test_any_changed_byte_of_the_header_gives_a_model_or_a_sentence(tmp_path, tiny):
    path = tmp_path / "changed"
    n_refused = 0
    end = len(tiny) - len(split(tiny)[2])
    for place in range(end):
        path.write_bytes(tiny[:place] + bytes([tiny[place] ^ 1 << place % 7]) + tiny[place + 1 :])
        n_refused += not isinstance(loaded_or_message(path), DBNClassifier)
    assert n_refused > end // 2


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))


@given(data=st.data())
def test_any_value_in_any_place_gives_a_model_or_a_sentence(tmp_path_factory, tiny, data):
    header, about, tail = split(tiny)
    node = data.draw(st.sampled_from([header, about]))
    while True:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if not (isinstance(node[key], dict | list) and node[key]) or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = data.draw(JSON)
    path = tmp_path_factory.getbasetemp() / "drawn"
    path.write_bytes(joined(header, None if node is header else about, tail))
    assert isinstance(loaded_or_message(path), DBNClassifier | str)


def at(*keys):
    """Return a function that puts a value at a place in the description."""

    def put(about, value):
        for key in keys[:-1]:
            about = about[key]
        about[keys[-1]] = value

    return put


@pytest.mark.parametrize(
    "keys, value",
    [
        (("class",), "os.system"),
        (("class",), "DBN"),
        (("format_version",), True),
        (("format_version",), 0),
        (("image_shape",), [2, 2]),
        (("image_shape",), [-1, -2]),
        (("unknown",), 1),
        (("estimator", "parameters", "unknown"), 1),
        (("estimator", "parameters", "momentum"), 1.0),
        (("estimator", "parameters", "batch_size"), "ten"),
        (("estimator", "parameters", "dbn"), "net"),
        (("estimator", "parameters", "hidden_layer_sizes"), [0]),
        (("estimator", "parameters", "hidden_layer_sizes"), "ab"),
        (("estimator", "dtype"), "float16"),
        (("estimator", "n_features"), 3),
        (("estimator", "n_features"), True),
        (("estimator", "feature_names"), ["one"]),
        (("estimator", "feature_names"), ["one", 2]),
        (("estimator", "feature_names"), ["one", "\ud800"]),
        (("estimator", "data_range"), 0.0),
        (("estimator", "data_range"), -1.0),
        (("estimator", "data_min"), None),
        (("estimator", "history"), [{}]),
        (("estimator", "history"), [{"phase": "x", "layer": 0, "epoch": 1, "n_epochs": 1, "loss": [1]}]),
        (("estimator", "classes", "values"), [0]),
        (("estimator", "classes", "values"), [0, 1]),
        (("estimator", "classes", "values"), [0, 1, 1]),
        (("estimator", "classes", "values"), [2, 1, 0]),
        (("estimator", "classes", "values"), [0, 1, "2"]),
        (("estimator", "classes", "values"), [0, 1, 2**70]),
        (("estimator", "classes", "dtype"), "O8"),
        (("estimator", "dbn", "layers"), []),
        (("estimator", "dbn", "layers", 0, "n_hidden"), 3),
        (("estimator", "dbn", "layers", 0, "n_hidden"), 2**80),
        (("estimator", "dbn", "layers", 0, "n_chains"), 0),
        (("estimator", "dbn", "layers", 0, "n_chains"), -1),
        (("estimator", "dbn", "layers", 0, "parameters", "hidden"), "gaussian-learned-variance"),
        (("estimator", "dbn", "layers", 0, "parameters", "visible"), "gaussian"),
    ],
)
def test_a_description_that_fits_no_model_is_refused(tmp_path, tiny, keys, value):
    header, about, data = split(tiny)
    at(*keys)(about, value)
    (tmp_path / "m").write_bytes(joined(header, about, data))
    refused(tmp_path / "m")


def test_the_unchanged_parts_put_together_again_are_a_model(tmp_path, tiny):
    (tmp_path / "m").write_bytes(joined(*split(tiny)))
    assert isinstance(load(tmp_path / "m"), DBNClassifier)


def test_a_newer_format_says_update(tmp_path, tiny):
    header, _, data = split(tiny)
    (tmp_path / "m").write_bytes(joined(header, {"format_version": 2, "new": 1}, data))
    refused(tmp_path / "m", "update deepbelief")


def test_a_file_never_chooses_the_device(tmp_path, tiny):
    header, about, data = split(tiny)
    about["estimator"]["parameters"]["device"] = "cuda"
    (tmp_path / "m").write_bytes(joined(header, about, data))
    assert load(tmp_path / "m").device == "numpy"


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"format_version": NaN}', '{"a": 1e999}', '{"a": 1, "a": 1}', "{", "9" * 5000, "[]", "null"],
)
def test_json_that_is_not_strict_is_refused(tmp_path, tiny, text):
    header, _, data = split(tiny)
    (tmp_path / "inner").write_bytes(joined(header, text, data))
    refused(tmp_path / "inner")
    (tmp_path / "outer").write_bytes(joined(text.encode(), None, data))
    refused(tmp_path / "outer")


def test_deeply_nested_settings_are_refused(tmp_path, tiny):
    nest = "[" * 700 + "]" * 700
    for name in ("momentum", "hidden_layer_sizes"):
        header, about, data = split(tiny)
        about["estimator"]["parameters"][name] = "HERE"
        text = json.dumps(about).replace('"HERE"', nest)
        (tmp_path / "m").write_bytes(joined(header, text, data))
        refused(tmp_path / "m")


def test_tensors_that_do_not_fit_are_refused(tmp_path, tiny):
    path = tmp_path / "m"
    name = "network.0.weights"
    for change, word in [
        ({"shape": [4, 1]}, "shape"),
        ({"shape": [4]}, "shape"),
        ({"shape": [2, 2, 1]}, "counts"),
        ({"shape": [True, 4]}, "counts"),
        ({"shape": [-2, -2]}, "counts"),
        ({"shape": [2**62, 2**62]}, "bytes"),
        ({"dtype": "I32"}, "floats"),
        ({"dtype": ["F32"]}, "floats"),
        ({"dtype": "F64"}, "bytes"),
        ({"data_offsets": [0, 8, 16]}, "counts"),
        ({"data_offsets": [0.0, 16.0]}, "counts"),
        ({"data_offsets": [4, 20]}, "overlap"),
        ({"more": 1}, "no known way"),
    ]:
        header, about, data = split(tiny)
        header[name] |= change
        path.write_bytes(joined(header, about, data))
        refused(path, name if word != "overlap" else "", word)


def test_the_names_of_the_tensors_must_be_the_models(tmp_path, tiny):
    header, about, data = split(tiny)
    header["network.9.weights\n"] = header.pop("network.0.weights")
    (tmp_path / "m").write_bytes(joined(header, about, data))
    refused(tmp_path / "m", "lacks", "network.0.weights")
    header, about, data = split(tiny)
    header["extra\n"] = {"dtype": "F32", "shape": [0], "data_offsets": [len(data), len(data)]}
    (tmp_path / "m").write_bytes(joined(header, about, data))
    refused(tmp_path / "m", "extra")


def test_overlaps_gaps_and_duplicates_are_refused(tmp_path, tiny):
    path = tmp_path / "m"
    header, about, data = split(tiny)
    header["network.0.weights"]["data_offsets"] = header["layers.0.weights"]["data_offsets"]
    path.write_bytes(joined(header, about, data))
    refused(path, "overlap")
    twice = joined(*split(tiny))[8 : -len(data)].replace(b'"network.0.bias"', b'"layers.0.weights"')
    path.write_bytes(joined(twice, None, data))
    refused(path, "twice")


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(tmp_path, tiny, number):
    header, about, data = split(tiny)
    for name in ("network.0.weights", "layers.0.chains", "layers.0.visible.bias"):
        _, end = header[name]["data_offsets"]
        dtype = {"F32": np.float32, "F64": np.float64}[header[name]["dtype"]]
        last = np.array([number], dtype).tobytes()
        (tmp_path / "m").write_bytes(joined(header, about, data[: end - len(last)] + last + data[end:]))
        refused(tmp_path / "m", "NaN or infinity", name)


def test_a_header_that_claims_too_much_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "m"
    path.write_bytes((2**63).to_bytes(8, "little") + b"{}")
    refused(path, "cut short")
    with open(path, "wb") as file:
        file.write((2**31).to_bytes(8, "little"))
        file.truncate(2**31 + 100)  # sparse: takes no room
    tracemalloc.start()
    refused(path, "header")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20
