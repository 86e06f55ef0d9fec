"""A fitted estimator as an ONNX graph, which other programs compute: predictions, features, reconstructions.

The graph takes rows at the scale of the data, in 32-bit floats, and holds what the estimator knows of that scale. Its
metadata say what it came from, and what classes there are.
"""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from deepbelief import __version__
from deepbelief.core.arrays import to_numpy
from deepbelief.core.network import Layers
from deepbelief.core.stack import Layer
from deepbelief.core.units import Bernoulli, UnitParameters, Units
from deepbelief.core.units.gaussian import Gaussian
from deepbelief.core.units.spin import Spin
from deepbelief.errors import ModelError
from deepbelief.estimators.exploring import kind_of, network_in_unit
from deepbelief.estimators.fitted import fitted_stack

if TYPE_CHECKING:
    from deepbelief.estimators.model_file import Estimator

OUTPUTS = ("predictions", "features", "reconstruction")
_OPERATORS = {"logistic": "Sigmoid", "relu": "Relu"}  # of ONNX
OPSET, IR_VERSION = 17, 8  # of 2022: what programs of some years ago read too


def onnx_bytes(estimator: "Estimator", output: str, depth: int | None = None) -> bytes:
    """Return the file of a graph.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Fitted.
    output : {"predictions", "features", "reconstruction"}
        Probabilities of the classes, or numbers; the hidden means of a layer; or the data that come down from it.
    depth : int, optional
        That layer, the lowest being 1; the top one if None. Of a network the layers are those that pretraining left.

    Returns
    -------
    bytes

    Raises
    ------
    ModelError
        If the model predicts nothing, has no such layer, or has units whose means no graph of ours computes.
    ImportError
        If onnx is not installed.
    """
    check_is_fitted(estimator)
    try:
        import onnx
    except ImportError:
        raise ImportError("a graph needs onnx, which is not installed; pip install onnx") from None
    if hasattr(estimator, "features_"):
        raise ModelError("this model takes the words and categories of a table, which a graph of numbers does not")
    layers = fitted_stack(estimator).layers
    if depth is not None and depth > len(layers):
        raise ModelError(f"there is no layer {depth}; the model has {len(layers)}")
    graph = _Graph(onnx)
    x = graph.scaled_in(estimator)
    if output == "predictions":
        network = network_in_unit(estimator)
        if network is None:
            raise ModelError("this model predicts nothing; export its features")
        found = {"probabilities" if hasattr(estimator, "classes_") else "answers": graph.network(network, x, estimator)}
    else:
        used = layers[:depth]
        for layer in used:
            x = graph.forward(layer, x)
        if output == "reconstruction":
            for layer in reversed(used):
                x = graph.reverse(layer, x)
            x = graph.scaled_out(estimator, x)
        found = {output: x}
    return graph.model(estimator, found)


class _Graph:
    """Nodes and constants, as they come to be."""

    def __init__(self, onnx: Any) -> None:
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def scaled_in(self, estimator: "Estimator") -> str:
        shift, scale = _scaling(estimator)
        inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale != 0)
        seen = self._node("Mul", self._node("Sub", "X", self._constant(shift)), self._constant(inverse))
        limit = getattr(estimator, "data_limit_", None)
        if limit is None:
            return seen
        return self._node("Max", self._node("Min", seen, self._constant(limit)), self._constant(-limit))

    def scaled_out(self, estimator: "Estimator", v: str) -> str:
        shift, scale = _scaling(estimator)
        return self._node("Add", self._node("Mul", v, self._constant(scale)), self._constant(shift))

    def network(self, network: Layers, x: str, estimator: "Estimator") -> str:
        """Add all layers, and what makes probabilities of the answers of a classifier."""
        for weights, bias in zip(network.weights[:-1], network.biases[:-1], strict=True):
            x = self._node(_OPERATORS[estimator.activation_], self._affine(x, to_numpy(weights), to_numpy(bias)))
        x = self._affine(x, to_numpy(network.weights[-1]), to_numpy(network.biases[-1]))
        kind = kind_of(estimator)
        if kind == "numbers":
            return x
        return self._node("Softmax", x, axis=1) if kind == "classes" else self._node("Sigmoid", x)

    def forward(self, layer: Layer, v: str) -> str:
        """Add E[h | v]."""
        if layer.machine.visible.bias_share is not None:
            raise ModelError("documents, whose hidden biases count once for each word, are not exported")
        weights, hidden = layer.parameters.weights, layer.parameters.hidden
        return self._mean(layer.machine.hidden, hidden, self._affine(v, to_numpy(weights), to_numpy(hidden["bias"])))

    def reverse(self, layer: Layer, h: str) -> str:
        """Add E[v | h]."""
        weights, visible = layer.parameters.weights, layer.parameters.visible
        field = self._affine(h, to_numpy(weights).T, to_numpy(visible["bias"]))
        return self._mean(layer.machine.visible, visible, field)

    def _mean(self, units: Units, parameters: UnitParameters, field: str) -> str:
        if isinstance(units, Bernoulli):
            return self._node("Sigmoid", field)
        if isinstance(units, Spin):
            return self._node("Tanh", field)
        if isinstance(units, Gaussian):
            return self._node("Mul", field, self._constant(1 / to_numpy(units.precision(parameters))))
        raise ModelError(
            f"this model has units of the type {type(units).__name__}, which are not exported; those of the types "
            "Bernoulli, Spin and Gaussian are"
        )

    def _affine(self, x: str, weights: np.ndarray, bias: np.ndarray) -> str:
        return self._node("Add", self._node("MatMul", x, self._constant(weights)), self._constant(bias))

    def _constant(self, values: np.ndarray) -> str:
        name = f"constant_{len(self._constants)}"
        array = np.ascontiguousarray(values, dtype=np.float32)
        self._constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def _node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        name = f"node_{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def model(self, estimator: "Estimator", outputs: dict[str, str]) -> bytes:
        """Return the file of a graph with these outputs: the name of each, and the node that computes it."""
        helper, number = self._onnx.helper, self._onnx.TensorProto.FLOAT
        for name, node in outputs.items():
            self._nodes.append(helper.make_node("Identity", [node], [name]))
        graph = helper.make_graph(
            self._nodes,
            "deepbelief",
            [helper.make_tensor_value_info("X", number, ["rows", estimator.n_features_in_])],
            [helper.make_tensor_value_info(name, number, ["rows", None]) for name in outputs],
            self._constants,
        )
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, producer_name="deepbelief", producer_version=__version__, opset_imports=opset)
        model.ir_version = IR_VERSION
        helper.set_model_props(model, _metadata(estimator))
        self._onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString()


def _scaling(estimator: "Estimator") -> tuple[np.ndarray, np.ndarray]:
    """Return shift and scale of each feature: a visible unit is (x − shift) / scale."""
    stack, one = fitted_stack(estimator), np.ones((1, estimator.n_features_in_))
    shift = stack.to_data(0 * one)[0]
    return shift, stack.to_data(one)[0] - shift


def _metadata(estimator: "Estimator") -> dict[str, str]:
    about = getattr(estimator, "metadata_", None) or {}
    known = {
        "estimator": type(estimator).__name__,
        "classes": np.asarray(getattr(estimator, "classes_", ())).tolist(),
        "image_shape": about.get("image_shape"),
        "feature_names": list(map(str, getattr(estimator, "feature_names_in_", ()))),
        "units": estimator.visible_,
    }
    return {name: json.dumps(value) for name, value in known.items() if value}
