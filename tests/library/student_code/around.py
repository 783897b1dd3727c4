"""A learner's tools around a network: clipping, two directions, finite differences."""

import numpy as np


def clip_by_norm(grads, max_norm):
    squares = [np.sum(g**2) for g in grads]
    norm = np.sqrt(sum(squares))
    if norm > max_norm:
        factor = max_norm / norm
        return [factor * g for g in grads]
    return grads


def clip_by_value(grads, limit):
    clipped = []
    for g in grads:
        g = np.minimum(g, limit)
        g = np.maximum(g, -limit)
        clipped.append(g)
    return clipped


def bidirectional_merge(y_forward, y_backward):
    T = len(y_forward)
    first = y_forward
    second = np.array([y_backward[T - 1 - t] for t in range(T)])
    return np.concatenate((first, second), axis=2)


def padded_reverse(x, lengths):
    y = np.zeros_like(x)
    for n, L in enumerate(lengths):
        for t in range(L):
            y[t, n] = x[L - 1 - t, n]
    return y


def numerical_gradient(f, x, step):
    gradient = np.zeros_like(x)
    for row in range(x.shape[0]):
        for column in range(x.shape[1]):
            up, down = x.copy(), x.copy()
            up[row, column] += step
            down[row, column] -= step
            gradient[row, column] = (f(up) - f(down)) / (2 * step)
    return gradient
