"""Model files: nothing else is taken for a model; anything else is refused in one sentence."""

import hashlib
import json
import os
import pickle
import tracemalloc

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from deepbelief import RBM, DBNClassifier, ModelError
from deepbelief.datasets import row_hashes
from deepbelief.estimators.learned_rows import LearnedRows
from deepbelief.estimators.model_file import load, save
from estimators.saved_models import X, Y, classifier


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
    save(net, path, image_shape=(1, 2), learned_from=LearnedRows.of(row_hashes(X[:, :2])))
    return path.read_bytes()


def split(payload):
    """Return the header as JSON, the description in it as JSON, and the data section."""
    end = 8 + int.from_bytes(payload[:8], "little")
    header = json.loads(payload[8:end])
    return header, json.loads(header["__metadata__"]["deepbelief"]), payload[end:]


def joined(header, about, data):
    if isinstance(about, dict) and len(str(about.get("sha256"))) == 64:  # else a test has put something else there
        about = about | {"sha256": hashlib.sha256(data).hexdigest()}
    if about is not None:
        header = header | {"__metadata__": {"deepbelief": about if isinstance(about, str) else json.dumps(about)}}
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


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
        (("learned_from",), None),
        (("learned_from",), "abc"),
        (("learned_from",), [40, 40]),
        (("learned_from",), {}),
        (("learned_from",), {"n_distinct": 40, "n_hashes": 40, "more": 1}),
        (("learned_from", "n_hashes"), 0),
        (("learned_from", "n_hashes"), 39),
        (("learned_from", "n_hashes"), 2**40),
        (("learned_from", "n_hashes"), 40.0),
        (("learned_from", "n_hashes"), True),
        (("learned_from", "n_distinct"), 39),
        (("learned_from", "n_distinct"), -1),
        (("learned_from", "n_distinct"), 2**63),
        (("learned_from", "n_distinct"), None),
        (("data_fingerprint",), "abc"),
        (("unknown",), 1),
        (("sha256",), None),
        (("sha256",), ""),
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
        (("estimator", "visible"), "gaussian-learned-variance"),
        (("estimator", "visible"), "auto"),
        (("estimator", "standardised"), 1),
        (("estimator", "standardised"), True),
        (("estimator", "limited"), True),
        (("estimator", "limited"), 0),
        (("estimator", "chosen"), {"learning_rate_": -1.0}),
        (("estimator", "chosen"), {"n_iter_": -1}),
        (("estimator", "chosen"), {"coefs_": 1.0}),
        (("estimator", "dbn", "layers", 0, "chosen"), None),
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
    (tmp_path / "m").write_bytes(joined(header, {"format_version": 3, "new": 1}, data))
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
        ({"dtype": "I32"}, "type"),
        ({"dtype": ["F32"]}, "type"),
        ({"dtype": "F64"}, "bytes"),
        ({"dtype": "U64", "shape": [2, 1]}, "shape"),
        ({"data_offsets": [0, 8, 16]}, "counts"),
        ({"data_offsets": [0.0, 16.0]}, "counts"),
        ({"data_offsets": [4, 20]}, "overlap"),
        ({"more": 1}, "no known way"),
    ]:
        header, about, data = split(tiny)
        header[name] |= change
        path.write_bytes(joined(header, about, data))
        refused(path, name if word != "overlap" else "", word)


def test_weights_are_floats_and_hashes_are_none(tmp_path, tiny):
    for name, kind in ("learned_from", "F64"), ("network.0.weights", "U64"):
        header, about, data = split(tiny)
        entry = header[name]
        n_bytes = entry["data_offsets"][1] - entry["data_offsets"][0]
        if name == "network.0.weights":  # as many bytes in the same shape, or the shape would be what is wrong
            at = entry["data_offsets"][1]
            data = data[:at] + bytes(n_bytes) + data[at:]
            for other in header.values():
                if "data_offsets" in other:
                    other["data_offsets"] = [n + n_bytes * (n >= at) for n in other["data_offsets"]]
        entry["dtype"] = kind
        (tmp_path / "m").write_bytes(joined(header, about, data))
        refused(tmp_path / "m", name, "type that it cannot have")


@pytest.mark.parametrize("order", [[1, 0, 2], [0, 0, 2], [0, 2, 1], [2, 2, 2]])
def test_hashes_that_do_not_ascend_are_refused(tmp_path, tiny, order):
    header, about, data = split(tiny)
    begin, _ = header["learned_from"]["data_offsets"]
    first = [data[begin + 8 * place : begin + 8 * place + 8] for place in range(3)]
    data = data[:begin] + b"".join(first[place] for place in order) + data[begin + 24 :]
    (tmp_path / "m").write_bytes(joined(header, about, data))
    refused(tmp_path / "m", "learned_from")


def test_the_first_format_has_no_hashes_of_rows(tmp_path, tiny):
    header, about, data = split(tiny)
    (tmp_path / "m").write_bytes(joined(header, about | {"format_version": 1}, data))
    refused(tmp_path / "m", "does not describe the file")


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


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """The bytes of a model file in which one of two features has a limit."""
    rows, path = np.random.default_rng(0).normal(size=(50, 2)), tmp_path_factory.mktemp("limited") / "model"
    rows[0, 1] = 1e5
    with pytest.warns(UserWarning, match="lies far from the others"):
        save(RBM(3, n_iter=1).fit(rows), path)
    return path.read_bytes()


@pytest.mark.parametrize("limit", [-4.0, np.nan, np.inf])
def test_limits_that_are_none_are_refused(tmp_path, limited, limit):
    header, about, data = split(limited)
    first, end = header["data.limit"]["data_offsets"]
    assert np.frombuffer(data[first:end], np.float64).tolist() == [0.0, 4.0]  # 0 stands for no limit
    wrong = np.array([0.0, limit]).tobytes()
    (tmp_path / "m").write_bytes(joined(header, about, data[:first] + wrong + data[end:]))
    refused(tmp_path / "m")


def test_files_of_earlier_versions_speak_of_no_limits(tmp_path, tiny):
    header, about, data = split(tiny)
    assert about["estimator"].pop("limited") is False
    del about["estimator"]["dbn"]["limited"]
    (tmp_path / "m").write_bytes(joined(header, about, data))
    assert not hasattr(load(tmp_path / "m"), "data_limit_")


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
