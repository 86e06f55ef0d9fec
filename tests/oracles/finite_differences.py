"""Derivatives by differences: five points, error of fourth order in the step."""

import numpy as np

from deepbelief.core.trees import tree_map

STEP = 1e-3


def derivative(function, x, step=STEP):
    """Return dfunction/dx at a scalar or, element by element, at an array."""
    near = function(x + step) - function(x - step)
    far = function(x + 2 * step) - function(x - 2 * step)
    return (8 * near - far) / (12 * step)


def second_derivative(function, x, step=1e-2):
    """Return d²function/dx², element by element."""
    near = function(x + step) + function(x - step)
    far = function(x + 2 * step) + function(x - 2 * step)
    return (16 * near - far - 30 * function(x)) / (12 * step**2)


def gradient(function, tree):
    """Return the derivative of a `function` of a tree of NumPy arrays in every single number of the tree.

    Where the function returns an array, its axes come behind those of each leaf.
    """
    tree = tree_map(np.copy, tree)

    def of_leaf(leaf):
        slopes = []
        for index in np.ndindex(leaf.shape):
            middle = leaf[index]

            def moved(value, index=index):
                leaf[index] = value
                return function(tree)

            slopes.append(derivative(moved, middle))
            leaf[index] = middle
        return np.reshape(slopes, leaf.shape + np.shape(slopes[0]))

    return tree_map(of_leaf, tree)
