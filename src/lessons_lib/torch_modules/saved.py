"""Take the arrays out of a network's nested tuples, and put others in their places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..masks import NO_MASKS, NO_STACK_MASKS


class _Place(NamedTuple):
    """Where an array was: its number."""

    number: int


def take_arrays(tree: Any) -> tuple[Any, list[Any]]:
    """Return the tree with a place instead of each array, and the arrays; each array once."""
    arrays: list[Any] = []
    numbers: dict[int, int] = {}

    def take(array: Any) -> _Place:
        number = numbers.setdefault(id(array), len(arrays))
        if number == len(arrays):
            arrays.append(array)
        return _Place(number)

    return _map(tree, _is_taken, take), arrays


def put_arrays(tree: Any, arrays: Sequence[Any]) -> Any:
    """Undo `take_arrays`, with these arrays."""
    return _map(tree, lambda value: type(value) is _Place, lambda place: arrays[place.number])


def arrays_in(tree: Any) -> list[Any]:
    """Return the arrays of a tree."""
    return take_arrays(tree)[1]


def _is_taken(value: Any) -> bool:
    """Return whether this is an array of the network, not one of lengths or of an order."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind not in "iu"
    return hasattr(value, "shape")


#: What holds no array; that masks which are not there stay the same object is relied upon.
_WITHOUT = frozenset({type(None), str, int, float, bool, slice})


def _map(tree: Any, chosen: Any, function: Any, done: dict[int, Any] | None = None) -> Any:
    """Apply a function to the chosen values; a tuple that occurs twice, such as masks, is one."""
    kind = type(tree)
    if kind in _WITHOUT or tree is NO_MASKS or tree is NO_STACK_MASKS:
        return tree
    if chosen(tree):
        return function(tree)
    done = {} if done is None else done
    if isinstance(tree, tuple):
        if id(tree) not in done:
            parts = [  # most fields are None, for which a call takes too long
                part if part is None else _map(part, chosen, function, done) for part in tree
            ]
            done[id(tree)] = kind(*parts) if hasattr(tree, "_fields") else tuple(parts)
        return done[id(tree)]
    if kind is list:
        return [_map(part, chosen, function, done) for part in tree]
    if kind is dict:
        return {name: _map(part, chosen, function, done) for name, part in tree.items()}
    return tree
