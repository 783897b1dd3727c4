"""A learner's dropouts: one LSTM, written six times over with a mask in another place."""

import numpy as np


def logistic(a):
    return 1 / (1 + np.exp(-a))


def cell(x, h, c, W_ih, W_hh, b):
    i, f, g, o = np.split(x @ W_ih.T + h @ W_hh.T + b, 4, axis=-1)
    return logistic(f) * c, logistic(i), np.tanh(g), logistic(o)


def non_recurrent_dropout(x, h0, c0, W_ih, W_hh, b, draws_x, draws_y, rate, training):
    h, c, ys = h0, c0, []
    mask_x, mask_y = np.ones_like(draws_x), np.ones_like(draws_y)
    if training:
        mask_x, mask_y = draws_x / (1 - rate), draws_y / (1 - rate)
    for t in range(len(x)):
        kept, i, g, o = cell(x[t] * mask_x[t], h, c, W_ih, W_hh, b)
        c = kept + i * g
        h = o * np.tanh(c)
        ys.append(h * mask_y[t])
    return np.array(ys), h, c


def rnndrop(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    h, c, ys = h0, c0, []
    for t in range(len(x)):
        mask = draws[0] if training else 1.0
        factor = 1 / (1 - rate) if training else 1.0
        kept, i, g, o = cell(x[t], h, c, W_ih, W_hh, b)
        c = mask * (kept + i * g)
        h = factor * o * np.tanh(c)
        ys.append(h)
    return np.array(ys), h, c


def variational_dropout(x, h0, c0, W_ih, W_hh, b, draws_x, draws_h, rate, training):
    h, c, ys = h0, c0, []
    for t in range(len(x)):
        mask_x = draws_x[0] / (1 - rate)
        mask_h = draws_h[0] / (1 - rate)
        if not training:
            mask_x = mask_h = 1
        kept, i, g, o = cell(x[t] * mask_x, h * mask_h, c, W_ih, W_hh, b)
        c = kept + i * g
        h = o * np.tanh(c)
        ys.append(h)
    return np.array(ys), h, c


def weight_drop(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    h, c, ys = h0, c0, []
    W = W_hh * draws / (1 - rate) if training else W_hh
    for t in range(len(x)):
        kept, i, g, o = cell(x[t], h, c, W_ih, W, b)
        c = kept + i * g
        h = o * np.tanh(c)
        ys.append(h)
    return np.array(ys), h, c


def recurrent_dropout(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    h, c, ys = h0, c0, []
    for t in range(len(x)):
        read = h
        kept, i, g, o = cell(x[t], read, c, W_ih, W_hh, b)
        if training:
            g = g * draws[t] / (1 - rate)
        c = kept + i * g
        h = o * np.tanh(c)
        ys.append(h)
    return np.array(ys), h, c


def zoneout(x, h0, c0, W_ih, W_hh, b, keep_h, keep_c, rate, training):
    h, c, ys = h0, c0, []
    for t in range(len(x)):
        stay_h = keep_h[t] if training else rate
        stay_c = keep_c[t] if training else rate
        kept, i, g, o = cell(x[t], h, c, W_ih, W_hh, b)
        new_c = kept + i * g
        new_h = o * np.tanh(new_c)
        c = stay_c * c + (1 - stay_c) * new_c
        h = stay_h * h + (1 - stay_h) * new_h
        ys.append(h)
    return np.array(ys), h, c
