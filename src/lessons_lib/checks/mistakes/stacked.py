"""Mistakes in a stacked network, in its number of paths, and in the Jacobian of many steps."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..mistake import Mistake, Named, edit
from .rnn import RNN
from .sequence import ANY_CELL

_STACK, _SCAN = "stack.forward", "scan.forward"
_READ = (_STACK, "inputs", "padding.reverse(y, lengths) if direction else y")
#: The mistakes of one step that do not concern its backward pass.
_OF_A_STEP = tuple(m for m in RNN if all(edit.function == "rnn.step" for edit in m.edits))


def _changed(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Named], Named]:
    return lambda results: results | {name: change(results[name])}


LAYERS: tuple[Mistake, ...] = (
    *ANY_CELL[:2],
    *_OF_A_STEP,
    edit(
        "sequence.state-not-handed-on",
        (_SCAN, "state", "state", "first_state(cell, steps, state)"),
    ),
    edit("sequence.output-before-step", (_SCAN, "", "state[0]", "cache.h_prev")),
    Mistake("sequence.y-batch-first", after=_changed("y", lambda y: y.swapaxes(0, 1))),
    edit(
        "stacked_forward.state-of-layer-below",
        (_STACK, "", "next(networks)", "last[-1] if last else next(networks)"),
    ),
    edit(
        "stacked_forward.reads-last-output-only",
        (*_READ, "0 * y + y[-1:] if layers else y"),
    ),
    edit(
        "stacked_forward.reads-time-reversed",
        (*_READ, "y[::-1] if layers else y"),
    ),
    edit(
        "stacked_forward.input-added",
        (
            _STACK,
            "y",
            "dropped(join(outputs), masks.output(number))",
            "join(outputs) + y if layers else join(outputs)",
        ),
    ),
    Mistake("stacked_forward.last-of-top-only", after=_changed("last", lambda last: last[-1])),
    Mistake("stacked_forward.top-first", after=_changed("last", lambda last: last[::-1])),
    Mistake("stacked_forward.last-batch-first", after=_changed("last", lambda a: a.swapaxes(0, 1))),
    edit(
        "stacked_forward.all-layers", (_STACK, "return", "y", "stack_arrays(every_output(layers))")
    ),
    edit("stacked_forward.first-layer-only", (_STACK, "return", "y", "every_output(layers)[0]")),
)


def _number(key: str, number: Callable[[int, int], int]) -> Mistake:
    return Mistake(f"count_paths.{key}", before=lambda arguments: arguments | {"number": number})


def _of_lattice(T: int, L: int) -> int:
    return math.comb(T + L - 2, L - 1) if T > 0 and L > 0 else 0


def _with_diagonals(T: int, L: int) -> int:
    counts = [[1] * T for _ in range(L)]
    for row in range(1, L):
        for t in range(1, T):
            counts[row][t] = counts[row - 1][t] + counts[row][t - 1] + counts[row - 1][t - 1]
    return counts[-1][-1]


PATHS: tuple[Mistake, ...] = (
    _number("one-step-more", lambda T, L: _of_lattice(T + 1, L)),
    _number("one-layer-more", lambda T, L: _of_lattice(T, L + 1)),
    _number("cells-for-moves", lambda T, L: _of_lattice(T + 1, L + 1)),
    _number("one-step-less", lambda T, L: _of_lattice(T - 1, L)),
    _number("one-layer-less", lambda T, L: _of_lattice(T, L - 1)),
    _number("cells", lambda T, L: T * L),
    _number("moves", lambda T, L: T + L - 2),
    _number("length", lambda T, L: T + L - 1),
    _number("free-moves", lambda T, L: 2 ** (T + L - 2)),
    _number("diagonals", _with_diagonals),
    _number("orders", lambda T, L: math.factorial(T + L - 2) // math.factorial(T - 1)),
    _number("all-orders", lambda T, L: math.factorial(T + L - 2)),
    _number("layers-to-the-steps", lambda T, L: L ** (T - 1)),
)

_PRODUCTS, _STEP = "jacobians.products", "rnn.step_backward"
_SLOPE = (_STEP, "da", "1 - cache.h ** 2")
_BACK = "masked_product_backward(da, params.W_hh, masks.h)"
_MULTIPLIED = (_PRODUCTS, "product", "product @ jacobian")
_FIRST = "np.eye(jacobians.shape[-1])"
_ALL = (_PRODUCTS, "return", "np.stack(found)")

JACOBIAN: tuple[Mistake, ...] = (
    edit("state_jacobian.order", (*_MULTIPLIED, "jacobian @ product")),
    Mistake("state_jacobian.transposed", after=_changed("jacobian", np.transpose)),
    edit("state_jacobian.weights-transposed", (_STEP, "return", "params.W_hh", "params.W_hh.T")),
    edit(
        "state_jacobian.slope-by-column",
        (_STEP, "return", _BACK, _BACK.replace("da", "dh") + " * (1 - cache.h ** 2)"),
    ),
    edit("state_jacobian.no-slope", (*_SLOPE, "1")),
    edit("state_jacobian.slope-not-squared", (*_SLOPE, "1 - cache.h")),
    edit("state_jacobian.slope-of-tanh", (*_SLOPE, "1 - tanh(cache.h) ** 2")),
    edit("state_jacobian.slope-of-sigmoid", (*_SLOPE, "cache.h * (1 - cache.h)")),
    edit("state_jacobian.no-weights", (_STEP, "return", _BACK, "da")),
    edit("state_jacobian.last-step-only", (*_ALL, "np.stack(found[:2])")),
    edit("state_jacobian.first-step-only", (*_MULTIPLIED, "jacobian")),
    edit("state_jacobian.first-step-left-out", (*_ALL, "np.stack(found[:-1])")),
    edit(
        "state_jacobian.last-step-left-out",
        (_PRODUCTS, "", "jacobians[::-1]", "jacobians[:-1][::-1]"),
    ),
    edit(
        "state_jacobian.element-wise",
        (_PRODUCTS, "product", _FIRST, "np.ones(jacobians.shape[-2:])"),
        (*_MULTIPLIED, "product * jacobian"),
    ),
    edit("state_jacobian.diagonal-only", (*_MULTIPLIED, "product * jacobian")),
    edit(
        "state_jacobian.added",
        (_PRODUCTS, "product", _FIRST, "np.zeros(jacobians.shape[-2:])"),
        (*_MULTIPLIED, "product + jacobian"),
    ),
)
