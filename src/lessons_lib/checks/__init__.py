"""Checks of a learner's functions; they report what is wrong and, where possible, why.

    from lessons_lib import checks

    print(checks.lstm_step)  # what the function takes and returns
    checks.lstm_step(my_step, lang="ko")

A check compares the function with the library's on random cases, in float64 and with sizes that all
differ. ``python -m lessons_lib.checks FILE.py`` checks each function of a file that has the name of
a check.

The conventions
---------------
Plain arrays, in the order of the equations: the input, the state, the parameters. ``lstm_step(x,
h_prev, c_prev, W_ih, W_hh, b)`` returns h, c. A backward function takes the gradients of the
forward function's results, then the forward function's arguments, and returns the gradients of
these: ``lstm_step_backward(dh, dc, x, h_prev, c_prev, W_ih, W_hh, b)`` returns dx, dh_prev,
dc_prev, dW_ih, dW_hh, db. It recomputes the parts of the forward pass that it needs, so that each
function is checked by itself. The names of arguments are free.

`run_apart` calls any other function in the process in which checks run a learner's functions.

A function may be written for NumPy arrays or for torch tensors; torch is used only if it is already
loaded and the function needs tensors.
"""

from .apart import run_apart as run_apart
from .cells import checks_of
from .check import CHECKS
from .masks import (
    non_recurrent_dropout,
    recurrent_dropout,
    rnndrop,
    variational_dropout,
    weight_drop,
    zoneout,
)
from .recurrences import linear_combine, linear_scan, linear_scan_backward, min_gru_pairs
from .stacked import count_paths, stacked_forward, state_jacobian
from .tools import (
    bidirectional_merge,
    clip_by_norm,
    clip_by_value,
    numerical_gradient,
    padded_reverse,
)

rnn_step, rnn_step_backward, rnn_forward, rnn_backward, rnn_truncated_backward = checks_of("rnn")
lstm_step, lstm_step_backward, lstm_forward, lstm_backward, lstm_truncated_backward = checks_of(
    "lstm"
)
gru_step, gru_step_backward, gru_forward, gru_backward, gru_truncated_backward = checks_of("gru")

CHECKS.update(
    (check.name, check)
    for check in (
        *(rnn_step, rnn_step_backward, rnn_forward, rnn_backward, rnn_truncated_backward),
        *(lstm_step, lstm_step_backward, lstm_forward, lstm_backward, lstm_truncated_backward),
        *(gru_step, gru_step_backward, gru_forward, gru_backward, gru_truncated_backward),
        *(clip_by_norm, clip_by_value, bidirectional_merge, padded_reverse, numerical_gradient),
        *(non_recurrent_dropout, rnndrop, variational_dropout),
        *(weight_drop, recurrent_dropout, zoneout),
        *(min_gru_pairs, linear_combine, linear_scan, linear_scan_backward),
        *(stacked_forward, count_paths, state_jacobian),
    )
)
