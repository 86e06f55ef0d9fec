"""A feed-forward network with softmax, unit by unit."""

import math

import numpy as np

from deepbelief.core.activations import Rectified
from deepbelief.core.units import Bernoulli, Gaussian

MEANS = {Bernoulli: lambda x: 1 / (1 + math.exp(-x)), Gaussian: lambda x: x, Rectified: lambda x: x if x > 0 else 0.0}


def class_probabilities(hidden, layers, row, masks=None):
    """Return p(class | row) of one row, with dropout masks (one row each) on the input and every hidden layer."""
    values = [float(value) for value in row]
    for depth in range(len(layers.weights)):
        if masks is not None and masks[depth] is not None:
            values = [value * factor for value, factor in zip(values, masks[depth], strict=True)]
        weights, biases = layers.weights[depth], layers.biases[depth]
        inputs = [
            biases[j] + sum(values[i] * weights[i, j] for i in range(len(values))) for j in range(weights.shape[1])
        ]
        if depth < len(hidden):
            values = [MEANS[type(hidden[depth])](x) for x in inputs]
        else:
            values = [math.exp(x) / sum(math.exp(other) for other in inputs) for x in inputs]
    return np.array(values)


def mean_log_likelihood(hidden, layers, x, classes, masks=None):
    """Return the mean over rows of log p(class of the row | row)."""
    total = 0.0
    for number, row in enumerate(x):
        row_masks = None if masks is None else [None if mask is None else mask[number] for mask in masks]
        total += math.log(class_probabilities(hidden, layers, row, row_masks)[classes[number]])
    return total / len(x)
