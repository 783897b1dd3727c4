"""Parameters in tuples and lists of one another: visit their arrays, change them, name them.

A `stack`'s parameters are layers of directions of Params; gradients have the same form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .arrays import Array


def leaves(tree: Any) -> list[Array]:
    """Return the arrays of tuples and lists in one another, Params among them, in order."""
    if isinstance(tree, tuple | list):
        return [array for part in tree for array in leaves(part)]
    return [tree]


def map_leaves(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply a function to each array, and to those in the same places of trees of the same form.

    Parameters
    ----------
    function : callable
        Takes one array of each tree.
    tree, *others : tuples and lists of arrays in one another

    Returns
    -------
    the results, in the form of `tree`
    """
    if not isinstance(tree, tuple | list):
        return function(tree, *others)
    parts = [map_leaves(function, *part) for part in zip(tree, *others, strict=True)]
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)


def add(tree: Any, other: Any) -> Any:
    """Add two trees of the same form, array by array."""
    return map_leaves(lambda a, b: a + b, tree, other)


def is_params(tree: Any) -> bool:
    """Tell a cell's Params from a stack's layers of them."""
    return hasattr(tree, "_fields")


def named(params: Any) -> Iterator[tuple[str, Array]]:
    """Name each array: ``"W_ih"``, and in a stack by layer and direction, ``"W_ih_l0_reverse"``."""
    if is_params(params):
        yield from params._asdict().items()
        return
    for number, layer in enumerate(params):
        for suffix, own in zip(("", "_reverse"), layer, strict=False):
            for name, array in own._asdict().items():
                yield f"{name}_l{number}{suffix}", array
