"""From a fitted estimator to JSON and tensors: its settings, and what it learned."""

import math
from collections.abc import Iterator
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbelief.annotations import JsonObject
from deepbelief.core.progress import Entry
from deepbelief.estimators.classifier import DBNClassifier
from deepbelief.estimators.dbn import DBN
from deepbelief.estimators.features import Coding, Feature
from deepbelief.estimators.inputs import UNIT_NUMBERS, dtypes_of, scaling_of
from deepbelief.estimators.machines import machine_of, parameter_attribute
from deepbelief.estimators.rbm import RBM
from deepbelief.estimators.regressor import DBNRegressor
from deepbelief.estimators.scaling import Scaling
from deepbelief.estimators.settings import layer_sizes
from deepbelief.estimators.untrusted_json import Refused, quoted

if TYPE_CHECKING:
    from deepbelief.estimators.model_file import Estimator

# What ``fit`` chose where a setting is "auto": attributes that a file holds if the estimator has them.
_OF_NETWORKS = ("learning_rate_", "n_iter_", *UNIT_NUMBERS, "finetune_weight_decay_")
CHOSEN = {
    RBM: ("learning_rate_", "n_iter_", *UNIT_NUMBERS),
    DBN: ("n_iter_", *UNIT_NUMBERS),  # its learning rates are those of its layers
    DBNClassifier: (*_OF_NETWORKS, "softmax_learning_rate_", "softmax_epochs_"),
    DBNRegressor: (*_OF_NETWORKS, "output_learning_rate_", "output_epochs_"),
}


def describe(estimator: "Estimator", tensors: dict[str, Any], prefix: str = "") -> JsonObject:
    """Return everything about an estimator that is not an array, and put its arrays into `tensors`.

    The names of the tensors that hold the scale of its data begin with `prefix`.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    tensors : dict of ndarray
        The arrays are added to it.
    prefix : str, default=''

    Returns
    -------
    dict
        What JSON can hold.
    """
    scaling, (_, data_dtype) = scaling_of(estimator), dtypes_of(estimator)
    is_standardised = isinstance(scaling, Scaling) and scaling.is_by_feature
    if isinstance(scaling, Scaling) and is_standardised:
        tensors[f"{prefix}data.mean"], tensors[f"{prefix}data.scale"] = scaling.shift, scaling.scale
        if scaling.limit is not None:
            tensors[f"{prefix}data.limit"] = np.where(np.isfinite(scaling.limit), scaling.limit, 0)  # 0: no limit
    described = {
        "dtype": np.dtype(data_dtype).name,
        "n_features": int(estimator.n_features_in_),
        "feature_names": [str(name) for name in estimator.feature_names_in_]
        if hasattr(estimator, "feature_names_in_")
        else None,
        "visible": estimator.visible_,
        "standardised": is_standardised,
        "limited": isinstance(scaling, Scaling) and scaling.limit is not None,
        "data_min": float(getattr(estimator, "data_min_", 0.0)),
        "data_range": float(getattr(estimator, "data_range_", 1.0)),
        "features": [_feature(feature) for feature in scaling.features] if isinstance(scaling, Coding) else None,
        "chosen": _chosen(estimator),
        "history": list(_passes(estimator.history_)),
    }
    if isinstance(estimator, RBM):
        return described | {"layers": [_layer(estimator, "layers.0", tensors)]}
    described["parameters"] = _parameters(estimator)
    if not isinstance(estimator, DBN):
        for index, (weights, bias) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True)):
            tensors[f"network.{index}.weights"], tensors[f"network.{index}.bias"] = weights, bias
        if estimator.n_networks_ > 1:
            tensors["network.top_biases"] = estimator.top_biases_
        predicted = _targets(estimator, tensors) if isinstance(estimator, DBNRegressor) else _classes_of(estimator)
        predicted |= {"activation": estimator.activation_, "n_networks": estimator.n_networks_}
        return described | predicted | {"dbn": describe(estimator.dbn_, tensors, "dbn.")}
    layers = [_layer(rbm, f"layers.{index}", tensors) for index, rbm in enumerate(estimator.rbms_)]
    return described | {"layers": layers}


def _classes_of(classifier: DBNClassifier) -> JsonObject:
    return {"classes": _classes(classifier.classes_), "multilabel": classifier.multilabel_}


