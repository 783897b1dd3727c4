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


def linear_scan(a, b, h0):
    sums, products = b.copy(), a.copy()
    shift = 1
    while shift < len(a):
        old_sums, old_products = sums.copy(), products.copy()
        for t in range(shift, len(a)):
            sums[t] = old_products[t] * old_sums[t - shift] + old_sums[t]
            products[t] = old_products[t] * old_products[t - shift]
        shift = 2 * shift
    return sums + products * h0


def linear_scan_backward(dy, a, b, h0):
    steps = len(a)
    states = [h0]
    for t in range(steps):
        states.append(a[t] * states[-1] + b[t])
    da, db = np.zeros_like(a), np.zeros_like(b)
    from_later = np.zeros_like(h0)
    for t in range(steps - 1, -1, -1):
        db[t] = dy[t] + from_later
        da[t] = db[t] * states[t]
        from_later = db[t] * a[t]
    return da, db, from_later
