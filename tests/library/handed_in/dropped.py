"""A student of the dropout chapter: one generic LSTM loop, hooks for masks."""

import numpy as np


def sig(a):
    return np.exp(-np.logaddexp(0, -a))


def four(x, h, W_ih, W_hh, b):
    i, f, g, o = np.split(x @ W_ih.T + h @ W_hh.T + b, 4, axis=1)
    return sig(i), sig(f), np.tanh(g), sig(o)


def non_recurrent_dropout(x, h0, c0, W_ih, W_hh, b, draws_x, draws_y, rate, training):
    keep = 1 - rate
    if training:
        x = x * draws_x / keep
    h, c, out = h0, c0, []
    for t in range(len(x)):
        i, f, g, o = four(x[t], h, W_ih, W_hh, b)
        c = f * c + i * g
        h = o * np.tanh(c)
        out.append(h)
    y = np.array(out)
    if training:
        y = y * draws_y / keep
    return y, h, c


def rnndrop(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    h, c, out = h0, c0, []
    for t in range(len(x)):
        i, f, g, o = four(x[t], h, W_ih, W_hh, b)
        c = f * c + i * g
        if training:
            c = c * draws[0]
        h = o * np.tanh(c)
        if training:
            h = h / (1 - rate)
        out.append(h)
    return np.array(out), h, c


def variational_dropout(x, h0, c0, W_ih, W_hh, b, draws_x, draws_h, rate, training):
    m_x = draws_x[0] / (1 - rate) if training else 1.0
    m_h = draws_h[0] / (1 - rate) if training else 1.0
    h, c, out = h0, c0, []
    for t in range(len(x)):
        i, f, g, o = four(x[t] * m_x, h * m_h, W_ih, W_hh, b)
        c = f * c + i * g
        h = o * np.tanh(c)
        out.append(h)
    return np.array(out), h, c


def weight_drop(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    U = W_hh * draws / (1 - rate) if training else W_hh
    h, c, out = h0, c0, []
    for t in range(len(x)):
        i, f, g, o = four(x[t], h, W_ih, U, b)
        c = f * c + i * g
        h = o * np.tanh(c)
        out.append(h)
    return np.array(out), h, c


def recurrent_dropout(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    h, c, out = h0, c0, []
    for t in range(len(x)):
        i, f, g, o = four(x[t], h, W_ih, W_hh, b)
        m = draws[t] / (1 - rate) if training else 1.0
        c = f * c + i * (g * m)
        h = o * np.tanh(c)
        out.append(h)
    return np.array(out), h, c


def zoneout(x, h0, c0, W_ih, W_hh, b, keep_h, keep_c, rate, training):
    h, c, out = h0, c0, []
    for t in range(len(x)):
        i, f, g, o = four(x[t], h, W_ih, W_hh, b)
        new_c = f * c + i * g
        new_h = o * np.tanh(new_c)
        k_h = keep_h[t] if training else rate
        k_c = keep_c[t] if training else rate
        h = k_h * h + (1 - k_h) * new_h
        c = k_c * c + (1 - k_c) * new_c
        out.append(h)
    return np.array(out), h, c
