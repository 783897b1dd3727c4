"""Wrong: code ported from books, courses and frameworks, or written with torch; the part after __ only numbers them."""

import numpy as np
import torch


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn_step__1(x, h_prev, W_ih, W_hh, b):
    """Scratch book: weights (D, H), shapes clash."""
    t = np.dot(h_prev, W_hh) + np.dot(x, W_ih) + b
    return np.tanh(t)


def rnn_step_backward__1(dh, x, h_prev, W_ih, W_hh, b):
    """Scratch book: weights' gradients come out as (D, H).

    Named: weights-in-out.
    """
    h_next = np.tanh(x @ W_ih.T + h_prev @ W_hh.T + b)
    dt = dh * (1 - h_next**2)
    db = np.sum(dt, axis=0)
    dWh = np.dot(h_prev.T, dt)
    dh_prev = np.dot(dt, W_hh)
    dWx = np.dot(x.T, dt)
    dx = np.dot(dt, W_ih)
    return dx, dh_prev, dWx, dWh, db


def rnn_step_backward__2(dh, x, h_prev, W_ih, W_hh, b):
    """CS231n's order of results: dx, dprev_h, dWx, dWh, db, but a dict."""
    h = np.tanh(x @ W_ih.T + h_prev @ W_hh.T + b)
    da = dh * (1 - h**2)
    return {
        "dx": da @ W_ih,
        "dh": da @ W_hh,
        "dWx": da.T @ x,
        "dWh": da.T @ h_prev,
        "db": da.sum(0),
    }


def rnn_step_backward__3(dh, x, h_prev, W_ih, W_hh, b):
    """min-char-rnn: column vectors; each sequence in a loop, b summed as (H, 1)."""
    dx, dhp = np.zeros_like(x), np.zeros_like(h_prev)
    dWx, dWh, db = np.zeros_like(W_ih), np.zeros_like(W_hh), np.zeros((len(b), 1))
    for n in range(len(x)):
        xs, hp = x[n][:, None], h_prev[n][:, None]
        h = np.tanh(W_ih @ xs + W_hh @ hp + b[:, None])
        raw = (1 - h * h) * dh[n][:, None]
        db += raw
        dWx += raw @ xs.T
        dWh += raw @ hp.T
        dx[n] = (W_ih.T @ raw)[:, 0]
        dhp[n] = (W_hh.T @ raw)[:, 0]
    return dx, dhp, dWx, dWh, db


def rnn_backward__1(dy, dh_T, x, h0, W_ih, W_hh, b):
    """min-char-rnn: clips to ±5 inside."""
    hs = [h0]
    for xt in x:
        hs.append(np.tanh(xt @ W_ih.T + hs[-1] @ W_hh.T + b))
    dx = np.zeros_like(x)
    dWx, dWh, db = np.zeros_like(W_ih), np.zeros_like(W_hh), np.zeros_like(b)
    dhnext = dh_T
    for t in reversed(range(len(x))):
        raw = (1 - hs[t + 1] ** 2) * (dy[t] + dhnext)
        db += raw.sum(0)
        dWx += raw.T @ x[t]
        dWh += raw.T @ hs[t]
        dx[t] = raw @ W_ih
        dhnext = raw @ W_hh
    for dparam in [dWx, dWh, db]:
        np.clip(dparam, -5, 5, out=dparam)
    return dx, dhnext, dWx, dWh, db


def rnn_forward__1(x, h0, W_ih, W_hh, b):
    """Keras habit: batch first.

    Named: time-and-batch-swapped.
    """
    N, T, D = x.shape
    h, out = h0, []
    for t in range(T):
        h = np.tanh(x[:, t] @ W_ih.T + h @ W_hh.T + b)
        out.append(h)
    return np.stack(out, 1), h


def rnn_forward__2(x, h0, W_ih, W_hh, b):
    """Returns lists."""
    h, out = h0, []
    for xt in x:
        h = np.tanh(xt @ W_ih.T + h @ W_hh.T + b)
        out.append(h.tolist())
    return out, h.tolist()


def rnn_forward__3(x, h0, W_ih, W_hh, b):
    """A generator."""
    h = h0
    for xt in x:
        h = np.tanh(xt @ W_ih.T + h @ W_hh.T + b)
        yield h


