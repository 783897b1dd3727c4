"""`Loop` with compiled passes. This module needs llvmlite."""

from __future__ import annotations

from typing import Any

from ..arrays import Array
from ..cell import Cell, Gradients, State
from ..masks import Masks
from ..trace import compiled
from .loop import Loop, empty_like

#: Rows (steps times sequences) whose products with the input are in memory at once.
ROWS = 2048


class CompiledLoop(Loop):
    """The passes of `trace.compiled`; by hand for cells that cannot be compiled."""

    def forward(
        self, cell: Cell, params: Any, x: Array, state: State, masks: Masks
    ) -> tuple[Array, State, Any]:
        """Run a cell over a sequence; y may share memory with the trace."""
        program = compiled.program_if_possible(cell, params, x, masks, self.keep)
        if program is None:
            return super().forward(cell, params, x, state, masks)
        if not self.keep:
            return *_in_stretches(program, cell, params, x, state, masks), None
        y, last, trace = compiled.run(program, cell, params, x, state, masks, True)
        # what it has only written is free for others; `backward` takes what is free then
        return y, last, trace._replace(scratch=())

    def backward(self, cell: Cell, params: Any, trace: Any, dy: Array, dstate: State) -> Gradients:
        """Backpropagate through `forward`, as `scan.backward` does."""
        if isinstance(trace, compiled.Trace):
            return compiled.backward(cell, params, trace, dy, dstate)
        return super().backward(cell, params, trace, dy, dstate)


def _in_stretches(
    program: Any, cell: Cell, params: Any, x: Array, state: State, masks: Masks
) -> tuple[Array, State]:
    """Run forward without a trace, in little memory however long the sequence."""
    T, N = x.shape[:2]
    each = max(1, ROWS // max(N, 1))
    if each >= T:
        y, state, _ = compiled.run(program, cell, params, x, state, masks, False)
        return y, state
    y_all = empty_like(x, (T, *state[0].shape))
    for start in range(0, T, each):
        end = start + each
        own = masks.between(start, end)
        y, state, _ = compiled.run(program, cell, params, x[start:end], state, own, False)
        y_all[start:end] = y
    return y_all, state
