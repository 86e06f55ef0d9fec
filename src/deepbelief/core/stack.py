"""Deep belief nets: a stack of machines, each trained on the hidden means of the one below.

Hinton, Osindero & Teh, *A fast learning algorithm for deep belief nets* (2006). Layer k + 1 learns from the hidden
means of layer k; the activations of one layer only are held at a time.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from deepbelief.core.arrays import Array, to_numpy, zeros
from deepbelief.core.holes import completed
from deepbelief.core.memory import require_room
from deepbelief.core.progress import NO_PAUSES, Epoch, Midway, Pauses, State
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.recipes import Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.training import start, train


@dataclass(frozen=True)
class Layer:
    """A trained machine in its place in the stack.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    """

    machine: Machine
    parameters: Parameters


@dataclass(frozen=True)
class LayerSpec:
    """A machine to be trained.

    Parameters
    ----------
    machine : Machine
        Its unit types.
    n_hidden : int
    recipe : callable
        From the rows that it learns from, which are there once the layers below have learned, to its recipe.
    resumed : callable, optional
        From its recipe to the state to go on from; None for a machine that begins.
    """

    machine: Machine
    n_hidden: int
    recipe: Callable[[Rows], Recipe]
    resumed: Callable[[Recipe], State] | None = None


def up(layers: Sequence[Layer], x: Array) -> Array:
    """Return the hidden means of the top layer given `x`: (n_rows, n_visible) → (n_rows, n_hidden of the top).

    Parameters
    ----------
    layers : sequence of Layer
        From the bottom up.
    x : array, shape (n_rows, n_visible)

    Returns
    -------
    array, shape (n_rows, n_hidden of the top layer)
    """
    for layer in layers:
        x = layer.machine.forward(layer.parameters, x)
    return x


def down(layers: Sequence[Layer], h: Array) -> Array:
    """Return the visible means of the bottom layer given `h`, through the reverse passes of all `layers`.

    Parameters
    ----------
    layers : sequence of Layer
        From the bottom up.
    h : array, shape (n_rows, n_hidden of the top layer)

    Returns
    -------
    array, shape (n_rows, n_visible)
    """
    for layer in reversed(layers):
        h = layer.machine.reverse(layer.parameters, h)
    return h


def lift(layers: Sequence[Layer], rows: Rows, upward: Callable[[Array], Array] | None = None) -> Rows:
    """Return the hidden means of the top layer for all rows, as the rows for what comes above it.

    They stay on the device where the rows are there. Holes are filled in with what the first layer expects there.

    Parameters
    ----------
    layers : sequence of Layer
        From the bottom up.
    rows : Rows
    upward : callable, optional
        What to return instead of the means: takes an array of shape (n_rows, n_visible), returns one of shape
        (n_rows, n_hidden of the top layer).

    Returns
    -------
    Rows
    """
    first, upward = layers[0], upward or partial(up, layers)
    shape = (len(rows), layers[-1].parameters.weights.shape[1])
    activations = zeros(shape, rows.take(slice(0, 1))) if rows.on_device else np.empty(shape, dtype=rows.dtype)
    filled = 0
    for batch in rows.batches():
        above = upward(completed(first.machine, first.parameters, batch))
        activations[filled : filled + len(batch)] = above if rows.on_device else to_numpy(above)
        filled += len(batch)
    return Rows(activations, rows.dtype, rows.device, labels=rows.labels, weights=rows.weights)


def train_stack(
    specs: Sequence[LayerSpec],
    rows: Rows,
    streams: RandomStreams,
    *,
    held_out: Rows | None = None,
    n_chains: int = 0,
    pauses: Pauses = NO_PAUSES,
) -> Generator[Epoch | Midway, None, list[State]]:
    """Train machines greedily from the bottom up, one epoch at a time.

    Parameters
    ----------
    specs : sequence of LayerSpec
        From the bottom up.
    rows : Rows, shape (n_rows, n_visible)
    streams : RandomStreams
        Each layer takes the streams named after it.
    held_out : Rows, optional
        Rows to measure each layer on, see :func:`~deepbelief.core.training.train`.
    n_chains : int
        Persistent chains of each layer, for which there must be room.
    pauses : Pauses

    Yields
    ------
    Epoch, Midway

    Returns
    -------
    list of State
        The last state of each layer.

    Raises
    ------
    TooLargeError
        If there is no room for a layer.
    DivergedError
        When a parameter is no longer a finite number.
    """
    sizes = [rows.n_features, *(spec.n_hidden for spec in specs)]
    require_room(sizes, len(rows), rows.dtype, rows.device, n_chains=n_chains)
    states: list[State] = []
    for index, spec in enumerate(specs):
        scope = streams.scope("layer", index)
        recipe = spec.recipe(rows)
        if spec.resumed is None:
            state = start(spec.machine, rows, spec.n_hidden, recipe, scope)
        else:
            state = spec.resumed(recipe)
        state = yield from train(
            spec.machine, rows, state, recipe, scope, held_out=held_out, layer=index, pauses=pauses
        )
        states.append(state)
        if index + 1 < len(specs):
            layer = Layer(spec.machine, state.parameters)
            rows = lift([layer], rows)
            held_out = None if held_out is None else lift([layer], held_out)
    return states
