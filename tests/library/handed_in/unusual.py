"""Right, and written as nobody expects; the part after __ only numbers them."""

import functools
import itertools
import math

import numpy as np
import torch


def sg(a):
    return np.exp(-np.logaddexp(0, -a))


def rnn_step__1(x, h_prev, W_ih, W_hh, b):
    return np.tanh(
        np.block([x, h_prev, np.ones((len(x), 1))]) @ np.block([W_ih, W_hh, b[:, None]]).T
    )


def rnn_step__2(x, h_prev, W_ih, W_hh, b):
    out = np.empty_like(h_prev)
    for n, j in itertools.product(*map(range, out.shape)):
        out[n, j] = math.tanh(math.fsum([*(x[n] * W_ih[j]), *(h_prev[n] * W_hh[j]), b[j]]))
    return out


def rnn_step__3(x, h_prev, W_ih, W_hh, b):
    a = W_ih @ x.T + W_hh @ h_prev.T + b[:, np.newaxis]
    return (2 / (1 + np.exp(-2 * a)) - 1).T


def rnn_step__4(x, h_prev, W_ih, W_hh, b):
    cell = torch.nn.RNNCell(x.shape[1], h_prev.shape[1], dtype=torch.float64)
    with torch.no_grad():
        cell.weight_ih.copy_(W_ih)
        cell.weight_hh.copy_(W_hh)
        cell.bias_ih.copy_(b)
        cell.bias_hh.zero_()
        return cell(x, h_prev)


def rnn_step__5(*args):
    x, h, W, U, b = (np.asfortranarray(a) for a in args)
    return [np.tanh(np.tensordot(x, W, (1, 1)) + np.tensordot(h, U, (1, 1)) + b)]


def rnn_step__6(x, h_prev, W_ih, W_hh, b, *, activation=np.tanh):
    return activation(np.matmul(x, W_ih.T) + np.matmul(h_prev, W_hh.T) + b)


class Stepper:
    def __call__(self, x, h_prev, W_ih, W_hh, b):
        return np.tanh(x.dot(W_ih.T) + h_prev.dot(W_hh.T) + b)


rnn_step__7 = Stepper()
rnn_step__8 = functools.partial(Stepper().__call__)


def rnn_step__9(x, h_prev, W_ih, W_hh, b):
    return torch.tanh(torch.addmm(b, x, W_ih.t()) + torch.mm(h_prev, W_hh.t())).detach().numpy()


def rnn_step_backward__1(dh, x, h_prev, W_ih, W_hh, b):
    a = x @ W_ih.T + h_prev @ W_hh.T + b
    da = dh / np.cosh(a) ** 2
    J = np.concatenate([x, h_prev, np.ones((len(x), 1))], 1)
    dW = np.einsum("nh,nk->hk", da, J)
    D = x.shape[1]
    return da @ W_ih, da @ W_hh, dW[:, :D], dW[:, D:-1], dW[:, -1]


def rnn_step_backward__2(dh, x, h_prev, W_ih, W_hh, b):
    args = [t.clone().requires_grad_() for t in (x, h_prev, W_ih, W_hh, b)]
    h = torch.tanh(args[0] @ args[2].T + args[1] @ args[3].T + args[4])
    h.backward(dh)
    return tuple(t.grad for t in args)


def rnn_step_backward__3(dh, x, h_prev, W_ih, W_hh, b):
    dx, dhp = np.zeros(x.shape), np.zeros(h_prev.shape)
    dW, dU, db = np.zeros(W_ih.shape), np.zeros(W_hh.shape), np.zeros(b.shape)
    for n in range(len(x)):
        h = np.tanh(W_ih @ x[n] + W_hh @ h_prev[n] + b)
        d = dh[n] * (1 + h) * (1 - h)
        dx[n], dhp[n] = d @ W_ih, d @ W_hh
        dW += np.outer(d, x[n])
        dU += np.outer(d, h_prev[n])
        db += d
    return [dx, dhp, dW, dU, db]


def rnn_step_backward__4(dh, x, h_prev, W_ih, W_hh, b):
    h = np.tanh(x @ W_ih.T + h_prev @ W_hh.T + b)
    da = np.multiply(dh, 1 - np.square(h), order="F")
    return (
        da @ W_ih,
        da @ W_hh,
        np.asfortranarray(da.T @ x),
        (h_prev.T @ da).T,
        np.ones(len(x)) @ da,
    )


