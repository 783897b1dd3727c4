"""A learner's LSTM: gate by gate, the batch at once, everything kept in lists and dictionaries."""

import numpy as np


def squash(v):
    return 1.0 / (1.0 + np.exp(-v))


def gates(x, h, W_ih, W_hh, b):
    H = h.shape[1]
    order = "ifgo"
    rows = {name: slice(k * H, (k + 1) * H) for k, name in enumerate(order)}
    pre = {name: x.dot(W_ih[r].T) + h.dot(W_hh[r].T) + b[r] for name, r in rows.items()}
    i, f, o = squash(pre["i"]), squash(pre["f"]), squash(pre["o"])
    g = np.tanh(pre["g"])
    return rows, i, f, g, o


def lstm_step(x, h_prev, c_prev, W_ih, W_hh, b):
    _, i, f, g, o = gates(x, h_prev, W_ih, W_hh, b)
    kept = f * c_prev
    written = i * g
    c = kept + written
    shown = np.tanh(c)
    return o * shown, c


def lstm_step_backward(dh, dc, x, h_prev, c_prev, W_ih, W_hh, b):
    rows, i, f, g, o = gates(x, h_prev, W_ih, W_hh, b)
    after = lstm_step(x, h_prev, c_prev, W_ih, W_hh, b)
    state, c = h_prev, after[1]
    through_h = dh * o / np.cosh(c) ** 2
    dcell = dc + through_h
    d_out = dh * np.tanh(c)
    d_forget = dcell * c_prev
    d_in, d_cand = dcell * g, dcell * i
    slope_o, slope_f, slope_i = o - o * o, f - f * f, i - i * i
    slope_g = 1 - g * g
    dc_prev = f * dcell
    delta = {
        "o": d_out * slope_o,
        "f": d_forget * slope_f,
        "i": d_in * slope_i,
        "g": d_cand * slope_g,
    }
    dx, dh_prev = np.zeros_like(x), np.zeros_like(h_prev)
    dW_ih, dW_hh, db = np.zeros_like(W_ih), np.zeros_like(W_hh), np.zeros_like(b)
    for name, r in rows.items():
        dx += np.einsum("nh,hi->ni", delta[name], W_ih[r])
        dh_prev += np.einsum("nh,hk->nk", delta[name], W_hh[r])
        dW_ih[r] = np.einsum("nh,ni->hi", delta[name], x)
        dW_hh[r] = np.einsum("nh,nk->hk", delta[name], state)
        db[r] = delta[name].sum(0)
    return dx, dh_prev, dc_prev, dW_ih, dW_hh, db


def lstm_forward(x, h0, c0, W_ih, W_hh, b):
    h, c = h0, c0
    outputs = []
    for frame in x:
        h, c = lstm_step(frame, h, c, W_ih, W_hh, b)
        outputs.append(h)
    return np.array(outputs), h, c


def lstm_backward(dy, dh_T, dc_T, x, h0, c0, W_ih, W_hh, b):
    states = [(h0, c0)]
    for frame in x:
        states.append(lstm_step(frame, *states[-1], W_ih, W_hh, b))
    dh, dc = dh_T, dc_T
    dx: list = []
    sums = []
    for t in list(range(len(x)))[::-1]:
        incoming = dy[t] + dh
        out = lstm_step_backward(incoming, dc, x[t], *states[t], W_ih, W_hh, b)
        dh, dc = out[1], out[2]
        dx.insert(0, out[0])
        sums.append(out[3:])
    dW_ih, dW_hh, db = (sum(s) for s in zip(*sums, strict=True))
    return np.array(dx), dh, dc, dW_ih, dW_hh, db


def lstm_truncated_backward(dy, dh_T, dc_T, x, h0, c0, W_ih, W_hh, b, k):
    T, pieces = len(x), []
    h, c = h0, c0
    for start in range(0, T, k):
        window = x[start : start + k]
        last = start + k >= T
        ends = (dh_T, dc_T) if last else (0 * h0, 0 * c0)
        pieces.append(lstm_backward(dy[start : start + k], *ends, window, h, c, W_ih, W_hh, b))
        _, h, c = lstm_forward(window, h, c, W_ih, W_hh, b)
    dx = np.vstack([p[0] for p in pieces])
    return dx, pieces[0][1], pieces[0][2], *(sum(p[j] for p in pieces) for j in (3, 4, 5))
