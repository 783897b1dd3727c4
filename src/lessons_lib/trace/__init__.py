"""Recordings of a cell's operations, and the programs made from them: compiled code, JavaScript.

`recorder` runs a cell's functions on symbols and keeps a list of operations (`recording`), which
`execute` runs with NumPy or torch; `cells` records the parts of a cell.

From recordings, two modules make programs: `javascript`, functions for a page, and `compiled`, a
loop over time for the CPU, which needs llvmlite and is imported by name. The layers of
`torch_modules` run it under autograd. The order of computation comes from `normal` and `plan`.

    from lessons_lib import lstm, trace
    print(trace.record_step(lstm.CELL).forward)
"""

from .cells import (
    Passes,
    record_input_gradient,
    record_readout,
    record_sequence,
    record_step,
    record_weight_gradients,
)
from .execute import execute
from .recorder import Recorder, RecordingError
from .recording import Recording, Value

__all__ = [
    "Passes",
    "Recorder",
    "Recording",
    "RecordingError",
    "Value",
    "execute",
    "record_input_gradient",
    "record_readout",
    "record_sequence",
    "record_step",
    "record_weight_gradients",
]