def rnn_step_backward__5(dh, x, h_prev, W_ih, W_hh, b):
    f = lambda *p: torch.tanh(p[0] @ p[2].T + p[1] @ p[3].T + p[4])  # noqa: E731
    return torch.func.vjp(f, x, h_prev, W_ih, W_hh, b)[1](dh)


def rnn_forward__1(x, h0, W_ih, W_hh, b):
    hs = list(
        itertools.accumulate(x, lambda h, v: np.tanh(v @ W_ih.T + h @ W_hh.T + b), initial=h0)
    )
    return np.stack(hs[1:]), hs[-1]


def rnn_forward__2(x, h0, W_ih, W_hh, b):
    def go(t):
        return h0 if t < 0 else np.tanh(x[t] @ W_ih.T + go(t - 1) @ W_hh.T + b)

    return np.array([go(t) for t in range(len(x))]), go(len(x) - 1)


def rnn_forward__3(x, h0, W_ih, W_hh, b):
    net = torch.nn.RNN(x.shape[2], h0.shape[1], dtype=torch.float64)
    net.weight_ih_l0.data, net.weight_hh_l0.data = W_ih, W_hh
    net.bias_ih_l0.data, net.bias_hh_l0.data = b, torch.zeros_like(b)
    y, h = net(x, h0[None])
    return y, h[0]


def rnn_forward__4(x, h0, W_ih, W_hh, b):
    proj = np.einsum("tnd,hd->tnh", x, W_ih) + b
    y = np.concatenate([proj, proj[:1]])
    h = h0
    for a in y[:-1]:
        a += h @ W_hh.T
        np.tanh(a, out=a)
        h = a
    return y[:-1], h.copy()


def rnn_backward__1(dy, dh_T, x, h0, W_ih, W_hh, b):
    def run(t, h):
        if t == len(x):
            return [dh_T, np.zeros_like(x), 0 * W_ih, 0 * W_hh, 0 * b]
        new = np.tanh(x[t] @ W_ih.T + h @ W_hh.T + b)
        dh, dx, dW, dU, db = run(t + 1, new)
        da = (dh + dy[t]) * (1 - new**2)
        dx[t] = da @ W_ih
        return [da @ W_hh, dx, dW + da.T @ x[t], dU + da.T @ h, db + da.sum(0)]

    dh, dx, dW, dU, db = run(0, h0)
    return dx, dh, dW, dU, db


def rnn_backward__2(dy, dh_T, x, h0, W_ih, W_hh, b):
    args = [t.clone().requires_grad_() for t in (x, h0, W_ih, W_hh, b)]
    h, loss = args[1], 0.0
    for t in range(len(x)):
        h = torch.tanh(args[0][t] @ args[2].T + h @ args[3].T + args[4])
        loss = loss + torch.sum(h * dy[t])
    (loss + torch.sum(h * dh_T)).backward()
    return [a.grad for a in args]


def rnn_backward__3(dy, dh_T, x, h0, W_ih, W_hh, b):
    """Forward accumulation over the whole batch, one sequence at a time."""
    T, N, _ = x.shape
    dx, dh0 = np.zeros_like(x), np.zeros_like(h0)
    dW, dU, db = np.zeros_like(W_ih), np.zeros_like(W_hh), np.zeros_like(b)
    for n in range(N):
        hs = [h0[n]]
        for t in range(T):
            hs.append(np.tanh(W_ih @ x[t, n] + W_hh @ hs[-1] + b))
        carry = dh_T[n]
        for t in range(T, 0, -1):
            d = (carry + dy[t - 1, n]) * (1 - hs[t] ** 2)
            carry = W_hh.T @ d
            dx[t - 1, n] = W_ih.T @ d
            dW, dU, db = dW + np.outer(d, x[t - 1, n]), dU + np.outer(d, hs[t - 1]), db + d
        dh0[n] = carry
    return dx, dh0, dW, dU, db


def rnn_truncated_backward__1(dy, dh_T, x, h0, W_ih, W_hh, b, k):
    args = x, h, W, U, v = [t.clone().requires_grad_() for t in (x, h0, W_ih, W_hh, b)]
    for t in range(len(x)):
        if t and t % k == 0:
            h = h.detach()
        h = torch.tanh(x[t] @ W.T + h @ U.T + v)
        (h * dy[t]).sum().backward(retain_graph=True)
    (h * dh_T).sum().backward()
    return [a.grad for a in args]


