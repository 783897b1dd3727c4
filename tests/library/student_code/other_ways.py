"""A learner's functions in yet other ways: nothing copied, one product, results as a list."""

import numpy as np


def expit(a):
    e = np.exp(-np.abs(a))
    return np.where(a > 0, 1, e) / (1 + e)


def rnn_step(*args):
    x, h, W_ih, W_hh, b = args
    return (np.tanh(np.concatenate([h, x], 1) @ np.concatenate([W_hh, W_ih], 1).T + b),)


def lstm_step(x, h_prev, c_prev, W_ih, W_hh, b):
    N, H = h_prev.shape
    a = np.einsum("ni,ki->nk", x, W_ih) + np.einsum("nh,kh->nk", h_prev, W_hh) + b
    i, f, g, o = a.reshape(N, 4, H).transpose(1, 0, 2)
    c = expit(f) * c_prev + expit(i) * np.tanh(g)
    return [expit(o) * np.tanh(c), c]


def gru_step(x, h_prev, W_ih, W_hh, b, b_hn):
    H = h_prev.shape[1]
    a, u = x @ W_ih.T + b, h_prev @ W_hh.T
    r = 0.5 * (1 + np.tanh((a + u)[:, :H] / 2))
    z = 0.5 * (1 + np.tanh((a + u)[:, H : 2 * H] / 2))
    n = np.tanh(a[:, 2 * H :] + r * (u[:, 2 * H :] + b_hn))
    return (1 - z) * n + z * h_prev


def rnn_backward(dy, dh_T, x, h0, W_ih, W_hh, b):
    T, N, _ = x.shape
    h = [h0]
    for t in range(T):
        h.append(*rnn_step(x[t], h[t], W_ih, W_hh, b))
    dy = dy.copy()
    dy[-1] += dh_T
    delta = np.zeros((T + 1, *h0.shape))
    for t in range(T - 1, -1, -1):
        delta[t] = (dy[t] + delta[t + 1] @ W_hh) * (1 - h[t + 1] ** 2)
    flat = delta[:-1].reshape(T * N, -1)
    dW_hh = flat.T @ np.array(h[:-1]).reshape(T * N, -1)
    return delta[:-1] @ W_ih, delta[0] @ W_hh, flat.T @ x.reshape(T * N, -1), dW_hh, flat.sum(0)


def clip_by_norm(grads, max_norm):
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads]))
    return tuple(g * min(1.0, max_norm / (norm + 1e-6)) for g in grads)


def clip_by_value(grads, limit):
    return [np.clip(g, -limit, limit) for g in grads]


def padded_reverse(x, lengths):
    y = x.copy()
    for n, L in enumerate(lengths):
        y[:L, n] = x[:L, n][::-1]
    return y


def numerical_gradient(f, x, step):
    gradient = np.empty(x.shape)
    for k in np.ndindex(x.shape):
        old = x[k]
        x[k] += step
        above = f(x)
        x[k] -= 2 * step
        below = f(x)
        x[k] = old
        gradient[k] = (above - below) / step / 2
    return gradient
