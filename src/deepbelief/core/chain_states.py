"""What a gradient estimator carries from step to step, under names, and the hidden states of its chains.

The state of persistent chains is one array of hidden states; that of tempered ones is a dictionary with their ladder.
"""

from deepbelief.core.arrays import Array, namespace

ChainState = Array | dict[str, Array] | None

_CHAINS = "chains"


def named_state(state: ChainState) -> dict[str, Array]:
    """Return the state of an estimator as named arrays, as an epoch carries it from step to step.

    Parameters
    ----------
    state : object
        What a gradient estimator keeps: an array, a dict of arrays, or None.

    Returns
    -------
    dict of array
    """
    if state is None:
        return {}
    return {f"{_CHAINS}.{name}": leaf for name, leaf in state.items()} if isinstance(state, dict) else {_CHAINS: state}


def state_from_names(carried: dict[str, Array]) -> ChainState:
    """Return the state that :func:`named_state` has named; None if there is none.

    Parameters
    ----------
    carried : dict of array

    Returns
    -------
    array, dict of array or None
    """
    parts = {name.removeprefix(f"{_CHAINS}."): leaf for name, leaf in carried.items() if name.startswith(_CHAINS)}
    return parts.get(_CHAINS, parts or None)


def own_states(chains: Array | dict[str, Array]) -> Array:
    """Return the hidden states at β = 1 of a gradient's chains, tempered or not: (n_chains, n_hidden).

    Parameters
    ----------
    chains : array or dict of array

    Returns
    -------
    array, shape (n_chains, n_hidden)
    """
    if not isinstance(chains, dict):
        return chains
    hidden = chains["hidden"]
    return hidden[len(hidden) - len(hidden) // len(chains["betas"]) :]


def started_from(chains: Array | dict[str, Array], own: Array) -> Array | dict[str, Array]:
    """Return a gradient's chains with hidden states `own` at β = 1, and at all other temperatures if there are any.

    Parameters
    ----------
    chains : array or dict of array
    own : array, shape (n_chains, n_hidden)

    Returns
    -------
    array or dict of array
    """
    if not isinstance(chains, dict):
        return own
    n_replicas = len(chains["betas"])
    return chains | {"hidden": namespace(own).concatenate([own] * n_replicas)}
