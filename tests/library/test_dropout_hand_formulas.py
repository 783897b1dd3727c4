"""The backward equations and the table of the dropout chapter's worked example, unit by unit."""

from __future__ import annotations

import numpy as np

from lessons_lib import dropout, lstm, masks


def test_the_equations_and_the_table_of_the_worked_example_are_those_of_the_library():
    drawing = np.random.default_rng(5)
    wide = lstm.Params(np.zeros((20, 1)), np.zeros((20, 5)), np.zeros(20))
    a, *given = (drawing.standard_normal((2, n)) for n in (20, 5, 5, 5, 5))
    h_old, c_old, dh, dc = given
    m = np.array([[1.0, 0, 1, 1, 0], [0, 1, 1, 0, 1]])
    keep_h, keep_c = m[:, ::-1] == 1, m == 1
    by_table = (  # masks, h-tilde's gradient, and what multiplies d c-tilde and adds to dc
        (dropout.Masks(), dh, 1, 0, 1),
        (dropout.Masks(c=m, y=2.0), 2 * dh, m, 0, 1),
        (dropout.Masks(g=2 * m), dh, 1, 0, 2 * m),
        (dropout.Masks(keep_h=keep_h, keep_c=keep_c), ~keep_h * dh, 1, keep_c, 1),
    )
    for drawn, dh_new, m_c, kept_c, m_g in by_table:
        i, f, _, o = np.split(1 / (1 + np.exp(-a)), 4, axis=1)
        g = np.tanh(a[:, 10:15])
        c_new = m_c * (f * c_old + i * m_g * g)
        dc_new = m_c * ((1 - kept_c) * dc + dh_new * o * (1 - np.tanh(c_new) ** 2))
        expected = [dc_new * m_g * g * i * (1 - i), dc_new * c_old * f * (1 - f)]
        expected += [m_g * dc_new * i * (1 - g**2), dh_new * np.tanh(c_new) * o * (1 - o)]
        _, cache = masks.masked_step(lstm.CELL, wide, a, (h_old, c_old), drawn)
        da, (_, dc_old) = masks.masked_step_backward(lstm.CELL, wide, cache, (dh, dc), drawn)
        assert np.allclose(da, np.concatenate(expected, axis=1), atol=1e-14)
        assert np.allclose(dc_old, f * dc_new + kept_c * dc, atol=1e-14)
