"""Correct functions that few would write."""

import functools
import itertools
import math
import operator

import numpy as np
import torch


def rnn_step__matrix_with_ones(x, h_prev, W_ih, W_hh, b):
    """One product of rows with a 1 at the end."""
    rows = np.c_[x, h_prev, np.ones(len(x))]
    return np.tanh(rows @ np.r_[W_ih.T, W_hh.T, b[None]])


def rnn_step__elements(x, h_prev, W_ih, W_hh, b):
    """Four nested loops and math.tanh."""
    h = np.empty_like(h_prev)
    for n in range(x.shape[0]):
        for j in range(b.size):
            a = b[j]
            for d in range(x.shape[1]):
                a += W_ih[j, d] * x[n, d]
            for k in range(b.size):
                a += W_hh[j, k] * h_prev[n, k]
            h[n, j] = math.tanh(a)
    return h


def rnn_step__exponentials(x, h_prev, W_ih, W_hh, b):
    """tanh by exp of the negative absolute value, safe for large inputs."""
    a = x @ W_ih.T + h_prev @ W_hh.T + b
    e = np.exp(-2 * np.abs(a))
    return np.copysign((1 - e) / (1 + e), a)


def rnn_step__columns(x, h_prev, W_ih, W_hh, b):
    """The equation as in the book, with sequences in columns."""
    return np.tanh(W_ih @ x.T + W_hh @ h_prev.T + b.reshape(-1, 1)).T


class _Step:
    def __init__(self, activation):
        self.activation = activation

    def __call__(self, x, h_prev, W_ih, W_hh, b):
        return self.activation(x @ W_ih.T + h_prev @ W_hh.T + b)


rnn_step__an_object = _Step(np.tanh)
rnn_step__partial = functools.partial(lambda f, *a: f(*a), _Step(np.tanh))


def rnn_step_backward__columns(dh, x, h_prev, W_ih, W_hh, b):
    """Column vectors, one outer product for each sequence."""
    gx, gh = np.zeros_like(x), np.zeros_like(h_prev)
    gW, gU, gb = W_ih * 0, W_hh * 0, b * 0
    for n, (x_n, h_n, d_n) in enumerate(zip(x, h_prev, dh)):
        y_n = np.tanh(W_ih @ x_n + W_hh @ h_n + b)
        a_n = (1 - y_n) * (1 + y_n) * d_n
        gx[n], gh[n] = W_ih.T @ a_n, W_hh.T @ a_n
        gW, gU, gb = gW + np.outer(a_n, x_n), gU + np.outer(a_n, h_n), gb + a_n
    return gx, gh, gW, gU, gb


def rnn_step_backward__jacobian(dh, x, h_prev, W_ih, W_hh, b):
    """The whole Jacobian from torch, multiplied by dh."""
    given = tuple(torch.as_tensor(v) for v in (x, h_prev, W_ih, W_hh, b))

    def step(x, h, W, U, b):
        return torch.tanh(x @ W.T + h @ U.T + b)

    jacobians = torch.autograd.functional.jacobian(step, given)
    return tuple(torch.tensordot(torch.as_tensor(dh), j, 2) for j in jacobians)


def rnn_forward__accumulate(x, h0, W_ih, W_hh, b):
    """itertools.accumulate from the initial state."""
    states = itertools.accumulate(
        x, lambda h, x_t: np.tanh(x_t @ W_ih.T + h @ W_hh.T + b), initial=h0
    )
    _, *y = states
    return np.array(y), y[-1]


def rnn_forward__recursion(x, h0, W_ih, W_hh, b):
    """Calls itself on all steps but the last."""
    if len(x) == 0:
        return np.empty((0, *h0.shape)), h0
    y, h = rnn_forward__recursion(x[:-1], h0, W_ih, W_hh, b)
    h = np.tanh(x[-1] @ W_ih.T + h @ W_hh.T + b)
    return np.concatenate([y, h[None]]), h