def lstm_step__1(x, h_prev, c_prev, W_ih, W_hh, b):
    """Scratch book: order f g i o.

    Named: order-fgio.
    """
    A = np.dot(x, W_ih.T) + np.dot(h_prev, W_hh.T) + b
    H = h_prev.shape[1]
    f, g, i, o = A[:, :H], A[:, H : 2 * H], A[:, 2 * H : 3 * H], A[:, 3 * H :]
    f, g, i, o = sigmoid(f), np.tanh(g), sigmoid(i), sigmoid(o)
    c = f * c_prev + g * i
    return o * np.tanh(c), c


def lstm_step__2(x, h_prev, c_prev, W_ih, W_hh, b):
    """CS231n: order i f o g.

    Named: order-ifog.
    """
    a = x @ W_ih.T + h_prev @ W_hh.T + b
    ai, af, ao, ag = np.array_split(a, 4, axis=1)
    c = sigmoid(af) * c_prev + sigmoid(ai) * np.tanh(ag)
    return sigmoid(ao) * np.tanh(c), c


def lstm_step__3(x, h_prev, c_prev, W_ih, W_hh, b):
    """torch, TensorFlow 1's BasicLSTMCell: order i j f o and forget bias 1.

    Named: forget-bias-added, order-igfo.
    """
    i, j, f, o = torch.chunk(x @ W_ih.T + h_prev @ W_hh.T + b, 4, 1)
    c = torch.sigmoid(f + 1) * c_prev + torch.sigmoid(i) * torch.tanh(j)
    return torch.sigmoid(o) * torch.tanh(c), c


def lstm_step__4(x, h_prev, c_prev, W_ih, W_hh, b):
    """torch: blocks taken as (H, 4) interleaved.

    Named: interleaved.
    """
    a = (x @ W_ih.T + h_prev @ W_hh.T + b).reshape(len(x), -1, 4)
    i, f, g, o = a.unbind(2)
    c = torch.sigmoid(f) * c_prev + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def lstm_step__5(x, h_prev, c_prev, W_ih, W_hh, b):
    """Torch with the output gate's tanh as sigmoid, hard."""
    i, f, g, o = torch.chunk(x @ W_ih.T + h_prev @ W_hh.T + b, 4, 1)
    hard = torch.nn.functional.hardsigmoid
    c = hard(f) * c_prev + hard(i) * torch.tanh(g)
    return hard(o) * torch.tanh(c), c


def lstm_step__6(x, h_prev, c_prev, W_ih, W_hh, b):
    """Naive sigmoid that overflows to NaN."""
    a = x @ W_ih.T + h_prev @ W_hh.T + b
    s = lambda v: np.exp(v) / (1 + np.exp(v))  # noqa: E731
    i, f, g, o = np.split(a, 4, axis=1)
    c = s(f) * c_prev + s(i) * np.tanh(g)
    return s(o) * np.tanh(c), c


