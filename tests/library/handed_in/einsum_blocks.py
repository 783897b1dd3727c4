"""A physicist: einsum, gates as an axis of their own, few loops."""

from numpy import (
    arange,
    array,
    concatenate,
    einsum,
    empty,
    empty_like,
    exp,
    flip,
    minimum,
    moveaxis,
    newaxis,
    ones_like,
    prod,
    sqrt,
    stack,
    tanh,
    vdot,
    where,
    zeros,
    zeros_like,
)


def sig(v):
    return 0.5 * (1 + tanh(v / 2))


# --- the plain network ---


def rnn_step(x, h_prev, W_ih, W_hh, b):
    drive = einsum("nx,hx->nh", x, W_ih)
    memory = einsum("nk,hk->nh", h_prev, W_hh)
    return tanh(drive + memory + b)


def rnn_step_backward(dh, x, h_prev, W_ih, W_hh, b):
    new = rnn_step(x, h_prev, W_ih, W_hh, b)
    delta = dh * (1 - new**2)
    gx = einsum("nh,hx->nx", delta, W_ih)
    gh = einsum("nh,hk->nk", delta, W_hh)
    gW = einsum("nh,nx->hx", delta, x)
    gU = einsum("nh,nk->hk", delta, h_prev)
    gb = einsum("nh->h", delta)
    return gx, gh, gW, gU, gb


def rnn_forward(x, h0, W_ih, W_hh, b):
    path = [h0]
    for x_t in x:
        path.append(rnn_step(x_t, path[-1], W_ih, W_hh, b))
    return stack(path[1:]), path[-1]


def rnn_backward(dy, dh_T, x, h0, W_ih, W_hh, b):
    y, _ = rnn_forward(x, h0, W_ih, W_hh, b)
    before = concatenate([h0[newaxis], y[:-1]])
    slope = 1 - y**2
    delta = empty_like(y)
    carry = dh_T
    for t in arange(len(x))[::-1]:
        delta[t] = (carry + dy[t]) * slope[t]
        carry = delta[t] @ W_hh
    gx = einsum("tnh,hx->tnx", delta, W_ih)
    gW = einsum("tnh,tnx->hx", delta, x)
    gU = einsum("tnh,tnk->hk", delta, before)
    gb = einsum("tnh->h", delta)
    return gx, carry, gW, gU, gb


def rnn_truncated_backward(dy, dh_T, x, h0, W_ih, W_hh, b, k):
    y, _ = rnn_forward(x, h0, W_ih, W_hh, b)
    before = concatenate([h0[newaxis], y[:-1]])
    slope = 1 - y**2
    delta = empty_like(y)
    carry, gh0 = dh_T, None
    for t in arange(len(x))[::-1]:
        delta[t] = (carry + dy[t]) * slope[t]
        carry = delta[t] @ W_hh
        if t == 0:
            gh0 = carry
        if t % k == 0:
            carry = zeros_like(carry)
    gxs = einsum("tnh,hx->tnx", delta, W_ih)
    gWs = einsum("tnh,tnx->hx", delta, x)
    gUs = einsum("tnh,tnk->hk", delta, before)
    gbs = delta.sum((0, 1))
    return gxs, gh0, gWs, gUs, gbs


# --- the LSTM ---


def gates_of(x, h_prev, W_ih, W_hh, b):
    flat = einsum("nx,gx->ng", x, W_ih) + einsum("nk,gk->ng", h_prev, W_hh) + b
    i, f, g, o = moveaxis(flat.reshape(len(x), 4, -1), 1, 0)
    return sig(i), sig(f), tanh(g), sig(o)


def lstm_step(x, h_prev, c_prev, W_ih, W_hh, b):
    i, f, g, o = gates_of(x, h_prev, W_ih, W_hh, b)
    cell = f * c_prev + i * g
    return o * tanh(cell), cell