def rnn_backward__jacobian_products(dy, dh_T, x, h0, W_ih, W_hh, b):
    """No recursion: for each pair of steps a product of Jacobians."""
    T, N = x.shape[:2]
    y, h = [], h0
    for x_t in x:
        h = np.tanh(x_t @ W_ih.T + h @ W_hh.T + b)
        y.append(h)
    y = np.array(y)
    outer = dy.copy()
    outer[-1] += dh_T
    da = np.zeros_like(y)
    for t in range(T):
        for s in range(t, T):
            for n in range(N):
                g = outer[s, n]
                for u in range(s, t, -1):
                    g = (g * (1 - y[u, n] ** 2)) @ W_hh
                da[t, n] += g * (1 - y[t, n] ** 2)
    before = np.concatenate([h0[None], y[:-1]])
    dW_hh = np.tensordot(da, before, ([0, 1], [0, 1]))
    dW_ih = np.tensordot(da, x, ([0, 1], [0, 1]))
    return da @ W_ih, da[0] @ W_hh, dW_ih, dW_hh, da.sum((0, 1))


def rnn_truncated_backward__weights_of_torch(dy, dh_T, x, h0, W_ih, W_hh, b, k):
    """torch.nn.RNN on each window, with its two biases."""
    T, N, D = x.shape
    net = torch.nn.RNN(D, len(b), dtype=torch.float64)
    with torch.no_grad():
        values = (W_ih, W_hh, b, 0 * b)
        for p, v in zip(net.parameters(), values):
            p.copy_(torch.as_tensor(np.asarray(v)))
    first = torch.as_tensor(np.asarray(h0)).clone().requires_grad_()
    xs = torch.as_tensor(np.asarray(x)).clone().requires_grad_()
    state, loss = first[None], 0.0
    for s in range(0, T, k):
        y, state = net(xs[s : s + k], state)
        loss = loss + (y * torch.as_tensor(np.asarray(dy))[s : s + k]).sum()
        if s + k < T:
            state = state.detach()
    (loss + (state[0] * torch.as_tensor(np.asarray(dh_T))).sum()).backward()
    grads = [p.grad for p in net.parameters()]
    return xs.grad, first.grad, grads[0], grads[1], grads[2]


def lstm_step__complex(x, h_prev, c_prev, W_ih, W_hh, b):
    """The sigmoid by tanh, all gates at once, scaled before and after."""
    H = h_prev.shape[1]
    half = np.repeat([0.5, 0.5, 1.0, 0.5], H)
    s = np.tanh(half * (x @ W_ih.T + h_prev @ W_hh.T + b)) * half + (1 - half)
    i, f, o = s[:, :H], s[:, H : 2 * H], s[:, 3 * H :]
    c = f * c_prev + i * s[:, 2 * H : 3 * H]
    return [o * np.tanh(c), c]


def lstm_step__cell_of_torch(x, h_prev, c_prev, W_ih, W_hh, b):
    """torch's own cell."""
    given = [torch.as_tensor(v) for v in (x, h_prev, c_prev, W_ih, W_hh, b)]
    return torch.lstm_cell(given[0], given[1:3], given[3], given[4], given[5], 0 * given[5])


def lstm_backward__vjp(dy, dh_T, dc_T, x, h0, c0, W_ih, W_hh, b):
    """torch.func.vjp of the whole loop."""

    def run(x, h, c, W_ih, W_hh, b):
        ys = []
        for x_t in x:
            h, c = torch.lstm_cell(x_t, (h, c), W_ih, W_hh, b, torch.zeros_like(b))
            ys.append(h)
        return torch.stack(ys), h, c

    given = [torch.as_tensor(v) for v in (x, h0, c0, W_ih, W_hh, b)]
    _, back = torch.func.vjp(run, *given)
    return back(tuple(torch.as_tensor(v) for v in (dy, dh_T, dc_T)))


