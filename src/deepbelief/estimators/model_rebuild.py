"""From JSON and tensors back to a fitted estimator, trusting nothing: every value is checked before it is used."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbelief.annotations import JsonObject
from deepbelief.core.activations import ACTIVATIONS
from deepbelief.core.progress import Entry
from deepbelief.core.units import UNITS
from deepbelief.estimators.class_answers import tell_classes
from deepbelief.estimators.classifier import DBNClassifier
from deepbelief.estimators.dbn import DBN
from deepbelief.estimators.features import Coding, Feature
from deepbelief.estimators.inputs import UNIT_NUMBERS, VisibleInputMixin, dtypes_of, give_input, share_input
from deepbelief.estimators.intervals import Calibration
from deepbelief.estimators.machines import machine_of, parameter_attribute
from deepbelief.estimators.model_description import CHOSEN, sizes_of
from deepbelief.estimators.rbm import RBM
from deepbelief.estimators.recipes import gibbs_steps
from deepbelief.estimators.regressor import DBNRegressor
from deepbelief.estimators.scaling import Scaling
from deepbelief.estimators.tables import CATEGORICAL, MIXED
from deepbelief.estimators.tensor_file import TensorReader
from deepbelief.estimators.untrusted_json import Refused, entries, is_count, is_text, require

if TYPE_CHECKING:
    from deepbelief.estimators.model_file import Estimator

NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64")
INPUT = (
    "dtype",
    "n_features",
    "feature_names",
    "visible",
    "standardised",
    "limited",
    "data_min",
    "data_range",
    "features",
    "chosen",
    "history",
)
NETWORK_KEYS = ("activation", "n_networks", "dbn")


def rebuild(kind: type, described: object, reader: TensorReader) -> "Estimator":
    """Return the estimator that was described; a description that fits no model is Refused.

    Parameters
    ----------
    kind : type
        The class of the estimator.
    described : object
        What the file says, as parsed from JSON.
    reader : TensorReader

    Returns
    -------
    estimator
        Fitted.

    Raises
    ------
    Refused
        If the description fits no model.
    """
    return _BY_KIND[kind](described, reader)


def upgraded(described: object) -> object:
    """Return the description that a file of the first format has, as one of the second, which says more.

    Parameters
    ----------
    described : object
        As parsed from JSON.

    Returns
    -------
    object
    """
    if not isinstance(described, dict):
        return described
    layers = described.get("layers")
    settings = described.get("parameters")
    if settings is None and isinstance(layers, list) and layers and isinstance(layers[0], dict):
        settings = layers[0].get("parameters")  # of an RBM
    visible = settings.get("visible", "bernoulli") if isinstance(settings, dict) else None
    more: JsonObject = {"visible": visible, "standardised": False, "chosen": {}}
    if isinstance(layers, list):
        more["layers"] = [{**layer, "chosen": {}} if isinstance(layer, dict) else layer for layer in layers]
    if "dbn" in described:
        more["dbn"] = upgraded(described["dbn"])
    return described | more


def _rbm(described: object, reader: TensorReader) -> RBM:
    *learned, layers = entries(_complete(described), "the RBM", *INPUT, "layers")
    require(isinstance(layers, list) and len(layers) == 1, "layers")
    return _machine(layers[0], "layers.0", reader, lambda rbm: _with_input(rbm, learned, reader))


def _dbn(described: object, reader: TensorReader, prefix: str = "") -> DBN:
    *learned, parameters, layers = entries(_complete(described), "the DBN", *INPUT, "parameters", "layers")
    require(isinstance(layers, list) and len(layers) > 0, "layers")
    dbn = _with_input(_blank(DBN, parameters), learned, reader, prefix)
    dbn.rbms_ = []
    for index, layer in enumerate(layers):
        rbm = _machine(layer, f"layers.{index}", reader, partial(_below, dbn))
        rbm.history_ = [entry for entry in dbn.history_ if entry["layer"] == index]
        rbm.optimizer_ = dbn.optimizer
        dbn.rbms_.append(rbm)
    if all(hasattr(rbm, "learning_rate_") for rbm in dbn.rbms_):
        dbn.learning_rate_ = tuple(rbm.learning_rate_ for rbm in dbn.rbms_)
    return dbn


def _classifier(described: object, reader: TensorReader) -> DBNClassifier:
    keys = (*INPUT, "parameters", "classes", "multilabel", *NETWORK_KEYS)
    described = {"multilabel": False} | described if isinstance(described, dict) else described  # earlier versions
    *learned, parameters, classes, multilabel, activation, n_networks, net = entries(
        _complete(described), "the DBNClassifier", *keys
    )
    require(type(multilabel) is bool, "multilabel")
    classifier = _with_input(_blank(DBNClassifier, parameters), learned, reader)
    classifier.classes_, classifier.multilabel_ = _array_of_classes(classes), multilabel
    _give_network(classifier, activation, n_networks, net, reader)
    tell_classes(classifier)
    return classifier


def _regressor(described: object, reader: TensorReader) -> DBNRegressor:
    keys = (*INPUT, "parameters", "n_targets", "n_calibration", *NETWORK_KEYS)
    *learned, parameters, n_targets, n_rows, activation, n_networks, net = entries(
        _complete(described), "the DBNRegressor", *keys
    )
    require(n_targets is None or is_count(n_targets, 1), "n_targets")
    require(n_rows is None or is_count(n_rows, 0), "n_calibration")
    regressor = _with_input(_blank(DBNRegressor, parameters), learned, reader)
    regressor.loss_ = regressor.loss
    n_numbers, shape = n_targets or 1, () if n_targets is None else (n_targets,)
    regressor.target_mean_ = reader.take("target.mean", (n_numbers,)).reshape(shape)
    regressor.target_scale_ = reader.take("target.scale", (n_numbers,)).reshape(shape)
    require(bool((regressor.target_scale_ > 0).all()), "target.scale")
    if n_rows is not None:
        scores, weights = (
            reader.take("calibration.scores", (n_rows, n_numbers)),
            reader.take("calibration.weights", (n_rows,)),
        )
        require(bool((scores >= 0).all() and (weights > 0).all()), "calibration")
        regressor.calibration_ = Calibration(scores, weights)
    _give_network(regressor, activation, n_networks, net, reader)
    return regressor


def _give_network(
    estimator: DBNClassifier | DBNRegressor, activation: Any, n_networks: Any, net: object, reader: TensorReader
) -> None:
    """Give an estimator, which knows what it predicts, its net and its network."""
    require(isinstance(activation, str) and activation in ACTIVATIONS, "activation")
    require(is_count(n_networks, 1), "n_networks")
    estimator.n_networks_ = n_networks
    estimator.activation_, estimator.finetune_optimizer_ = activation, estimator.finetune_optimizer
    estimator.dbn_ = _dbn(net, reader, "dbn.")
    require(estimator.dbn_.n_features_in_ == estimator.n_features_in_, "n_features")
    require(estimator.dbn_.visible_ == estimator.visible_, "visible")
    sizes = [estimator.n_visible_, *(n_networks * rbm.components_.shape[0] for rbm in estimator.dbn_.rbms_)]
    sizes.append(estimator.n_outputs_)
    places = range(len(sizes) - 1)
    estimator.coefs_ = [reader.take(f"network.{i}.weights", (sizes[i], sizes[i + 1])) for i in places]
    estimator.intercepts_ = [reader.take(f"network.{i}.bias", (sizes[i + 1],)) for i in places]
    estimator.top_biases_ = estimator.intercepts_[-1][None]
    if n_networks > 1:
        estimator.top_biases_ = reader.take("network.top_biases", (n_networks, sizes[-1]))


def _below(dbn: DBN, rbm: RBM) -> None:
    """Give a machine what DBN does after training: the scale of the data belongs to the lowest, and so on."""
    if not dbn.rbms_:
        share_input(dbn, rbm)
        return
    n_features = dbn.rbms_[-1].components_.shape[0]
    give_input(rbm, dtypes=dtypes_of(dbn), visible="bernoulli", n_features=n_features, scaling=Scaling())


def _machine(described: object, prefix: str, reader: TensorReader, with_input: Callable[[RBM], object]) -> RBM:
    keys = "parameters", "n_hidden", "n_chains", "chosen"
    parameters, n_hidden, n_chains, chosen = entries(described, prefix, *keys)
    require(is_count(n_hidden, 1), "n_hidden")
    require(is_count(n_chains, 0), "n_chains")
    rbm = _blank(RBM, parameters)
    with_input(rbm)
    rbm.hidden_, rbm.optimizer_ = rbm.hidden, rbm.optimizer
    _choose(rbm, chosen)
    machine, n_visible = machine_of(rbm), rbm.n_visible_
    rbm.components_ = reader.take(f"{prefix}.weights", (n_visible, n_hidden)).T
    for side, units, n_units in ("visible", machine.visible, n_visible), ("hidden", machine.hidden, n_hidden):
        for name in units.parameter_names:
            setattr(rbm, parameter_attribute(name, side), reader.take(f"{prefix}.{side}.{name}", (n_units,)))
    if n_chains:
        rbm.h_samples_ = reader.take(f"{prefix}.chains", (n_chains, n_hidden))
    return rbm


def _choose(estimator: VisibleInputMixin, chosen: Any) -> None:
    """Give an estimator what its fit has chosen: rates, penalties, passes, and what its units follow from."""
    require(isinstance(chosen, dict) and set(chosen) <= set(CHOSEN[type(estimator)]), "chosen")
    number = f"data_{UNITS[estimator.visible_].number}_" if estimator.visible_ in UNITS else ""
    for name in UNIT_NUMBERS:
        require((name in chosen) == (name == number and not hasattr(estimator, "features_")), name)
    for name, value in chosen.items():
        is_number = type(value) is float and math.isfinite(value)
        if name in UNIT_NUMBERS:
            require(is_number and _is_sum(value), name)
        elif name.endswith("rate_"):
            require(is_number and value > 0, name)
        else:
            require(is_number and value >= 0 if name.endswith("decay_") else is_count(value, 0), name)
        setattr(estimator, name, value)


def _blank(kind: type, parameters: Any) -> Any:
    """Return an estimator that is not fitted; settings that a later version added may be missing."""
    require(isinstance(parameters, dict) and set(parameters) <= set(kind().get_params(deep=False)), "parameters")
    settings = parameters | {"device": "numpy", "precision": "highest"}
    if "hidden_layer_sizes" in settings:
        require(isinstance(settings["hidden_layer_sizes"], list), "hidden_layer_sizes")
        settings["hidden_layer_sizes"] = sizes_of(settings["hidden_layer_sizes"])
    if isinstance(settings.get("n_gibbs_steps"), list):
        settings["n_gibbs_steps"] = tuple(settings["n_gibbs_steps"])
    require(settings.get("dbn") is None, "dbn")
    estimator = kind(**settings)
    try:
        estimator._validate_params()
        gibbs_steps(estimator.n_gibbs_steps)
    except (ValueError, TypeError, RecursionError):  # the last from showing a list in lists in lists
        raise Refused("holds settings that no estimator can have") from None
    return estimator


def _with_input(estimator: Any, described: list[Any], reader: TensorReader, prefix: str = "") -> Any:
    """Give an estimator what it learned about its data, what it chose, and its history."""
    dtype, n_features, names, visible, standardised, limited, low, span, features, chosen, history = described
    require(dtype in ("float32", "float64"), "dtype")
    require(is_count(n_features, 1), "n_features")
    require(all(type(number) is float and math.isfinite(number) for number in (low, span)), "data_min or data_range")
    require(span > 0 and math.isfinite(low + span), "data_range")
    require(isinstance(visible, str) and (visible in UNITS or visible == MIXED), "visible")
    require((features is not None) == (visible in (MIXED, CATEGORICAL)), "features")
    require(type(standardised) is bool and not (standardised and features), "standardised")
    require(type(limited) is bool and standardised >= limited, "limited")
    scaling: Scaling | Coding = Scaling(low, span)
    if standardised:
        mean, scale = (reader.take(f"{prefix}data.{name}", (n_features,)) for name in ("mean", "scale"))
        require(bool((scale >= 0).all()) and mean.dtype == scale.dtype and mean.dtype.kind == "f", "data_scale")
        scaling = Scaling(mean, scale, _limits(reader, prefix, n_features) if limited else None)
    if features is not None:
        require(isinstance(features, list) and len(features) == n_features, "features")
        scaling = Coding(tuple(map(_feature, features)))
    # Earlier versions wrote the dtype of the parameters, even where that of standardised data was another one.
    dtypes = reader.dtype_of("layers.0.weights"), mean.dtype.type if standardised else np.dtype(dtype).type
    give_input(estimator, dtypes=dtypes, visible=visible, n_features=n_features, scaling=scaling)
    if not isinstance(estimator, RBM):  # whose layer has said so
        _choose(estimator, chosen)
    if names is not None:
        require(isinstance(names, list) and len(names) == n_features and all(map(is_text, names)), "feature_names")
        estimator.feature_names_in_ = np.array(names, dtype=object)
    require(isinstance(history, list) and all(map(_is_pass, history)), "history")
    estimator.history_ = list(_with_steps(history))
    return estimator


def _limits(reader: TensorReader, prefix: str, n_features: int) -> np.ndarray:
    """Return how far from 0 units see each feature at most. In the file, 0 stands for no limit."""
    limits = reader.take(f"{prefix}data.limit", (n_features,))
    require(bool((limits >= 0).all()) and limits.dtype.kind == "f", "data_limit")
    return np.where(limits > 0, limits, np.inf).astype(limits.dtype)


def _complete(described: object) -> Any:
    """Return a description with what files of earlier versions do not say."""
    if not isinstance(described, dict):
        return described
    network = {"activation": "logistic", "n_networks": 1} if "dbn" in described else {}
    return {"features": None, "limited": False} | network | described


def _feature(described: object) -> Feature:
    described = {"limit": None} | described if isinstance(described, dict) else described  # earlier versions
    keys = ("type", "categories", "shift", "scale", "limit", "number")
    kind, categories, shift, scale, limit, number = entries(described, "a feature", *keys)
    require(isinstance(kind, str) and kind in UNITS and kind != "replicated-softmax", "type")
    require(type(shift) is float and type(scale) is float and math.isfinite(shift + scale) and scale >= 0, "scale")
    require(limit is None or (type(limit) is float and 0 < limit < math.inf), "limit")
    farthest = math.inf if limit is None else limit
    needs_number = bool(UNITS[kind].number) and kind != CATEGORICAL
    require((number is not None) == needs_number, "number")
    require(number is None or (type(number) is float and _is_sum(number)), "number")
    require((categories is not None) or kind != CATEGORICAL, "categories")
    if categories is None:
        return Feature(kind, None, shift, scale, farthest, number)
    require(kind in (CATEGORICAL, "bernoulli") and isinstance(categories, list) and len(categories) > 0, "categories")
    require(kind == CATEGORICAL or len(categories) == 2, "categories")
    are_words = all(map(is_text, categories))
    require(are_words or all(isinstance(value, int | float) for value in categories), "categories")
    require(all(a < b for a, b in pairwise(categories)), "categories")
    return Feature(kind, tuple(categories), shift, scale, farthest, number)


def _is_sum(number: float) -> bool:
    """Tell whether a number of trials, words or categories can be one: data have none whose square is too large."""
    return number >= 0 and math.isfinite(number * number)


def _with_steps(history: list[Entry]) -> Iterator[Entry]:
    """Name the steps in every entry: a file names them where they change. Passes of the first versions have no name."""
    steps = ""
    for entry in history:
        steps = entry.get("steps", steps)
        yield {**entry, "steps": steps} if steps else entry


def _array_of_classes(described: object) -> np.ndarray:
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


def _is_pass(entry: object) -> bool:
    """Tell whether an entry of the history says which pass it is about, and has nothing in it but scalars."""
    if not isinstance(entry, dict) or not isinstance(entry.get("phase"), str):
        return False
    counted = all(is_count(({"network": 0} | entry).get(key), 0) for key in ("layer", "network", "epoch", "n_epochs"))
    return counted and all(value is None or isinstance(value, str | int | float) for value in entry.values())


_BY_KIND: dict[type, Any] = {RBM: _rbm, DBN: _dbn, DBNClassifier: _classifier, DBNRegressor: _regressor}
