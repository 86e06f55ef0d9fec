"""A fitted estimator as one file: its arrays as tensors, everything else as JSON, nothing that could run.

The file holds what is needed to transform, predict, sample and learn on. It does not hold the momentum of training
(that is for checkpoints), nor where the stream of `gibbs` and `sample` had got to: a loaded estimator draws from the
beginning of its `random_state`. Everything a file says is checked while the estimator is rebuilt from it; `save`
rebuilds from its own bytes before they replace a file, so that what was saved can be loaded.
"""

import io
import json
import math
import os
from numbers import Integral
from typing import Any

import numpy as np
import sklearn
from sklearn.utils.validation import check_is_fitted

from deepbelief.errors import ModelError
from deepbelief.estimators.classifier import DBNClassifier
from deepbelief.estimators.dbn import DBN, layer_sizes
from deepbelief.estimators.rbm import RBM
from deepbelief.estimators.tensor_file import (
    Refused,
    TensorReader,
    entries,
    is_count,
    is_text,
    opened,
    packed,
    quoted,
    require,
    strict_json,
    write_whole,
)

FORMAT_VERSION = 1
KEY = "deepbelief"  # of the only entry in the container's metadata
LEARNED = {RBM: "components_", DBN: "rbms_", DBNClassifier: "coefs_"}  # what tells that training is done
KINDS: dict[str, type] = {kind.__name__: kind for kind in LEARNED}
NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64")
CHANGED = "fit it again, then save it"

Estimator = RBM | DBN | DBNClassifier


def save(
    estimator: Estimator,
    path: str | os.PathLike[str],
    *,
    image_shape: tuple[int, int] | None = None,
    data_fingerprint: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write a fitted estimator to a file.

    Parameters
    ----------
    estimator : RBM, DBN or DBNClassifier
        Fitted.
    path : path-like
        The file is written whole or not at all.
    image_shape : (int, int), optional
        Height and width, where each row of the data is an image.
    data_fingerprint : str, optional
        Of the data it was trained on.
    overwrite : bool, default=False
        Replace an existing file.

    Raises
    ------
    ModelError
        If the file exists, cannot be written, or the estimator's attributes do not fit together.
    NotFittedError
    TypeError
        If it is another kind of estimator.
    """
    if type(estimator) not in LEARNED:
        raise TypeError(f"Only {', '.join(KINDS)} can be saved; got {type(estimator).__name__}.")
    check_is_fitted(estimator, LEARNED[type(estimator)])
    if not overwrite and os.path.lexists(path):
        raise ModelError(f"{_shown(path)} already exists; choose another name, or ask to overwrite it.")
    try:
        tensors: dict[str, np.ndarray] = {}
        about = {
            "format_version": FORMAT_VERSION,
            "class": type(estimator).__name__,
            "versions": _versions(),
            "image_shape": None if image_shape is None else [_plain(n) for n in image_shape],
            "data_fingerprint": data_fingerprint,
            "estimator": _described(estimator, tensors),
        }
        payload = packed(tensors, {KEY: json.dumps(about, allow_nan=False)})
        _rebuilt(TensorReader(io.BytesIO(payload), len(payload)))
    except Refused as refused:
        name = type(estimator).__name__
        raise ModelError(f"{_shown(path)} was not written: a file of this {name} {refused}; {CHANGED}.") from None
    try:
        write_whole(path, payload)
    except Refused as refused:
        raise ModelError(f"{_shown(path)} {refused}; {refused.remedy}.") from None


def load(path: str | os.PathLike[str]) -> Estimator:
    """Read an estimator from a file that `save` wrote.

    Parameters
    ----------
    path : path-like
        Need not be trusted: no code in it is run, and no more memory is taken than about twice its size.

    Returns
    -------
    RBM, DBN or DBNClassifier
        On the device ``"numpy"``, with an attribute ``metadata_``: a dict with ``format_version``, ``versions``,
        ``image_shape`` and ``data_fingerprint``.

    Raises
    ------
    ModelError
        If there is no such file or anything in it is not as `save` writes it.
    """
    try:
        with opened(path) as reader:
            return _rebuilt(reader)
    except Refused as refused:
        raise ModelError(f"{_shown(path)} {refused}; {refused.remedy}.") from None


def _shown(path: Any) -> str:
    text = os.fsdecode(path)
    return text if text.isprintable() else repr(text)


# --- from an estimator to JSON and tensors ----------------------------------------------------------------------------


def _described(estimator: Any, tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return what is to be known of an estimator besides its arrays, and put those into `tensors`."""
    described = {
        "dtype": np.dtype(estimator._dtype).name,
        "n_features": int(estimator.n_features_in_),
        "feature_names": [str(name) for name in estimator.feature_names_in_]
        if hasattr(estimator, "feature_names_in_")
        else None,
        "data_min": float(estimator.data_min_),
        "data_range": float(estimator.data_range_),
        "history": [{key: _measured(value) for key, value in entry.items()} for entry in estimator.history_],
    }
    if isinstance(estimator, RBM):
        return described | {"layers": [_layer(estimator, "layers.0", tensors)]}
    described["parameters"] = _parameters(estimator)
    if isinstance(estimator, DBNClassifier):
        for index, (weights, bias) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True)):
            tensors[f"network.{index}.weights"], tensors[f"network.{index}.bias"] = weights, bias
        return described | {"classes": _classes(estimator.classes_), "dbn": _described(estimator.dbn_, tensors)}
    layers = [_layer(rbm, f"layers.{index}", tensors) for index, rbm in enumerate(estimator.rbms_)]
    return described | {"layers": layers}