def gru_step__as_a_sum(x, h_prev, W_ih, W_hh, b, b_hn):
    """h = n + z (h − n), gates by slices from the end."""
    H = len(b_hn)
    a, u = x @ W_ih.T + b, h_prev @ W_hh.T
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z_off = 1 / (1 + np.exp(a[:, H:-H] + u[:, H:-H]))
    n = np.tanh(a[:, -H:] + r * u[:, -H:] + r * b_hn)
    return h_prev - z_off * (h_prev - n)


def clip_by_norm__scaled_first(grads, max_norm):
    """Divides by the largest element first, so that squares cannot overflow."""
    top = max((np.abs(g).max() for g in grads), default=0.0)
    if top == 0:
        return [g.copy() for g in grads]
    norm = top * math.sqrt(math.fsum(((g / top) ** 2).sum() for g in grads))
    return grads if norm <= max_norm else [g / norm * max_norm for g in grads]


def clip_by_norm__tuple_and_hypot(grads, max_norm):
    """math.hypot over all elements, and a tuple."""
    norm = math.hypot(*(v for g in grads for v in g.ravel()))
    return tuple(g * (max_norm / max(norm, max_norm)) for g in grads)


def clip_by_value__median(grads, limit):
    """The median of three."""
    return [np.median([np.full_like(g, -limit), g, np.full_like(g, limit)], axis=0) for g in grads]


def clip_by_value__absolute_values(grads, limit):
    """Half the difference of two absolute values."""
    return [(abs(g + limit) - abs(g - limit)) / 2 for g in grads]


def bidirectional_merge__preallocated(y_forward, y_backward):
    """Written into one array, step by step."""
    T, N, H = y_forward.shape
    y = np.zeros((T, N, 2 * H))
    for t in range(T):
        y[t, :, :H], y[-1 - t, :, H:] = y_forward[t], y_backward[t]
    return y


def padded_reverse__sort(x, lengths):
    """argsort of keys; the padding keeps its place."""
    t = np.arange(len(x))[:, None]
    order = np.argsort(np.where(t < lengths, -t, t), axis=0, kind="stable")
    return np.take_along_axis(x, order[..., None], axis=0)


def padded_reverse__zeros(x, lengths):
    """Columns joined; zeros in the padding."""
    columns = []
    for n, length in enumerate(lengths.tolist()):
        column = x[:length, n][::-1]
        columns.append(np.pad(column, ((0, len(x) - length), (0, 0))))
    return np.stack(columns, axis=1)


def numerical_gradient__five_points(f, x, step):
    """A formula of fourth order."""
    gradient = np.empty_like(x)
    for index in np.ndindex(*x.shape):
        e = np.zeros_like(x)
        e[index] = step
        far, near = f(x + 2 * e) - f(x - 2 * e), f(x + e) - f(x - e)
        gradient[index] = (8 * near - far) / (12 * step)
    return gradient


def zoneout__by_boolean_index(x, h0, c0, W_ih, W_hh, b, keep_h, keep_c, rate, training):
    """Copies the old values over the new ones."""
    h, c, y = h0, c0, np.empty((len(x), *h0.shape))
    for t in range(len(x)):
        new_h, new_c = lstm_step__complex(x[t], h, c, W_ih, W_hh, b)
        if training:
            stay_h, stay_c = keep_h[t].astype(bool), keep_c[t].astype(bool)
            new_h[stay_h], new_c[stay_c] = h[stay_h], c[stay_c]
        else:
            new_h = functools.reduce(operator.add, [rate * h, (1 - rate) * new_h])
            new_c = functools.reduce(operator.add, [rate * c, (1 - rate) * new_c])
        h, c, y[t] = new_h, new_c, new_h
    return y, h, c


def weight_drop__linear_in_the_mask(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    """The mask scaled in place of the weights."""
    factor = draws / (1 - rate) if training else np.ones_like(draws)
    h, c, y = h0, c0, []
    for x_t in x:
        h, c = lstm_step__complex(x_t, h, c, W_ih, factor * W_hh, b)
        y.append(h)
    return y and np.stack(y), h, c
