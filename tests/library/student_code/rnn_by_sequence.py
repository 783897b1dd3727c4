"""A learner's RNN: one sequence and one step at a time, with vectors."""

import numpy as np


def rnn_step(x, h_prev, W_ih, W_hh, b):
    h = np.empty_like(h_prev)
    for n in range(len(x)):
        total = np.dot(W_ih, x[n]) + np.dot(W_hh, h_prev[n]) + b
        h[n] = np.tanh(total)
    return h


def rnn_step_backward(dh, x, h_prev, W_ih, W_hh, b):
    dx, dh_prev = np.zeros_like(x), np.zeros_like(h_prev)
    dW_ih, dW_hh, db = np.zeros_like(W_ih), np.zeros_like(W_hh), np.zeros_like(b)
    after = rnn_step(x, h_prev, W_ih, W_hh, b)
    for n in range(len(x)):
        slope = 1 - after[n] * after[n]
        delta = dh[n] * slope
        state = h_prev[n]
        dx[n] = delta.dot(W_ih)
        dh_prev[n] = delta.dot(W_hh)
        dW_ih += np.outer(delta, x[n])
        dW_hh += np.outer(delta, state)
        db += delta
    return dx, dh_prev, dW_ih, dW_hh, db


def rnn_forward(x, h0, W_ih, W_hh, b):
    h = h0
    y = np.zeros((len(x), *h0.shape))
    for t in range(len(x)):
        now = rnn_step(x[t], h, W_ih, W_hh, b)
        h = now
        y[t] = now
    return y, now


def rnn_backward(dy, dh_T, x, h0, W_ih, W_hh, b):
    y, _ = rnn_forward(x, h0, W_ih, W_hh, b)
    dx = np.zeros_like(x)
    grads = [np.zeros_like(W_ih), np.zeros_like(W_hh), np.zeros_like(b)]
    dh = dh_T
    for t in range(len(x) - 1, -1, -1):
        before = y[t - 1] if t > 0 else h0
        from_above = dy[t]
        dx_t, dh, *parts = rnn_step_backward(from_above + dh, x[t], before, W_ih, W_hh, b)
        dx[t] = dx_t
        grads = [g + p for g, p in zip(grads, parts, strict=True)]
    return dx, dh, *grads


def rnn_truncated_backward(dy, dh_T, x, h0, W_ih, W_hh, b, k):
    y, _ = rnn_forward(x, h0, W_ih, W_hh, b)
    T = len(x)
    dx, dh_first = [], None
    total = np.zeros(W_ih.size + W_hh.size + b.size)
    for start in range(0, T, k):
        stop = min(start + k, T)
        state = h0 if start == 0 else y[start - 1]
        end = dh_T if stop == T else np.zeros_like(h0)
        part = rnn_backward(dy[start:stop], end, x[start:stop], state, W_ih, W_hh, b)
        dx.append(part[0])
        dh_first = part[1] if start == 0 else dh_first
        flat = np.concatenate([g.ravel() for g in part[2:]])
        total = total + flat
    a, c = W_ih.size, W_hh.size
    dW_ih, dW_hh = total[:a].reshape(W_ih.shape), total[a : a + c].reshape(W_hh.shape)
    return np.concatenate(dx), dh_first, dW_ih, dW_hh, total[a + c :]