def lstm_forward__1(x, h0, c0, W_ih, W_hh, b):
    """Batch first and order i f o g together.

    Named: time-and-batch-swapped, order-ifog.
    """
    h, c, ys = h0, c0, []
    for t in range(x.shape[1]):
        i, f, o, g = np.split(x[:, t] @ W_ih.T + h @ W_hh.T + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        ys.append(h)
    return np.stack(ys, 1), h, c


def lstm_forward__2(x, h0, c0, W_ih, W_hh, b):
    """torch: float32 on the way."""
    x, h, c = x.float(), h0.float(), c0.float()
    W, U, b = W_ih.float(), W_hh.float(), b.float()
    ys = []
    for xt in x:
        i, f, g, o = torch.chunk(xt @ W.T + h @ U.T + b, 4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        ys.append(h)
    return torch.stack(ys), h, c


def lstm_step_backward__1(dh, dc, x, h_prev, c_prev, W_ih, W_hh, b):
    """CS231n: gates and gradients in the order i f o g.

    Named: order-ifog.
    """
    ai, af, ao, ag = np.split(x @ W_ih.T + h_prev @ W_hh.T + b, 4, axis=1)
    i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
    c = f * c_prev + i * g
    tc = np.tanh(c)
    dct = dc + dh * o * (1 - tc * tc)
    da = np.hstack(
        [
            dct * g * i * (1 - i),
            dct * c_prev * f * (1 - f),
            dh * tc * o * (1 - o),
            dct * i * (1 - g * g),
        ]
    )
    return da @ W_ih, da @ W_hh, dct * f, da.T @ x, da.T @ h_prev, da.sum(0)


def lstm_step_backward__2(dh, dc, x, h_prev, c_prev, W_ih, W_hh, b):
    """CS231n: gate order and (in, out) weights' gradients.

    Named: weights-in-out, order-ifog.
    """
    ai, af, ao, ag = np.split(x @ W_ih.T + h_prev @ W_hh.T + b, 4, axis=1)
    i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
    c = f * c_prev + i * g
    tc = np.tanh(c)
    dct = dc + dh * o * (1 - tc * tc)
    da = np.hstack(
        [
            dct * g * i * (1 - i),
            dct * c_prev * f * (1 - f),
            dh * tc * o * (1 - o),
            dct * i * (1 - g * g),
        ]
    )
    return da @ W_ih, da @ W_hh, dct * f, x.T @ da, h_prev.T @ da, da.sum(0)


def lstm_step_backward__3(dh, dc, x, h_prev, c_prev, W_ih, W_hh, b):
    """Torch autograd, but dc's share forgotten.

    Named: dc-not-added.
    """
    leaves = [t.clone().requires_grad_() for t in (x, h_prev, c_prev, W_ih, W_hh, b)]
    i, f, g, o = torch.chunk(leaves[0] @ leaves[3].T + leaves[1] @ leaves[4].T + leaves[5], 4, 1)
    c = torch.sigmoid(f) * leaves[2] + torch.sigmoid(i) * torch.tanh(g)
    h = torch.sigmoid(o) * torch.tanh(c)
    return torch.autograd.grad((h * dh).sum(), leaves)


def gru_step__1(x, h_prev, W_ih, W_hh, b, b_hn):
    """Scratch book: order z r n, reset before, z turned.

    Named: z-inverted, reset-before, order-zrn.
    """
    H = h_prev.shape[1]
    a, u = x @ W_ih.T + b, h_prev @ W_hh[: 2 * H].T
    z = sigmoid(a[:, :H] + u[:, :H])
    r = sigmoid(a[:, H : 2 * H] + u[:, H:])
    h_hat = np.tanh(a[:, 2 * H :] + (r * h_prev) @ W_hh[2 * H :].T + b_hn)
    return (1 - z) * h_prev + z * h_hat


def gru_step__2(x, h_prev, W_ih, W_hh, b, b_hn):
    """Keras: order z r h, otherwise right.

    Named: order-zrn.
    """
    H = h_prev.shape[1]
    a, u = x @ W_ih.T + b, h_prev @ W_hh.T
    z, r = sigmoid(a[:, :H] + u[:, :H]), sigmoid(a[:, H : 2 * H] + u[:, H : 2 * H])
    n = np.tanh(a[:, 2 * H :] + r * (u[:, 2 * H :] + b_hn))
    return z * h_prev + (1 - z) * n


def gru_step__3(x, h_prev, W_ih, W_hh, b, b_hn):
    """torch, the paper's sign and the reset before.

    Named: z-inverted, reset-before.
    """
    H = h_prev.shape[1]
    a = x @ W_ih.T + b
    r, z = torch.sigmoid(a[:, : 2 * H] + h_prev @ W_hh[: 2 * H].T).chunk(2, 1)
    n = torch.tanh(a[:, 2 * H :] + (r * h_prev) @ W_hh[2 * H :].T + b_hn)
    return (1 - z) * h_prev + z * n


def gru_backward__1(dy, dh_T, x, h0, W_ih, W_hh, b, b_hn):
    """Torch autograd through y only.

    Named: dstate-ignored.
    """
    x, h, W, U, v, w = leaves = [t.clone().requires_grad_() for t in (x, h0, W_ih, W_hh, b, b_hn)]
    H, ys = h.shape[1], []
    for xt in x:
        a, u = xt @ W.T + v, h @ U.T
        r, z = torch.sigmoid(a[:, : 2 * H] + u[:, : 2 * H]).chunk(2, 1)
        n = torch.tanh(a[:, 2 * H :] + r * (u[:, 2 * H :] + w))
        h = (1 - z) * n + z * h
        ys.append(h)
    return torch.autograd.grad((torch.stack(ys) * dy).sum(), leaves)


def rnn_truncated_backward__1(dy, dh_T, x, h0, W_ih, W_hh, b, k):
    """torch: detach forgotten, so nothing is cut.

    Named: not-cut.
    """
    x, h0, W, U, v = leaves = [t.clone().requires_grad_() for t in (x, h0, W_ih, W_hh, b)]
    h, loss = h0, 0
    for t in range(len(x)):
        if t % k == 0:
            h = h.clone()
        h = torch.tanh(x[t] @ W.T + h @ U.T + v)
        loss = loss + (h * dy[t]).sum()
    return torch.autograd.grad(loss + (h * dh_T).sum(), leaves)


def rnn_truncated_backward__2(dy, dh_T, x, h0, W_ih, W_hh, b, k):
    """torch: detaches one step late."""
    x, h0, W, U, v = leaves = [t.clone().requires_grad_() for t in (x, h0, W_ih, W_hh, b)]
    h, loss = h0, 0
    for t in range(len(x)):
        h = torch.tanh(x[t] @ W.T + h @ U.T + v)
        loss = loss + (h * dy[t]).sum()
        if t % k == 0 and t > 0:
            h = h.detach()
    return torch.autograd.grad(loss + (h * dh_T).sum(), leaves, allow_unused=True)


def lstm_truncated_backward__1(dy, dh_T, dc_T, x, h0, c0, W_ih, W_hh, b, k):
    """torch: only h is detached.

    Named: only-h-cut.
    """
    x, h0, c0, W, U, v = leaves = [t.clone().requires_grad_() for t in (x, h0, c0, W_ih, W_hh, b)]
    h, c, loss = h0, c0, 0
    for t in range(len(x)):
        if t and t % k == 0:
            h = h.detach()
        i, f, g, o = torch.chunk(x[t] @ W.T + h @ U.T + v, 4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        loss = loss + (h * dy[t]).sum()
    return torch.autograd.grad(loss + (h * dh_T).sum() + (c * dc_T).sum(), leaves)


def clip_by_norm__1(grads, max_norm):
    """Torch's clip_grad_norm_ on copies, returns the norm."""
    return torch.nn.utils.clip_grad_norm_([g.clone() for g in grads], max_norm)


def clip_by_norm__2(grads, max_norm):
    """G / norm * min(norm, max): NaN at zero."""
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    return [g / norm * min(norm, max_norm) for g in grads]


def clip_by_norm__3(grads, max_norm):
    """Exactly three arrays."""
    a, b, c = grads
    norm = np.sqrt((a**2).sum() + (b**2).sum() + (c**2).sum())
    s = min(1, max_norm / max(norm, 1e-300))
    return [a * s, b * s, c * s]


def padded_reverse__1(x, lengths):
    """Modulo trick off by one for full lengths."""
    T = len(x)
    t = np.arange(T)[:, None]
    idx = np.where(t < lengths, (lengths - 1 - t) % np.maximum(lengths - 1, 1), t)
    return x[idx, np.arange(x.shape[1])]


def padded_reverse__2(x, lengths):
    """Reverses and shifts padding to the front.

    Named: padding-first.
    """
    return x[::-1].copy()


def numerical_gradient__1(f, x, step):
    """Complex step by habit."""
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        y = x.astype(complex)
        y[i] += 1j * step
        g[i] = np.imag(f(y)) / step
    return g


def numerical_gradient__2(f, x, step):
    """Rows only, one number a row.

    Named: whole-rows.
    """
    g = np.zeros_like(x)
    for i in range(len(x)):
        p, m = x.copy(), x.copy()
        p[i] += step
        m[i] -= step
        g[i] = (f(p) - f(m)) / (2 * step)
    return g


def linear_scan__1(a, b, h0):
    """Cumulative products and a division, which fails where a factor is 0."""
    product = np.cumprod(a, axis=0)
    return product * (h0 + np.cumsum(b / product, axis=0))
