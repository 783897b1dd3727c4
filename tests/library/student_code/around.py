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


def min_gru_pairs(x, W_ih, b):
    units = len(b) // 2
    projected = np.einsum("tnd,kd->tnk", x, W_ih) + b
    gate, new = projected[..., :units], projected[..., units:]
    keep = 1 / (1 + np.exp(-gate))
    return keep, new - keep * new


def linear_combine(a, b, a_next, b_next):
    product = a * a_next
    total = b * a_next + b_next
    return product, total


def linear_scan(a, b, h0):
    sums, products = b.copy(), a.copy()
    shift = 1
    while shift < len(a):
        pairs = list(zip(products.copy(), sums.copy(), strict=True))
        for t in range(shift, len(a)):
            products[t], sums[t] = linear_combine(*pairs[t - shift], *pairs[t])
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
