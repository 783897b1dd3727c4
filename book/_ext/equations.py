"""The library's equations as JavaScript, under the names by which moving figures call them.

Each entry returns an expression. A figure's script that says ``equations.lstm`` gets the entry
``lstm``, recorded from the library when the site is built; nobody writes a cell's arithmetic in
JavaScript.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from lessons_lib import gru, lstm, rnn, scan
from lessons_lib.cell import Cell
from lessons_lib.lab import show_source
from lessons_lib.trace import Recording, javascript, record_sequence

from . import charlm_equations
from .dropout_equations import dropouts, lstm_dropout

#: The gradients that `lstm.step_backward` computes on its way, which the cell's diagram shows.
LSTM_GRADIENTS = ("do", "dc", "di", "df", "dg")


#: The same for both GRUs.
GRU_GRADIENTS = ("dz", "dn", "dr", "dq")


def lstm_states() -> str:
    """Return an LSTM's step and its backward pass without gradients of the weights, which is fast.

    The weights of these LSTMs stay as they are.
    """
    forward, backward = record_sequence(lstm.CELL)
    kept = {name: d for name, d in backward.outputs.items() if not name.startswith("grad_")}
    return (
        f"{{\nstep: {javascript.function(forward)},\n"
        f"stepBackward: {javascript.function(Recording(kept))}\n}}"
    )


def lstm_sample() -> dict[str, Any]:
    """Return an untrained LSTM of a few units and an input of 50 steps, rounded for the page."""
    rng = np.random.default_rng(0)
    params = lstm.init_params(2, 8, rng)
    x = rng.standard_normal((50, 2))
    return {
        "sizes": lstm.CELL.sizes(params),
        "params": {name: _rounded(array) for name, array in params._asdict().items()},
        "x": [_rounded(row) for row in x],
    }


def rnn_sample() -> dict[str, Any]:
    """Return an RNN whose recurrent weights have spectral radius 1, 50 inputs, and a gradient."""
    rng = np.random.default_rng(2)
    params = rnn.init_params(2, 16, rng)
    radius = np.abs(np.linalg.eigvals(params.W_hh)).max()
    return {
        "H": 16,
        "W_ih": _rounded(params.W_ih),
        "W_hh": _rounded(params.W_hh / radius),
        "x": [_rounded(row) for row in rng.standard_normal((50, 2))],
        "dh": _rounded(rng.standard_normal(16)),
    }


def _rounded(array: np.ndarray) -> list[float]:
    return array.round(3).ravel().tolist()


def rnn_step() -> str:
    """Return the plain network's step, which also returns its sums before tanh, as ``a``."""
    forward = record_sequence(rnn.CELL).forward
    (a,) = forward.outputs["new_h"].arguments
    return javascript.function(Recording(forward.outputs | {"a": a}))


def rnn_backward() -> str:
    """Return the plain network's backward pass of one step, which also returns dh_t and da_t.

    dh_t, the sum of what comes from the output and from the next step, is ``total``.
    """
    backward = record_sequence(rnn.CELL).backward.with_variables(["da"])
    total = backward.outputs["variable_da"].arguments[0]
    return javascript.function(Recording(backward.outputs | {"total": total}))


def gru_cell(cell: Cell) -> str:
    """Return a GRU whose step also returns the two terms of the sum below tanh.

    They are the input's part, ``variable_a_n``, and the state's, ``state_part``.
    """
    forward = record_sequence(cell).forward.with_variables(["n"])
    (total,) = forward.outputs["variable_n"].arguments
    a_n, state_part = total.arguments
    outputs = {**record_sequence(cell).forward.outputs, "variable_a_n": a_n}
    step = javascript.function(Recording(outputs | {"state_part": state_part}))
    return f"{{ ...{javascript.cell(cell, variables=GRU_GRADIENTS)}, step: {step} }}"


def bptt_lines() -> list[dict[str, str]]:
    """Return the lines of source that a step of backpropagation through time runs, in order.

    Each has the name of its arrow in the figure, and the label of its equation.
    """
    lines = (
        ("hidden", scan.backward, "dstate = (dy[t]", "eq-bptt-hidden"),
        ("slope", rnn.step_backward, "da = ", "eq-bptt-pre"),
        ("carried", rnn.step_backward, "return da", "eq-bptt-hidden"),
        ("weights", scan.backward, "grads = ", "eq-bptt-weights"),
    )
    return [
        {
            "name": name,
            "function": f"{function.__module__.rpartition('.')[2]}.{function.__name__}",
            "code": line_of(function, begins),
            "equation": f"equation-{label}",
        }
        for name, function, begins, label in lines
    ]


def line_of(function: Callable[..., Any], begins: str) -> str:
    """Return the one line of a function, shown without masks, that begins like this."""
    shown = str(show_source(function, masks=False)).splitlines()
    (line,) = (line.strip() for line in shown if line.strip().startswith(begins))
    return line.partition("  #")[0]


EQUATIONS: dict[str, Callable[[], str]] = {
    "gru": lambda: gru_cell(gru.CELL),
    "gru_before": lambda: gru_cell(gru.CELL_BEFORE),
    "lstm": lambda: javascript.cell(lstm.CELL, variables=LSTM_GRADIENTS),
    "lstm_states": lstm_states,
    "rnn": lambda: javascript.cell(rnn.CELL),
    "rnn_relu": lambda: javascript.cell(rnn.CELL_RELU),
    "rnn_sample": lambda: json.dumps(rnn_sample(), separators=(",", ":")),
    "lstm_dropout": lstm_dropout,
    "dropouts": lambda: json.dumps(dropouts(), separators=(",", ":")),
    "rnn_step": rnn_step,
    "rnn_backward": rnn_backward,
    "bptt_lines": lambda: json.dumps(bptt_lines()),
    "lstm_sample": lambda: json.dumps(lstm_sample(), separators=(",", ":")),
    "charlm": charlm_equations.charlm,
    "letters": lambda: json.dumps(charlm_equations.letters(), ensure_ascii=False),
}

#: What a page fetches only when its reader asks for it, by name, in the page's language.
LATER: dict[str, Callable[[str], Any]] = {"charlm_model": charlm_equations.model}


@functools.cache
def equation(name: str) -> str:
    """Return the script that defines ``equations.NAME``.

    Raises
    ------
    KeyError
        There is no such entry.
    """
    return f"equations.{name} = {_entry('equations', EQUATIONS, name)()};\n"


@functools.cache
def later(name: str, language: str) -> str:
    """Return the script that defines ``later.NAME``.

    Raises
    ------
    KeyError
        There is no such entry.
    """
    made = _entry("later", LATER, name)(language)
    return f"later.{name} = {json.dumps(made, ensure_ascii=False, separators=(',', ':'))};\n"


def _entry(what: str, table: dict[str, Callable[..., Any]], name: str) -> Callable[..., Any]:
    if name not in table:
        raise KeyError(f"{what}: got {name!r}, expected one of {', '.join(table)}")
    return table[name]
