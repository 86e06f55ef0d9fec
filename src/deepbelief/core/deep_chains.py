"""Chains in a deep belief net, which go up and down through all of its layers.

The net draws in its top machine, and everything below follows from that (Hinton, Osindero & Teh, *A fast learning
algorithm for deep belief nets*, 2006, §4). Visible units that are held fast cannot be reached from the top, so these
chains come down and go up again in every sweep. Going up, each machine answers as if it were alone, which is what the
layer above has learned from; the exact posterior of the layers would need the whole net at once.
"""

from collections.abc import Iterator, Sequence

from deepbelief.core.arrays import Array, namespace
from deepbelief.core.gibbs import sweep
from deepbelief.core.randomness import Stream
from deepbelief.core.stack import Layer, down, up


def deep_sweep(
    layers: Sequence[Layer], v: Array, stream: Stream, *, clamped: Array | None = None
) -> tuple[Array, Array]:
    """Go up by means, make a sweep of Gibbs in the top machine, and come down by means.

    Parameters
    ----------
    layers : sequence of Layer
        At least two.
    v : array, shape (n_chains, n_visible)
    stream : Stream
    clamped : array of bool, shape (n_visible,) or (n_chains, n_visible), optional
        Visible units that keep the value they have in `v`.

    Returns
    -------
    v : array, shape (n_chains, n_visible)
        Means given the layer above, of those that are not clamped.
    h : array, shape (n_chains, n_hidden)
        The hidden means of the bottom machine that they follow from.
    """
    bottom, top = layers[0], layers[-1]
    states, _ = sweep(top.machine, top.parameters, up(layers[:-1], v), stream)
    h = down(layers[1:-1], states)
    drawn = bottom.machine.given(v).reverse(bottom.parameters, h)
    if clamped is not None:
        drawn = namespace(v).where(clamped, v, drawn)
    return drawn, h


def step(layers: Sequence[Layer], v: Array, stream: Stream, clamped: Array | None) -> tuple[Array, Array]:
    """Return the next visible and lowest hidden units of chains in one machine, or through several.

    Parameters
    ----------
    layers : sequence of Layer
        From the bottom up.
    v : array, shape (n_chains, n_visible)
    stream : Stream
        Where the random numbers come from.
    clamped : array of bool, shape (n_chains, n_visible), or None
        Visible units that keep their value.

    Returns
    -------
    v : array, shape (n_chains, n_visible)
    h : array, shape (n_chains, n_hidden of the lowest layer)
    """
    if len(layers) == 1:
        return sweep(layers[0].machine, layers[0].parameters, v, stream, clamped=clamped)
    return deep_sweep(layers, v, stream, clamped=clamped)


def clamped_chain(
    layers: Sequence[Layer], v: Array, stream: Stream, clamped: Array | None
) -> Iterator[tuple[Array, Array]]:
    """Yield the states of chains in which some visible units keep their value; see :func:`step`.

    Parameters
    ----------
    layers : sequence of Layer
        From the bottom up.
    v : array, shape (n_chains, n_visible)
    stream : Stream
        Where the random numbers come from.
    clamped : array of bool, shape (n_chains, n_visible), or None
        Visible units that keep their value.

    Yields
    ------
    v : array, shape (n_chains, n_visible)
    h : array, shape (n_chains, n_hidden of the lowest layer)
    """
    while True:
        v, h = step(layers, v, stream, clamped)
        yield v, h
