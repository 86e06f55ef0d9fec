"""Gibbs sampling: sweeps, chains, sweeps with some visible units held fast, and sweeps of weighted distributions."""

from collections.abc import Callable, Iterator

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
    """Yield the states (v, h) of Gibbs chains that start at `v`, one sweep after the other, without end.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    v : array, shape (n_chains, n_visible)
    stream : Stream
        Where the random numbers come from.
    clamped : array of bool, shape (n_chains, n_visible), optional
        Visible units that keep their value.

    Yields
    ------
    v : array, shape (n_chains, n_visible)
    h : array, shape (n_chains, n_hidden)
        Drawn given the `v` beside it.
    """
    while True:
        v, h = sweep(machine, parameters, v, stream, clamped=clamped)
        yield v, h


def weighted_chain(
    step: Callable[[Array], tuple[Array, Array]],
    log_weight: Callable[[Array], Array],
    x: Array,
    stream: Stream,
) -> Iterator[tuple[Array, Array]]:
    """Yield the states of chains that sample p(x) w(x), from steps that sample p(x), without end.

    Every step is a proposal, taken with the probability min(1, w(new) / w(old)) (Metropolis & Hastings). A sweep of
    Gibbs satisfies detailed balance in x when the other layer is drawn from x first, so that p(x) w(x) stays as it is.

    Parameters
    ----------
    step : callable
        From the states (n_chains, n_units) to new ones and what else is known of them, (n_chains, n_others).
    log_weight : callable
        From states to log w, (n_chains,).
    x : array, shape (n_chains, n_units)
    stream : Stream

    Yields
    ------
    x : array, shape (n_chains, n_units)
    others : array, shape (n_chains, n_others)
        What `step` returned beside it.
    """
    xp = namespace(x)
    others, weight = None, log_weight(x)
    while True:
        proposed, new_others = step(x)
        new_weight = log_weight(proposed)
        is_taken = xp.log1p(-stream.uniform((len(x),), weight)) < new_weight - weight
        x, weight = xp.where(is_taken[:, None], proposed, x), xp.where(is_taken, new_weight, weight)
        others = new_others if others is None else xp.where(is_taken[:, None], new_others, others)
        yield x, others
