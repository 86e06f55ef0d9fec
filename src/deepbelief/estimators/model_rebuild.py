"""From JSON and tensors back to a fitted estimator, trusting nothing: every value is checked before it is used."""

import math
from typing import Any

import numpy as np

from deepbelief.estimators.classifier import DBNClassifier
from deepbelief.estimators.dbn import DBN
from deepbelief.estimators.model_description import sizes_of
from deepbelief.estimators.rbm import RBM
from deepbelief.estimators.tensor_file import Refused, TensorReader, entries, is_count, is_text, require

NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64")
INPUT = ("dtype", "n_features", "feature_names", "data_min", "data_range", "history")


def rebuild(kind: type, described: Any, reader: TensorReader) -> Any:
    """Return the estimator that was described; a description that fits no model is Refused."""
    return _BY_KIND[kind](described, reader)


def _rbm(described: Any, reader: TensorReader) -> RBM:
    *learned, layers = entries(described, "the RBM", *INPUT, "layers")
    require(isinstance(layers, list) and len(layers) == 1, "layers")
    require(is_count(described["n_features"], 1), "n_features")
    return _with_input(_machine(layers[0], described["n_features"], "layers.0", reader), learned)


def _dbn(described: Any, reader: TensorReader) -> DBN:
    *learned, parameters, layers = entries(described, "the DBN", *INPUT, "parameters", "layers")
    require(isinstance(layers, list) and len(layers) > 0, "layers")
    dbn = _with_input(_blank(DBN, parameters), learned)
    dbn.rbms_, n_features = [], dbn.n_features_in_
    for index, layer in enumerate(layers):
        rbm = _machine(layer, n_features, f"layers.{index}", reader)
        # What DBN gives its machines after training: the data's scale belongs to the lowest, and so on.
        rbm.history_ = [entry for entry in dbn.history_ if entry["layer"] == index]
        rbm._dtype, rbm.n_features_in_ = dbn._dtype, n_features
        rbm.data_min_, rbm.data_range_ = (dbn.data_min_, dbn.data_range_) if index == 0 else (0.0, 1.0)
        dbn.rbms_.append(rbm)
        n_features = rbm._n_features_out
    require(dbn.rbms_[0].visible == dbn.visible, "visible")
    dbn._n_features_out = n_features
    return dbn


def _classifier(described: Any, reader: TensorReader) -> DBNClassifier:
    keys = (*INPUT, "parameters", "classes", "dbn")
    *learned, parameters, classes, net = entries(described, "the DBNClassifier", *keys)
    classifier = _with_input(_blank(DBNClassifier, parameters), learned)
    classifier.classes_, classifier.dbn_ = _array_of_classes(classes), _dbn(net, reader)
    require(classifier.dbn_.n_features_in_ == classifier.n_features_in_, "n_features")
    sizes = [classifier.n_features_in_, *(rbm._n_features_out for rbm in classifier.dbn_.rbms_)]
    sizes.append(len(classifier.classes_))
    places = range(len(sizes) - 1)
    classifier.coefs_ = [reader.take(f"network.{i}.weights", (sizes[i], sizes[i + 1])) for i in places]
    classifier.intercepts_ = [reader.take(f"network.{i}.bias", (sizes[i + 1],)) for i in places]
    return classifier


def _machine(described: Any, n_visible: int, prefix: str, reader: TensorReader) -> RBM:
    parameters, n_hidden, n_chains = entries(described, prefix, "parameters", "n_hidden", "n_chains")
    require(is_count(n_hidden, 1), "n_hidden")
    require(is_count(n_chains, 0), "n_chains")
    rbm = _blank(RBM, parameters)
    rbm.components_ = reader.take(f"{prefix}.weights", (n_visible, n_hidden)).T
    for side, n_units in ("visible", n_visible), ("hidden", n_hidden):
        setattr(rbm, f"intercept_{side}_", reader.take(f"{prefix}.{side}.bias", (n_units,)))
        if getattr(rbm, side) == "gaussian-learned-variance":
            setattr(rbm, f"log_precision_{side}_", reader.take(f"{prefix}.{side}.log_precision", (n_units,)))
    if n_chains:
        rbm.h_samples_ = reader.take(f"{prefix}.chains", (n_chains, n_hidden))
    rbm._n_features_out = n_hidden
    return rbm


def _blank(kind: type, parameters: Any) -> Any:
    """Return an estimator that is not fitted; settings that a later version added may be missing."""
    require(isinstance(parameters, dict) and set(parameters) <= set(kind().get_params(deep=False)), "parameters")
    settings = parameters | {"device": "numpy", "precision": "highest"}
    if "hidden_layer_sizes" in settings:
        require(isinstance(settings["hidden_layer_sizes"], list), "hidden_layer_sizes")
        settings["hidden_layer_sizes"] = sizes_of(settings["hidden_layer_sizes"])
    require(settings.get("dbn") is None, "dbn")
    estimator = kind(**settings)
    try:
        estimator._validate_params()
    except (ValueError, TypeError, RecursionError):  # the last from showing a list in lists in lists
        raise Refused("holds settings that no estimator can have") from None
    return estimator


def _with_input(estimator: Any, described: list[Any]) -> Any:
    """Give an estimator what it learned about its data, and its history."""
    dtype, n_features, names, low, span, history = described
    require(dtype in ("float32", "float64"), "dtype")
    require(is_count(n_features, 1), "n_features")
    require(all(type(number) is float and math.isfinite(number) for number in (low, span)), "data_min or data_range")
    require(span > 0 and math.isfinite(low + span), "data_range")
    estimator._dtype = np.dtype(dtype).type
    estimator.n_features_in_, estimator.data_min_, estimator.data_range_ = n_features, low, span
    if names is not None:
        require(isinstance(names, list) and len(names) == n_features and all(map(is_text, names)), "feature_names")
        estimator.feature_names_in_ = np.array(names, dtype=object)
    require(isinstance(history, list) and all(map(_is_pass, history)), "history")
    estimator.history_ = history
    return estimator


def _array_of_classes(described: Any) -> np.ndarray:
    dtype, values = entries(described, "the classes", "dtype", "values")
    require(isinstance(dtype, str) and isinstance(values, list) and len(values) > 1, "classes")
    if dtype in ("str", "object"):
        fits = all(map(is_text, values))
    elif dtype == "bool":
        fits = all(type(value) is bool for value in values)
    else:
        fits = dtype in NUMBERS and all(type(value) is (float if "float" in dtype else int) for value in values)
    require(fits, "classes")
    try:
        classes = np.array(values, dtype=dtype)
    except OverflowError:
        raise Refused("holds classes that its integers cannot hold") from None
    # A label is found by bisection, so the order matters; values that the dtype rounds would no longer be themselves.
    require(classes.tolist() == values and np.array_equal(np.unique(classes), classes), "classes")
    return classes


def _is_pass(entry: Any) -> bool:
    """Tell whether an entry of the history says which pass it is about, and has nothing in it but scalars."""
    if not isinstance(entry, dict) or not isinstance(entry.get("phase"), str):
        return False
    counted = all(is_count(entry.get(key), 0) for key in ("layer", "epoch", "n_epochs"))
    return counted and all(value is None or isinstance(value, str | int | float) for value in entry.values())


_BY_KIND: dict[type, Any] = {RBM: _rbm, DBN: _dbn, DBNClassifier: _classifier}
