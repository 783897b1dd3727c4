"""Visit, change, and name the arrays of parameters in nested tuples and lists.

A `stack`'s parameters are layers of directions of Params; gradients have the same form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .arrays import Array


def leaves(tree: Any) -> list[Array]:
    """Return the arrays of nested tuples and lists, Params among them, in order."""
    if isinstance(tree, tuple | list):
        return [array for part in tree for array in leaves(part)]
    return [tree]


def map_leaves(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply a function to each array and to the corresponding arrays of other trees.

    Parameters
    ----------
    function : callable
        Takes one array of each tree.
    tree, *others : nested tuples and lists of arrays, all of the same form

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
    """Return whether these are a cell's Params and not a stack's layers of them."""
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
