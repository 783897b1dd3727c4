"""A working programmer's tools, short and with comprehensions."""

import math

import numpy as np


def clip_by_norm(grads, max_norm):
    total = math.sqrt(sum(float(np.vdot(g, g)) for g in grads))
    scale = max_norm / total if total > max_norm else 1.0
    return [g * scale for g in grads]


def clip_by_value(grads, limit):
    return [np.clip(g, -limit, limit) for g in grads]


def bidirectional_merge(y_forward, y_backward):
    return np.concatenate([y_forward, y_backward[::-1]], axis=-1)


def padded_reverse(x, lengths):
    y = np.copy(x)
    for n, length in enumerate(lengths):
        y[:length, n] = x[:length, n][::-1]
    return y


def numerical_gradient(f, x, step):
    grad = np.zeros(x.shape)
    for idx in np.ndindex(*x.shape):
        plus, minus = x.copy(), x.copy()
        plus[idx] += step
        minus[idx] -= step
        grad[idx] = (f(plus) - f(minus)) / (2 * step)
    return grad
