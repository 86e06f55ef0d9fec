"""Binary units between a constant input and that of a product: what sampling does beside its products.

The input of a unit is β I + (1 − β) s, with β = 1 for a plain machine, see :mod:`~deepbelief.core.path`. Float32 on the
host goes through the loops in C, where they are, in one pass over memory; the formulas for all other arrays are the
reference. Like :func:`~deepbelief.core.arrays.product`, this lies below the units, so that whatever draws them is fast.
"""

from types import ModuleType

import numpy as np

from deepbelief.core import native
from deepbelief.core.arrays import Array, cast, is_host_float32, namespace
from deepbelief.core.functions import sigmoid, softplus
from deepbelief.core.randomness import Stream


def drawn(beta: Array | float, inputs: Array, field: Array | None, bias: Array, stream: Stream) -> Array:
    """Draw 1 with the probability σ(β I + (1 − β) s + b), and 0 otherwise.

    Parameters
    ----------
    beta : float or array, shape (n_rows, 1)
    inputs : array, shape (n_rows, n_units)
        I.
    field : array, shape (n_units,), or None
        s. None is only for β = 1, where it does not count.
    bias : array, shape (n_units,)
        b.
    stream : Stream

    Returns
    -------
    array, shape (n_rows, n_units)
    """
    loops = _loops_for(inputs, bias if field is None else field, bias)
    if loops is None:
        p = sigmoid((inputs if field is None else between(beta, inputs, field)) + bias)
        return cast(stream.uniform(tuple(inputs.shape), inputs) < p, inputs)
    states = np.empty(inputs.shape, np.float32)
    field = np.zeros_like(bias) if field is None else field
    loops.draw(inputs, _for_rows(beta, inputs), field, bias, states, stream.random_bits(*inputs.shape))
    return states


def log_partition_change(old: Array | float, new: Array | float, inputs: Array, field: Array, bias: Array) -> Array:
    """Return Σ log(1 + exp(β I + (1 − β) s + b)) over units at a new β less that at an old one, row by row, at float64.

    Parameters
    ----------
    old, new : float or array, shape (n_rows, 1)
    inputs : array, shape (n_rows, n_units)
    field, bias : array, shape (n_units,)

    Returns
    -------
    array, shape (n_rows,)
    """
    loops = _loops_for(inputs, field, bias)
    if loops is None:
        before, after = (softplus(between(beta, inputs, field) + bias) for beta in (old, new))
        xp = namespace(inputs)
        return xp.sum(after - before, -1, dtype=xp.float64)
    changes = np.empty(len(inputs))
    loops.changes(inputs, _for_rows(old, inputs), _for_rows(new, inputs), field, bias, changes)
    return changes


def between(beta: Array | float, inputs: Array, field: Array) -> Array:
    """Return β I + (1 − β) s.

    Parameters
    ----------
    beta : float or array, shape (n_rows, 1)
        β.
    inputs : array, shape (n_rows, n_units)
        I.
    field : array, shape (n_units,)
        s.

    Returns
    -------
    array, shape (n_rows, n_units)
    """
    return beta * inputs + (1 - beta) * field


def _loops_for(inputs: Array, *of_units: Array) -> ModuleType | None:
    """Return the loops in C if they are there and take these arrays; those of an earlier version do not draw."""
    arrays = [array for array in (inputs, *of_units) if is_host_float32(array)]
    if not hasattr(native.module, "draw") or len(arrays) < 1 + len(of_units):
        return None
    are_dense = inputs.ndim == 2 and arrays[0].strides[0] > 0 and all(array.strides[-1] == 4 for array in arrays)
    return native.module if are_dense else None


def _for_rows(beta: Array | float, inputs: Array) -> np.ndarray:
    """Return β of each row, (n_rows,), at float64."""
    return np.full(len(inputs), beta) if isinstance(beta, float) else np.ascontiguousarray(beta[:, 0], np.float64)
