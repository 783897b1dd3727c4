"""Step by step with a compiled cell: weights are packed once, and memory is used again.

    step = Decoder(lstm.CELL, params, N=1)
    for x in inputs:  # of shape (N, D)
        h, c = step(x)

For reading or writing one symbol after another, where a call of `compiled.forward` for a single
step would prepare more than it computes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array
from ..cell import Cell, State
from ..masks import NO_MASKS
from .compiled import program_of
from .table import Job, of_params, packs_of


class Decoder:
    """A cell, its weights, and its state.

    Parameters
    ----------
    cell : Cell
    params : the cell's Params, NumPy arrays
        Read once: later changes do not matter.
    N : int, optional
        How many sequences run beside each other.
    state : tuple of arrays of shape (N, H), optional
        The initial state; zeros by default.

    Raises
    ------
    RecordingError
        The cell does something that cannot be compiled.
    """

    def __init__(self, cell: Cell, params: Any, N: int = 1, state: State | None = None) -> None:
        D, widths = cell.sizes(params)["D"], cell.state_widths(params)
        self._x = np.zeros((1, N, D), params.W_ih.dtype)
        self._program = program_of(cell, params, self._x, NO_MASKS, keep=False)
        arrays: dict[str, Any] = {**of_params(params), "x": self._x}
        before = self._program.passes.get("before")
        for name, width in before.padded.items() if before else ():
            arrays[name] = np.empty((1, N, width), self._x.dtype)
        states = [np.zeros((2, 1, N, width), self._x.dtype) for width in widths]
        self._states = [tuple(s[turn, 0] for s in states) for turn in (0, 1)]
        self._turn = 0
        names = ("before", "forward") if before else ("forward",)
        packs = {name: packs_of(self._program, name, arrays) for name in names}
        self._jobs = []
        for turn in (0, 1):  # what one step writes, the next one reads
            for name, s in zip(cell.state_names, states, strict=True):
                arrays[name], arrays[f"new_{name}"] = s[turn], s[1 - turn]
            self._jobs.append(
                [Job(self._program, name, dict(arrays), 1, N, packs[name]) for name in names]
            )
        self._runs = [[job.runner() for job in jobs] for jobs in self._jobs]
        if state is not None:
            self.state = state

    def __call__(self, x: Array) -> State:
        """Take a step.

        Parameters
        ----------
        x : array of shape (N, D)

        Returns
        -------
        tuple of arrays of shape (N, H)
            The state after the step.
        """
        self._x[0] = x
        turn = self._turn
        for run in self._runs[turn]:
            run()
        self._turn = turn = 1 - turn
        # as `state` does it, in less time: at N = 1 each call counts
        return tuple([part.copy() for part in self._states[turn]])

    @property
    def state(self) -> State:
        """The state, as arrays of its own; may be set."""
        return tuple(part.copy() for part in self._states[self._turn])

    @state.setter
    def state(self, state: State) -> None:
        for part, given in zip(self._states[self._turn], state, strict=True):
            part[...] = given