def rnn_truncated_backward__2(dy, dh_T, x, h0, W_ih, W_hh, b, k):
    T = len(x)
    hs = [h0]
    for t in range(T):
        hs.append(np.tanh(x[t] @ W_ih.T + hs[t] @ W_hh.T + b))
    da, carry = np.zeros((T, *h0.shape)), dh_T
    for t in reversed(range(T)):
        da[t] = (dy[t] + carry) * (1 - hs[t + 1] ** 2)
        carry = da[t] @ W_hh if t % k else np.zeros_like(h0)
    flat = da.reshape(-1, da.shape[-1])
    return (
        da @ W_ih,
        da[0] @ W_hh,
        flat.T @ x.reshape(len(flat), -1),
        flat.T @ np.reshape(hs[:-1], (len(flat), -1)),
        flat.sum(0),
    )


def lstm_step__1(x, h_prev, c_prev, W_ih, W_hh, b):
    a = np.split(x @ W_ih.T + h_prev @ W_hh.T + b, 4, axis=1)
    i, f, o = (1 / (1 + np.exp(-np.clip(v, -500, 500))) for v in (a[0], a[1], a[3]))
    c = f * c_prev + i * np.tanh(a[2])
    return o * np.tanh(c), c


def lstm_step__2(x, h_prev, c_prev, W_ih, W_hh, b):
    h, c = torch._VF.lstm_cell(x, (h_prev, c_prev), W_ih, W_hh, b, torch.zeros_like(b))
    return h, c


def lstm_step__3(x, h_prev, c_prev, W_ih, W_hh, b):
    H = h_prev.shape[1]
    h, c = np.empty_like(h_prev), np.empty_like(c_prev)
    for n in range(len(x)):
        a = W_ih @ x[n] + W_hh @ h_prev[n] + b
        for j in range(H):
            i, f, o = (0.5 * (1 + math.tanh(a[j + s * H] / 2)) for s in (0, 1, 3))
            c[n, j] = f * c_prev[n, j] + i * math.tanh(a[j + 2 * H])
            h[n, j] = o * math.tanh(c[n, j])
    return h, c


def lstm_step__4(x, h_prev, c_prev, W_ih, W_hh, b):
    i, f, g, o = np.moveaxis((x @ W_ih.T + h_prev @ W_hh.T + b).reshape(len(x), 4, -1), 1, 0)
    c = sg(f) * c_prev + sg(i) * np.tanh(g)
    return np.array([sg(o) * np.tanh(c), c])


def lstm_step_backward__1(dh, dc, x, h_prev, c_prev, W_ih, W_hh, b):
    args = [t.clone().requires_grad_() for t in (x, h_prev, c_prev, W_ih, W_hh, b)]
    i, f, g, o = (args[0] @ args[3].T + args[1] @ args[4].T + args[5]).chunk(4, 1)
    c = f.sigmoid() * args[2] + i.sigmoid() * g.tanh()
    torch.autograd.backward([o.sigmoid() * c.tanh(), c], [dh, dc])
    return [a.grad for a in args]


def lstm_step_backward__2(dh, dc, x, h_prev, c_prev, W_ih, W_hh, b):
    i, f, g, o = np.split(x @ W_ih.T + h_prev @ W_hh.T + b, 4, axis=1)
    I, F, G, O = sg(i), sg(f), np.tanh(g), sg(o)  # noqa: E741
    c = F * c_prev + I * G
    s = dc + dh * O / np.cosh(c) ** 2
    da = np.c_[
        s * G * I * sg(-i),
        s * c_prev * F * sg(-f),
        s * I / np.cosh(g) ** 2,
        dh * np.tanh(c) * O * sg(-o),
    ]
    return da @ W_ih, da @ W_hh, F * s, da.T @ x, da.T @ h_prev, da.sum(0)


def lstm_step_backward__3(dh, dc, x, h_prev, c_prev, W_ih, W_hh, b):
    """By complex steps: no rule of differentiation at all, and right to the last digit."""

    def loss(*p):
        i, f, g, o = np.split(p[0] @ p[3].T + p[1] @ p[4].T + p[5], 4, axis=1)
        s = lambda v: 1 / (1 + np.exp(-v))  # noqa: E731
        c = s(f) * p[2] + s(i) * np.tanh(g)
        return (s(o) * np.tanh(c) * dh + c * dc).sum()

    out = []
    args = [a.astype(complex) for a in (x, h_prev, c_prev, W_ih, W_hh, b)]
    for a in args:
        d = np.empty(a.shape)
        for k in np.ndindex(a.shape):
            a[k] += 1e-30j
            d[k] = loss(*args).imag / 1e-30
            a[k] = a[k].real
        out.append(d)
    return out


