"""Trees of arrays: parameters, velocities and states, nested in dataclasses, dicts and tuples."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from deepbelief.core.arrays import Array, namespace

Tree = TypeVar("Tree")


def tree_map(function: Callable[..., Any], tree: Tree, *others: Any) -> Tree:
    """Apply `function` leaf by leaf to trees of one shape: arrays in dataclasses, dicts and tuples.

    Parameters
    ----------
    function : callable
        Takes one leaf of each tree, returns the new leaf.
    tree, *others : dataclass, dict, tuple or array
        Trees with the same structure as `tree`.

    Returns
    -------
    dataclass, dict, tuple or array
        A new tree with the structure of `tree`.
    """
    # The result has the type of the tree, which is what the tests below find: more than a type checker can follow.
    node: Any = tree
    if is_dataclass(node):
        names = [field.name for field in fields(node)]
        changed = {
            name: tree_map(function, getattr(node, name), *(getattr(other, name) for other in others)) for name in names
        }
        return replace(node, **changed)  # type: ignore[return-value, type-var]
    if isinstance(node, dict):
        return {key: tree_map(function, node[key], *(other[key] for other in others)) for key in node}  # type: ignore
    if isinstance(node, tuple):
        return tuple(tree_map(function, *leaves) for leaves in zip(node, *others, strict=True))  # type: ignore
    return function(node, *others)


def all_finite(tree: Any) -> bool:
    """Tell whether every number in a tree of arrays is finite.

    Parameters
    ----------
    tree : tree of arrays
        See :func:`tree_map`.

    Returns
    -------
    bool
    """
    finite = True

    def look(leaf: Array) -> Array:
        nonlocal finite
        finite = finite and bool(namespace(leaf).isfinite(leaf).all())
        return leaf

    tree_map(look, tree)
    return finite