def _layer(rbm: RBM, prefix: str, tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    tensors[f"{prefix}.weights"] = np.ascontiguousarray(rbm.components_.T)  # as the core wants them
    for side in ("visible", "hidden"):
        tensors[f"{prefix}.{side}.bias"] = getattr(rbm, f"intercept_{side}_")
        if hasattr(rbm, f"log_precision_{side}_"):
            tensors[f"{prefix}.{side}.log_precision"] = getattr(rbm, f"log_precision_{side}_")
    n_chains = 0
    if hasattr(rbm, "h_samples_"):  # not there yet if training was left before its last pass
        tensors[f"{prefix}.chains"], n_chains = rbm.h_samples_, len(rbm.h_samples_)
    return {"parameters": _parameters(rbm), "n_hidden": rbm.components_.shape[0], "n_chains": n_chains}


def _parameters(estimator: Any) -> dict[str, Any]:
    """Return the settings as JSON can hold them: without a generator, a net or a device."""
    settings = estimator.get_params(deep=False) | {"device": "numpy"}
    if not isinstance(settings["random_state"], Integral):
        settings["random_state"] = None
    if "dbn" in settings:
        settings["dbn"] = None
    sizes = settings.pop("hidden_layer_sizes", None)
    settings = {name: _plain(value) for name, value in settings.items()}
    return settings if sizes is None else settings | {"hidden_layer_sizes": list(_sizes(sizes))}


def _classes(classes: np.ndarray) -> dict[str, Any]:
    dtype = "str" if classes.dtype.kind == "U" else classes.dtype.name
    return {"dtype": dtype, "values": [_plain(value) for value in classes]}


def _plain(value: Any) -> Any:
    """Return a scalar as JSON can hold it."""
    value = value.item() if isinstance(value, np.generic) else value
    if not isinstance(value, str | int | float | None) or (isinstance(value, float) and not math.isfinite(value)):
        raise Refused(f"cannot hold {quoted(value)}")
    return value


def _measured(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else _plain(value)


def _versions() -> dict[str, str]:
    from deepbelief import __version__  # not above: the package imports this module while it is being made

    return {"deepbelief": __version__, "numpy": np.__version__, "scikit-learn": sklearn.__version__}


# --- and back, trusting nothing ---------------------------------------------------------------------------------------


def _rebuilt(reader: TensorReader) -> Any:
    if set(reader.metadata) != {KEY}:
        raise Refused("holds no deepbelief model")
    about = strict_json(reader.metadata[KEY])
    version = about.get("format_version") if isinstance(about, dict) else None
    if type(version) is int and version > FORMAT_VERSION:
        raise Refused(f"has format {quoted(version)}, and this deepbelief knows {FORMAT_VERSION}", "update deepbelief")
    keys = "format_version", "class", "versions", "image_shape", "data_fingerprint", "estimator"
    version, kind, versions, image_shape, fingerprint, described = entries(about, "the file", *keys)
    require(version == FORMAT_VERSION and type(version) is int, "format_version")
    require(isinstance(kind, str) and kind in KINDS, "class")
    require(isinstance(versions, dict) and all(is_text(text) for text in versions.values()), "versions")
    require(fingerprint is None or is_text(fingerprint), "data_fingerprint")
    estimator = _ESTIMATORS[KINDS[kind]](described, reader)
    reader.finish()
    if image_shape is not None:
        require(isinstance(image_shape, list) and len(image_shape) == 2, "image_shape")
        require(all(is_count(n, 1) for n in image_shape), "image_shape")
        require(math.prod(image_shape) == estimator.n_features_in_, "image_shape")
        image_shape = tuple(image_shape)
    estimator.metadata_ = {
        "format_version": version,
        "versions": versions,
        "image_shape": image_shape,
        "data_fingerprint": fingerprint,
    }
    return estimator


INPUT = ("dtype", "n_features", "feature_names", "data_min", "data_range", "history")


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


_ESTIMATORS: dict[type, Any] = {RBM: _rbm, DBN: _dbn, DBNClassifier: _classifier}


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
    settings = parameters | {"device": "numpy"}
    if "hidden_layer_sizes" in settings:
        require(isinstance(settings["hidden_layer_sizes"], list), "hidden_layer_sizes")
        settings["hidden_layer_sizes"] = _sizes(settings["hidden_layer_sizes"])
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


def _sizes(setting: Any) -> tuple[int, ...]:
    try:
        return layer_sizes(setting)
    except (ValueError, RecursionError):
        raise Refused("holds a value of hidden_layer_sizes that no model can have") from None


def _is_pass(entry: Any) -> bool:
    """Tell whether an entry of the history says which pass it is about, and has nothing in it but scalars."""
    if not isinstance(entry, dict) or not isinstance(entry.get("phase"), str):
        return False
    counted = all(is_count(entry.get(key), 0) for key in ("layer", "epoch", "n_epochs"))
    return counted and all(value is None or isinstance(value, str | int | float) for value in entry.values())