def lstm_forward__1(x, h0, c0, W_ih, W_hh, b):
    net = torch.nn.LSTM(x.shape[2], h0.shape[1], dtype=torch.float64, bias=True)
    for name, value in {
        "weight_ih_l0": W_ih,
        "weight_hh_l0": W_hh,
        "bias_ih_l0": b,
        "bias_hh_l0": 0 * b,
    }.items():
        setattr(net, name, torch.nn.Parameter(value))
    y, (h, c) = net(x, (h0[None], c0[None]))
    return y, h.squeeze(0), c.squeeze(0)


def lstm_forward__2(x, h0, c0, W_ih, W_hh, b):
    state = np.stack([h0, c0])
    y = np.zeros((len(x), *h0.shape))
    for t, v in enumerate(x):
        i, f, g, o = np.hsplit(v @ W_ih.T + state[0] @ W_hh.T + b, 4)
        state[1] = sg(f) * state[1] + sg(i) * np.tanh(g)
        state[0] = sg(o) * np.tanh(state[1])
        y[t] = state[0]
    return y, state[0], state[1]


def lstm_backward__1(dy, dh_T, dc_T, x, h0, c0, W_ih, W_hh, b):
    args = X, h, c, W, U, v = [t.clone().requires_grad_() for t in (x, h0, c0, W_ih, W_hh, b)]
    ys = []
    for xt in X:
        i, f, g, o = torch.chunk(xt @ W.T + h @ U.T + v, 4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        ys.append(h)
    return torch.autograd.grad([torch.stack(ys), h, c], args, [dy, dh_T, dc_T])


def gru_step__1(x, h_prev, W_ih, W_hh, b, b_hn):
    a, u = x @ W_ih.T + b, h_prev @ W_hh.T
    u[:, -len(b_hn) :] += b_hn
    (ar, az, an), (ur, uz, un) = np.split(a, 3, 1), np.split(u, 3, 1)
    z = sg(az + uz)
    return np.tanh(an + sg(ar + ur) * un) * sg(-az - uz) + z * h_prev


def gru_step__2(x, h_prev, W_ih, W_hh, b, b_hn):
    hidden = torch.cat([torch.zeros(2 * len(b_hn), dtype=b.dtype), b_hn])
    return torch._VF.gru_cell(x, h_prev, W_ih, W_hh, b, hidden)


def gru_step_backward__1(dh, x, h_prev, W_ih, W_hh, b, b_hn):
    args = [t.clone().requires_grad_() for t in (x, h_prev, W_ih, W_hh, b, b_hn)]
    gru_step__2(*args).backward(dh)
    return tuple(a.grad for a in args)


def gru_forward__1(x, h0, W_ih, W_hh, b, b_hn):
    y = functools.reduce(lambda ys, v: [*ys, gru_step__1(v, ys[-1], W_ih, W_hh, b, b_hn)], x, [h0])
    return np.array(y[1:]), np.array(y[-1])


def gru_backward__1(dy, dh_T, x, h0, W_ih, W_hh, b, b_hn):
    args = X, h, *p = [t.clone().requires_grad_() for t in (x, h0, W_ih, W_hh, b, b_hn)]
    ys = []
    for xt in X:
        h = gru_step__2(xt, h, *p)
        ys.append(h)
    return torch.autograd.grad((torch.stack(ys) * dy).sum() + (h * dh_T).sum(), args)


def clip_by_norm__1(grads, max_norm):
    if not grads:
        return []
    norm = np.linalg.norm([np.linalg.norm(g.ravel()) for g in grads])
    return [g.copy() if norm <= max_norm else g / (norm / max_norm) for g in grads]


def clip_by_norm__2(grads, max_norm):
    norm = math.hypot(*(v for g in grads for v in g.flat))
    return tuple(np.multiply(g, 1 if norm < max_norm else max_norm / norm) for g in grads)


def clip_by_norm__3(grads, max_norm):
    copies = [torch.nn.Parameter(torch.zeros_like(g)) for g in grads]
    for c, g in zip(copies, grads):
        c.grad = g.clone()
    torch.nn.utils.clip_grad_norm_(copies, max_norm)
    return [c.grad for c in copies]


def clip_by_norm__4(grads, max_norm):
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    return [g * min(1.0, max_norm / (norm + 1e-12)) for g in grads]


def clip_by_value__1(grads, limit):
    return [np.where(np.abs(g) > limit, np.copysign(limit, g), g) for g in grads]


def clip_by_value__2(grads, limit):
    return [torch.clamp(g, -limit, limit) for g in grads]


def clip_by_value__3(grads, limit):
    return list(
        map(
            lambda g: np.median([g, np.full_like(g, limit), np.full_like(g, -limit)], axis=0), grads
        )
    )


def bidirectional_merge__1(y_forward, y_backward):
    return np.dstack([y_forward, np.flipud(y_backward)])


def bidirectional_merge__2(y_forward, y_backward):
    return torch.cat((y_forward, y_backward.flip(0)), dim=2)


def bidirectional_merge__3(y_forward, y_backward):
    T, N, H = y_forward.shape
    y = np.empty((T, N, 2 * H))
    y[..., :H], y[::-1, :, H:] = y_forward, y_backward
    return y


def padded_reverse__1(x, lengths):
    t = np.arange(len(x))[:, None]
    return np.take_along_axis(x, np.where(t < lengths, lengths - 1 - t, t)[..., None], axis=0)


def padded_reverse__2(x, lengths):
    return np.stack(
        [np.concatenate([x[:n, j][::-1], x[n:, j]]) for j, n in enumerate(lengths)], axis=1
    )


def padded_reverse__3(x, lengths):
    y = np.zeros_like(x)
    for j, n in enumerate(int(v) for v in lengths):
        y[n - 1 :: -1, j] = x[:n, j] if n else y[:0, j]
    return y


def numerical_gradient__1(f, x, step):
    e = np.eye(x.size).reshape(-1, *x.shape) * step
    return np.array([(f(x + d) - f(x - d)) / (2 * step) for d in e]).reshape(x.shape)


def numerical_gradient__2(f, x, step):
    def at(k, s):
        y = x.copy()
        y.flat[k] += s
        return f(y)

    out = [
        (8 * (at(k, step) - at(k, -step)) - at(k, 2 * step) + at(k, -2 * step)) / (12 * step)
        for k in range(x.size)
    ]
    return np.reshape(out, x.shape)


def run(x, h, c, W, U, b, read_x=None, read_h=None, cand=None, cell=None):
    ys = []
    for t in range(len(x)):
        xt = x[t] if read_x is None else x[t] * read_x[t]
        ht = h if read_h is None else h * read_h
        i, f, g, o = np.hsplit(xt @ W.T + ht @ U.T + b, 4)
        g = np.tanh(g) if cand is None else np.tanh(g) * cand[t]
        c = sg(f) * c + sg(i) * g
        c = c if cell is None else c * cell
        h = sg(o) * np.tanh(c)
        ys.append(h)
    return np.array(ys), h, c


def non_recurrent_dropout__1(x, h0, c0, W_ih, W_hh, b, draws_x, draws_y, rate, training):
    q = training / (1 - rate)
    y, h, c = run(x, h0, c0, W_ih, W_hh, b, q * draws_x + (1 - training))
    return y * (q * draws_y + (1 - training)), h, c


def weight_drop__1(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    return run(x, h0, c0, W_ih, np.where(draws == 0, 0, W_hh / (1 - rate)) if training else W_hh, b)


def recurrent_dropout__1(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    return run(x, h0, c0, W_ih, W_hh, b, cand=draws / (1 - rate) if training else None)


def variational_dropout__1(x, h0, c0, W_ih, W_hh, b, draws_x, draws_h, rate, training):
    if not training:
        return run(x, h0, c0, W_ih, W_hh, b)
    s = 1 / (1 - rate)
    return run(x, h0, c0, W_ih, W_hh, b, np.repeat(draws_x[:1] * s, len(x), 0), draws_h[0] * s)


def rnndrop__1(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    h, c, ys = h0, c0, []
    m, s = (draws[0], 1 / (1 - rate)) if training else (1, 1)
    for v in x:
        i, f, g, o = np.hsplit(v @ W_ih.T + h @ W_hh.T + b, 4)
        c = m * (sg(f) * c + sg(i) * np.tanh(g))
        h = s * sg(o) * np.tanh(c)
        ys += [h]
    return np.stack(ys), h, c


def zoneout__1(x, h0, c0, W_ih, W_hh, b, keep_h, keep_c, rate, training):
    h, c, ys = h0, c0, []
    for t in range(len(x)):
        i, f, g, o = np.hsplit(x[t] @ W_ih.T + h @ W_hh.T + b, 4)
        nc = sg(f) * c + sg(i) * np.tanh(g)
        nh = sg(o) * np.tanh(nc)
        if training:
            h, c = np.where(keep_h[t] == 1, h, nh), np.where(keep_c[t] == 1, c, nc)
        else:
            h, c = nh + rate * (h - nh), nc + rate * (c - nc)
        ys.append(h)
    return np.array(ys), h, c
