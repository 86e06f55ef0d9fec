"""The class probabilities of a classifier as a function of the visible units, for drawing rows of one class."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbelief.core.activations import ACTIVATIONS
from deepbelief.core.arrays import Array
from deepbelief.core.devices import to_device
from deepbelief.core.functions import log_sigmoid, log_softmax
from deepbelief.core.network import Layers, Network
from deepbelief.core.trees import tree_map
from deepbelief.estimators.label_arrays import shown

if TYPE_CHECKING:
    from deepbelief.estimators.classifier import DBNClassifier


@dataclass(frozen=True, eq=False)
class ClassAnswers:
    """A fine-tuned network, and the classes that it tells apart.

    Parameters
    ----------
    classes : ndarray, shape (n_classes,)
    layers : Layers
    multilabel : bool
        Whether a row may have several of them, each with a probability of its own.
    activation : {"logistic", "relu"}
        What the hidden units of the network compute.
    """

    classes: np.ndarray
    layers: Layers
    multilabel: bool = False
    activation: str = "logistic"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ClassAnswers) or len(self.arrays) != len(other.arrays):
            return False
        pairs = zip(self.arrays, other.arrays, strict=True)
        kinds = (self.multilabel, self.activation), (other.multilabel, other.activation)
        return kinds[0] == kinds[1] and all(np.array_equal(*pair) for pair in pairs)

    __hash__ = None  # type: ignore[assignment]  # arrays have none

    @property
    def arrays(self) -> tuple[Array, ...]:
        """All that it consists of."""
        return self.classes, *self.layers.weights, *self.layers.biases

    def log_probability(self, label: Any, device: str) -> Callable[[Array], Array]:
        """Return the function from visible units, (n_rows, n_visible), to log p(label | v), (n_rows,).

        Parameters
        ----------
        label : object
            One of the classes that the network knows.
        device : str
            ``"numpy"``, or any device torch knows.

        Returns
        -------
        callable
            Takes an array of shape (n_rows, n_visible), returns one of shape (n_rows,), in nats.

        Raises
        ------
        ValueError
            If the network does not know this class.
        """
        places = np.flatnonzero([np.ndim(label) == 0 and bool(known == label) for known in self.classes])
        if len(places) != 1:
            raise ValueError(
                f"label={label!r} is none of the classes, which are {', '.join(map(shown, self.classes))}."
            )
        network = Network((ACTIVATIONS[self.activation],) * (len(self.layers.weights) - 1))
        layers = tree_map(lambda array: to_device(array, device), self.layers)
        code = int(places[0])
        if self.multilabel:
            return lambda v: log_sigmoid(network.logits(layers, v))[:, code]
        return lambda v: log_softmax(network.logits(layers, v))[:, code]


def tell_classes(classifier: "DBNClassifier") -> None:
    """Give the net of a classifier access to the class probabilities, so that it can draw rows of one class.

    Parameters
    ----------
    classifier : DBNClassifier
        Fitted.
    """
    layers = Layers(tuple(classifier.coefs_), tuple(classifier.intercepts_))
    classifier.dbn_.class_answers_ = ClassAnswers(
        classifier.classes_, layers, classifier.multilabel_, classifier.activation_
    )
