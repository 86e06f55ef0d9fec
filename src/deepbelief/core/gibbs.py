"""Gibbs sampling: sweeps, chains, and sweeps with some visible units held fast."""

from collections.abc import Iterator

from deepbelief.core.arrays import Array, namespace
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Machine, Parameters


def sweep(
    machine: Machine,
    parameters: Parameters,
    v: Array,
    stream: Stream,
    *,
    clamped: Array | None = None,
) -> tuple[Array, Array]:
    """Draw h ~ p(h | v), then v ~ p(v | h); the joint distribution p(v, h) is left as it is.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    v : array, shape (n_chains, n_visible)
    stream : Stream
    clamped : array of bool, shape (n_visible,) or (n_chains, n_visible), optional
        Visible units that keep the value they have in `v`: the chain samples the others given these.

    Returns
    -------
    v : array, shape (n_chains, n_visible)
    h : array, shape (n_chains, n_hidden)
        The hidden states from which the new `v` was drawn.
    """
    h = machine.sample_hidden(parameters, v, stream)
    drawn = machine.given(v).sample_visible(parameters, h, stream)
    if clamped is not None:
        drawn = namespace(v).where(clamped, v, drawn)
    return drawn, h


def chain(
    machine: Machine,
    parameters: Parameters,
    v: Array,
    stream: Stream,
    *,
    clamped: Array | None = None,
) -> Iterator[tuple[Array, Array]]:
    """Yield the states (v, h) of Gibbs chains that start at `v`, one sweep after the other, without end."""
    while True:
        v, h = sweep(machine, parameters, v, stream, clamped=clamped)
        yield v, h
