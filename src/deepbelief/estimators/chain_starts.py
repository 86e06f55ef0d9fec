"""The states in which chains begin: ``h_samples_``, or the mean where a value is missing.

``h_samples_`` are the hidden states with which training ended, or with which a machine made of arrays came.
"""

from collections.abc import Sequence

import numpy as np

from deepbelief.core.arrays import Array, like, namespace
from deepbelief.core.batch import Batch
from deepbelief.core.devices import to_device
from deepbelief.core.randomness import Stream
from deepbelief.core.stack import Layer, down
from deepbelief.estimators.machines import MachineMixin, layer_of, machine_of


def starting_states(rbm: MachineMixin, n_chains: int, stream: Stream) -> Array:
    """Draw visible states of a machine given its `h_samples_`: (n_chains, n_visible).

    Parameters
    ----------
    rbm : RBM
    n_chains : int
    stream : Stream

    Returns
    -------
    array, shape (n_chains, n_visible)

    Raises
    ------
    ValueError
        If it has none.
    """
    hidden = hidden_states_of(rbm)
    order = stream.permutation(len(hidden))
    start = to_device(hidden[order[np.arange(n_chains) % len(order)]], rbm.device)
    return machine_of(rbm).sample_visible(layer_of(rbm).parameters, start, stream)


def begun_at_mean(layers: Sequence[Layer], hidden: np.ndarray, batch: Batch) -> Array:
    """Return visible units with the known values of a batch, and the stack's mean where a value is missing.

    Chains for averages need not begin at a sample. From the mean they converge faster.

    Parameters
    ----------
    layers : sequence of Layer
    hidden : ndarray, shape (n_chains, n_hidden)
        Typical states of the top layer.
    batch : Batch
        With holes.

    Returns
    -------
    array, shape (n_chains, n_visible)
    """
    xp = namespace(batch.v)
    mean = xp.mean(down(layers, like(hidden, batch.v)), axis=0)
    return xp.where(batch.mask, batch.v, xp.zeros_like(batch.v) + mean)


def hidden_states_of(rbm: MachineMixin) -> np.ndarray:
    """Return the hidden states at which the chains of a machine start.

    Parameters
    ----------
    rbm : RBM

    Returns
    -------
    ndarray of shape (n_states, n_hidden)

    Raises
    ------
    ValueError
        If the machine has none.
    """
    hidden = getattr(rbm, "h_samples_", None)
    if hidden is None or not len(hidden):
        raise ValueError(
            "This machine has no chains to start from, h_samples_ is empty: fit it, or make it anew with "
            "RBM.from_parameters, which draws some."
        )
    return hidden