def _targets(regressor: DBNRegressor, tensors: dict[str, np.ndarray]) -> JsonObject:
    """Return how many numbers are predicted, None for one that is no vector, and how many rows intervals come from."""
    shape, calibration = regressor.target_mean_.shape, getattr(regressor, "calibration_", None)
    tensors["target.mean"] = regressor.target_mean_.reshape(-1)
    tensors["target.scale"] = regressor.target_scale_.reshape(-1)
    if calibration is not None:  # that is not there in the middle of a fit
        tensors["calibration.scores"], tensors["calibration.weights"] = calibration.scores, calibration.weights
    n_rows = None if calibration is None else len(calibration.weights)
    return {"n_targets": shape[0] if shape else None, "n_calibration": n_rows}


def _layer(rbm: RBM, prefix: str, tensors: dict[str, np.ndarray]) -> JsonObject:
    tensors[f"{prefix}.weights"] = np.ascontiguousarray(rbm.components_.T)  # as the core wants them
    try:
        machine = machine_of(rbm)
    except AttributeError as error:  # what the units must know has been taken away
        raise Refused(f"holds no value of {error.name}, without which there is no such model") from None
    for side, units in (("visible", machine.visible), ("hidden", machine.hidden)):
        for name in units.parameter_names:
            tensors[f"{prefix}.{side}.{name}"] = getattr(rbm, parameter_attribute(name, side))
    tensors[f"{prefix}.chains"], n_chains = rbm.h_samples_, len(rbm.h_samples_)
    return {
        "parameters": _parameters(rbm),
        "n_hidden": rbm.components_.shape[0],
        "n_chains": n_chains,
        "chosen": _chosen(rbm),
    }


def _feature(feature: Feature) -> JsonObject:
    categories = None if feature.categories is None else [plain(value) for value in feature.categories]
    limit = plain(feature.limit) if math.isfinite(feature.limit) else None
    numbers = {"shift": plain(feature.shift), "scale": plain(feature.scale), "number": plain(feature.number)}
    return {"type": feature.type, "categories": categories, **numbers, "limit": limit}


def _chosen(estimator: object) -> JsonObject:
    return {name: plain(getattr(estimator, name)) for name in CHOSEN[type(estimator)] if hasattr(estimator, name)}


def _parameters(estimator: "Estimator") -> JsonObject:
    """Return the settings as JSON can hold them: without a generator, a net, a device or its precision."""
    settings = estimator.get_params(deep=False) | {"device": "numpy", "precision": "highest"}
    for name in ("checkpoint", "checkpoint_interval"):  # of a training, not of its model
        settings.pop(name, None)
    if not isinstance(settings["random_state"], Integral):
        settings["random_state"] = None
    if "dbn" in settings:
        settings["dbn"] = None
    sizes = settings.pop("hidden_layer_sizes", None)
    settings = {name: _setting(value) for name, value in settings.items()}
    return settings if sizes is None else settings | {"hidden_layer_sizes": list(sizes_of(sizes))}


def _setting(value: object) -> Any:
    """Return a setting as JSON can hold it: a scalar, or several of them."""
    return [plain(item) for item in value] if isinstance(value, tuple | list) else plain(value)


def _classes(classes: np.ndarray) -> JsonObject:
    dtype = "str" if classes.dtype.kind == "U" else classes.dtype.name
    return {"dtype": dtype, "values": [plain(value) for value in classes]}


def plain(value: object) -> Any:
    """Return a scalar as JSON can hold it.

    Parameters
    ----------
    value : object
        A NumPy or Python scalar.

    Returns
    -------
    bool, int, float, str or None
    """
    value = value.item() if isinstance(value, np.generic) else value
    if not isinstance(value, str | int | float | None) or (isinstance(value, float) and not math.isfinite(value)):
        raise Refused(f"cannot hold {quoted(value)}")
    return value


def _passes(history: list[Entry]) -> Iterator[Entry]:
    """Yield what was measured after each pass. Steps are named only where they change, to keep the file small."""
    steps = ""
    for entry in history:
        measured = {"steps": "", **entry}
        if measured["steps"] == steps:
            del measured["steps"]
        else:
            steps = measured["steps"]
        yield {key: _measured(value) for key, value in measured.items()}


def _measured(value: object) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else plain(value)


def sizes_of(setting: object) -> tuple[int, ...]:
    """Return the sizes of the layers that a value of hidden_layer_sizes means.

    Parameters
    ----------
    setting : int or sequence of int

    Returns
    -------
    tuple of int
    """
    try:
        return layer_sizes(setting)
    except (ValueError, RecursionError):
        raise Refused("holds a value of hidden_layer_sizes that no model can have") from None
