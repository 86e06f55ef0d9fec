"""A training state as named arrays and a little JSON, and back.

A state is rebuilt with the state that training begins with as template: the two have the same arrays in the same
places, so that nothing needs to be known of their classes, and what does not fit is noticed.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from deepbelief.annotations import JsonObject
from deepbelief.core.arrays import Array, like, to_numpy
from deepbelief.core.progress import PartialEpoch, State
from deepbelief.errors import ModelError

Arrays = dict[str, np.ndarray]

_TREES = ("parameters", "optimizer", "chains", "average", "trajectory")  # of a state


def taken_apart(state: State, name: str) -> tuple[JsonObject, Arrays]:
    """Return a state as what JSON can hold and arrays, whose names begin with `name`.

    Parameters
    ----------
    state : State
    name : str

    Returns
    -------
    described : dict
    arrays : dict of ndarray
        C-contiguous.
    """
    trees = {name: getattr(state, name) for name in _TREES}
    described: JsonObject = {"epoch": state.epoch, "within": None}
    if state.partial_epoch is not None:
        described["within"] = {"step": state.partial_epoch.step, "streams": list(state.partial_epoch.streams)}
        trees["carried"] = state.partial_epoch.carried
    return described, {path: np.asarray(to_numpy(leaf), order="C") for path, leaf in _leaves(trees, name)}


def put_together(described: JsonObject, arrays: Arrays, name: str, template: State) -> State:
    """Return the state that was taken apart.

    Parameters
    ----------
    described, arrays, name
        See :func:`taken_apart`; other arrays may be among them.
    template : State
        With which the same training begins.

    Returns
    -------
    State

    Raises
    ------
    ModelError
        If an array is not there, or is not as in the template.
    """

    def found(path: str, leaf: Array) -> Array:
        array = arrays.get(path)
        if array is None or array.shape != tuple(leaf.shape) or array.dtype != to_numpy(leaf).dtype:
            raise ModelError(
                f"The checkpoint does not fit the model: {path} is of another kind; train from the beginning."
            )
        return like(array, leaf)

    within = described["within"]
    if within is not None:
        prefix = f"{name}.carried."
        carried: dict[str, Array] = {
            path.removeprefix(prefix): array for path, array in arrays.items() if path.startswith(prefix)
        }
        within = PartialEpoch(within["step"], tuple(within["streams"]), carried)
    return State(
        epoch=described["epoch"],
        partial_epoch=within,
        **{tree: _refilled(getattr(template, tree), f"{name}.{tree}", found) for tree in _TREES},
    )


def _leaves(tree: Any, path: str) -> Iterator[tuple[str, Array]]:
    parts = _parts(tree)
    if parts is None:
        if tree is not None:
            yield path, tree
        return
    for key, part in parts.items():
        yield from _leaves(part, f"{path}.{key}")


def _refilled(tree: Any, path: str, found: Callable[[str, Array], Array]) -> Any:
    parts = _parts(tree)
    if parts is None:
        return None if tree is None else found(path, tree)
    changed = {key: _refilled(part, f"{path}.{key}", found) for key, part in parts.items()}
    if is_dataclass(tree):
        return replace(tree, **changed)  # type: ignore[type-var]  # a dataclass, as the line above has found out
    return changed if isinstance(tree, dict) else tuple(changed.values())


def _parts(tree: Any) -> JsonObject | None:
    """Return the branches of a tree by name; None for a leaf."""
    if is_dataclass(tree):
        return {field.name: getattr(tree, field.name) for field in fields(tree)}
    if isinstance(tree, dict):
        return tree
    return {str(index): part for index, part in enumerate(tree)} if isinstance(tree, tuple) else None