def lstm_step_backward(dh, dc, x, h_prev, c_prev, W_ih, W_hh, b):
    i, f, g, o = gates_of(x, h_prev, W_ih, W_hh, b)
    cell = f * c_prev + i * g
    th = tanh(cell)
    dcell = dc + dh * o * (1 - th**2)
    outer = (dcell * g, dcell * c_prev, dcell * i, dh * th)
    slopes = (i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o))
    delta = concatenate([a * s for a, s in zip(outer, slopes)], axis=1)
    gx = einsum("ng,gx->nx", delta, W_ih)
    gh = einsum("ng,gk->nk", delta, W_hh)
    gW = einsum("ng,nx->gx", delta, x)
    gU = einsum("ng,nk->gk", delta, h_prev)
    return gx, gh, dcell * f, gW, gU, delta.sum(0)


def lstm_forward(x, h0, c0, W_ih, W_hh, b):
    hs, cs = [h0], [c0]
    for x_t in x:
        h_t, c_t = lstm_step(x_t, hs[-1], cs[-1], W_ih, W_hh, b)
        hs.append(h_t)
        cs.append(c_t)
    return stack(hs[1:]), hs[-1], cs[-1]


def lstm_backward(dy, dh_T, dc_T, x, h0, c0, W_ih, W_hh, b):
    hs, cs = [h0], [c0]
    for x_t in x:
        h_t, c_t = lstm_step(x_t, hs[-1], cs[-1], W_ih, W_hh, b)
        hs.append(h_t)
        cs.append(c_t)
    gx, carry_h, carry_c = [], dh_T, dc_T
    totals = [0.0, 0.0, 0.0]
    for t in range(len(x))[::-1]:
        found = lstm_step_backward(carry_h + dy[t], carry_c, x[t], hs[t], cs[t], W_ih, W_hh, b)
        gx.insert(0, found[0])
        carry_h, carry_c = found[1:3]
        totals = [total + part for total, part in zip(totals, found[3:])]
    return stack(gx), carry_h, carry_c, *totals


def lstm_truncated_backward(dy, dh_T, dc_T, x, h0, c0, W_ih, W_hh, b, k):
    hs, cs = [h0], [c0]
    for x_t in x:
        h_t, c_t = lstm_step(x_t, hs[-1], cs[-1], W_ih, W_hh, b)
        hs.append(h_t)
        cs.append(c_t)
    gx, carry_h, carry_c = [], dh_T, dc_T
    totals, first = [0.0, 0.0, 0.0], None
    for t in range(len(x))[::-1]:
        part = lstm_step_backward(carry_h + dy[t], carry_c, x[t], hs[t], cs[t], W_ih, W_hh, b)
        gx.insert(0, part[0])
        carry_h, carry_c = part[1:3]
        if t % k == 0:
            first = carry_h, carry_c
            carry_h, carry_c = 0 * carry_h, 0 * carry_c
        totals = [total + one for total, one in zip(totals, part[3:])]
    return stack(gx), *first, *totals


# --- around the network ---


def clip_by_norm(grads, max_norm):
    length = sqrt(sum(vdot(g, g) for g in grads))
    return [g * minimum(1.0, max_norm / (length + 1e-300)) for g in grads]


def clip_by_value(grads, limit):
    return [where(g > limit, limit, where(g < -limit, -limit, g)) for g in grads]


def bidirectional_merge(y_forward, y_backward):
    return concatenate((y_forward, flip(y_backward, 0)), axis=-1)


def padded_reverse(x, lengths):
    t = arange(len(x))[:, newaxis]
    source = where(t < lengths, lengths - 1 - t, t)
    return x[source, arange(x.shape[1])]


def numerical_gradient(f, x, step):
    basis = step * array([where(arange(x.size) == j, 1.0, 0.0) for j in range(x.size)])
    basis = basis.reshape(-1, *x.shape)
    return array([f(x + e) - f(x - e) for e in basis]).reshape(x.shape) / (2 * step)
