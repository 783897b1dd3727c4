"""An engineer who writes out every gate and keeps what he needs in dictionaries."""

import math

import numpy as np


def logistic(v):
    out = np.empty_like(v)
    pos = v >= 0
    out[pos] = 1.0 / (1.0 + np.exp(-v[pos]))
    e = np.exp(v[~pos])
    out[~pos] = e / (1.0 + e)
    return out


def unpack3(W):
    H = W.shape[0] // 3
    return W[0:H], W[H : 2 * H], W[2 * H : 3 * H]


def gru_cache(x, h_prev, W_ih, W_hh, b, b_hn):
    Wr, Wz, Wn = unpack3(W_ih)
    Ur, Uz, Un = unpack3(W_hh)
    br, bz, bn = unpack3(b)
    m = {}
    m["r"] = logistic(x.dot(Wr.T) + h_prev.dot(Ur.T) + br)
    m["z"] = logistic(x.dot(Wz.T) + h_prev.dot(Uz.T) + bz)
    m["hn"] = h_prev.dot(Un.T) + b_hn
    m["n"] = np.tanh(x.dot(Wn.T) + bn + m["r"] * m["hn"])
    m["h"] = (1.0 - m["z"]) * m["n"] + m["z"] * h_prev
    return m


def gru_step(x, h_prev, W_ih, W_hh, b, b_hn):
    return gru_cache(x, h_prev, W_ih, W_hh, b, b_hn)["h"]


def gru_step_backward(dh, x, h_prev, W_ih, W_hh, b, b_hn):
    m = gru_cache(x, h_prev, W_ih, W_hh, b, b_hn)
    Wr, Wz, Wn = unpack3(W_ih)
    Ur, Uz, Un = unpack3(W_hh)
    dn = dh * (1.0 - m["z"])
    dz = dh * (h_prev - m["n"])
    dn_raw = dn * (1.0 - m["n"] ** 2)
    dr = dn_raw * m["hn"]
    dhn = dn_raw * m["r"]
    dr_raw = dr * m["r"] * (1.0 - m["r"])
    dz_raw = dz * m["z"] * (1.0 - m["z"])
    dx = dr_raw.dot(Wr) + dz_raw.dot(Wz) + dn_raw.dot(Wn)
    dh_prev = dh * m["z"]
    dh_prev = dh_prev + dr_raw.dot(Ur) + dz_raw.dot(Uz) + dhn.dot(Un)
    dW_ih = np.vstack([dr_raw.T.dot(x), dz_raw.T.dot(x), dn_raw.T.dot(x)])
    dW_hh = np.vstack([dr_raw.T.dot(h_prev), dz_raw.T.dot(h_prev), dhn.T.dot(h_prev)])
    db = np.hstack([dr_raw.sum(0), dz_raw.sum(0), dn_raw.sum(0)])
    db_hn = dhn.sum(0)
    return dx, dh_prev, dW_ih, dW_hh, db, db_hn


def gru_forward(x, h0, W_ih, W_hh, b, b_hn):
    T, N, D = x.shape
    hidden = np.zeros((T + 1, N, h0.shape[1]))
    hidden[0] = h0
    for t in range(1, T + 1):
        hidden[t] = gru_step(x[t - 1], hidden[t - 1], W_ih, W_hh, b, b_hn)
    return hidden[1:], hidden[T]


def gru_backward(dy, dh_T, x, h0, W_ih, W_hh, b, b_hn):
    T, N, D = x.shape
    hidden = np.zeros((T + 1, N, h0.shape[1]))
    hidden[0] = h0
    for t in range(1, T + 1):
        hidden[t] = gru_step(x[t - 1], hidden[t - 1], W_ih, W_hh, b, b_hn)
    grads = {"W_ih": np.zeros_like(W_ih), "W_hh": np.zeros_like(W_hh)}
    grads["b"], grads["b_hn"] = np.zeros_like(b), np.zeros_like(b_hn)
    dx = np.zeros(x.shape)
    dnext = dh_T.copy()
    t = T
    while t > 0:
        d = dnext + dy[t - 1]
        out = gru_step_backward(d, x[t - 1], hidden[t - 1], W_ih, W_hh, b, b_hn)
        dx[t - 1] = out[0]
        dnext = out[1]
        grads["W_ih"] += out[2]
        grads["W_hh"] += out[3]
        grads["b"] += out[4]
        grads["b_hn"] += out[5]
        t -= 1
    return dx, dnext, grads["W_ih"], grads["W_hh"], grads["b"], grads["b_hn"]


def gru_truncated_backward(dy, dh_T, x, h0, W_ih, W_hh, b, b_hn, k):
    T = x.shape[0]
    count = math.ceil(T / k)
    dx = np.zeros(x.shape)
    dW_ih, dW_hh = np.zeros_like(W_ih), np.zeros_like(W_hh)
    db, db_hn = np.zeros_like(b), np.zeros_like(b_hn)
    h = h0
    dh0 = np.zeros_like(h0)
    for w in range(count):
        lo = w * k
        hi = min(lo + k, T)
        tail = dh_T if hi == T else np.zeros_like(dh_T)
        g = gru_backward(dy[lo:hi], tail, x[lo:hi], h, W_ih, W_hh, b, b_hn)
        _, h = gru_forward(x[lo:hi], h, W_ih, W_hh, b, b_hn)
        dx[lo:hi] = g[0]
        if w == 0:
            dh0 = g[1]
        dW_ih += g[2]
        dW_hh += g[3]
        db += g[4]
        db_hn += g[5]
    return dx, dh0, dW_ih, dW_hh, db, db_hn


def rnn_backward(dy, dh_T, x, h0, W_ih, W_hh, b):
    T, N, D = x.shape
    states = {-1: h0}
    for t in range(T):
        states[t] = np.tanh(x[t].dot(W_ih.T) + states[t - 1].dot(W_hh.T) + b)
    dW, dU, dbias = np.zeros_like(W_ih), np.zeros_like(W_hh), np.zeros_like(b)
    dx = np.zeros_like(x)
    dnext = dh_T
    for t in reversed(range(T)):
        total = dnext + dy[t]
        raw = total * (1.0 - states[t] * states[t])
        for n in range(N):
            dW += np.outer(raw[n], x[t, n])
            dU += np.outer(raw[n], states[t - 1][n])
            dbias += raw[n]
        dx[t] = raw.dot(W_ih)
        dnext = raw.dot(W_hh)
    return dx, dnext, dW, dU, dbias


def rnn_truncated_backward(dy, dh_T, x, h0, W_ih, W_hh, b, k):
    T, N, D = x.shape
    states = {-1: h0}
    for t in range(T):
        states[t] = np.tanh(x[t].dot(W_ih.T) + states[t - 1].dot(W_hh.T) + b)
    dW, dU, dbias = np.zeros_like(W_ih), np.zeros_like(W_hh), np.zeros_like(b)
    dx = np.zeros_like(x)
    end = T
    dnext = dh_T
    start = ((T - 1) // k) * k
    while start >= 0:
        for t in range(end - 1, start - 1, -1):
            raw = (dnext + dy[t]) * (1.0 - states[t] ** 2)
            dW += raw.T.dot(x[t])
            dU += raw.T.dot(states[t - 1])
            dbias += raw.sum(0)
            dx[t] = raw.dot(W_ih)
            dnext = raw.dot(W_hh)
        first = dnext
        dnext = np.zeros_like(h0)
        end = start
        start -= k
    return dx, first, dW, dU, dbias


def cell(xt, h, c, W_ih, W_hh, b):
    H = h.shape[1]
    a = xt.dot(W_ih.T) + h.dot(W_hh.T) + b
    ig = logistic(a[:, 0:H])
    fg = logistic(a[:, H : 2 * H])
    cand = np.tanh(a[:, 2 * H : 3 * H])
    og = logistic(a[:, 3 * H : 4 * H])
    return ig, fg, cand, og


def non_recurrent_dropout(x, h0, c0, W_ih, W_hh, b, draws_x, draws_y, rate, training):
    keep = 1.0 - rate
    h, c, ys = h0, c0, []
    for t in range(x.shape[0]):
        xt = x[t] * draws_x[t] / keep if training else x[t]
        ig, fg, cand, og = cell(xt, h, c, W_ih, W_hh, b)
        c = fg * c + ig * cand
        h = og * np.tanh(c)
        out = h * draws_y[t] / keep if training else h
        ys.append(out)
    return np.array(ys), h, c


def rnndrop(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    h, c, ys = h0, c0, []
    for t in range(x.shape[0]):
        ig, fg, cand, og = cell(x[t], h, c, W_ih, W_hh, b)
        c = fg * c + ig * cand
        if training:
            c = c * draws[0]
        h = og * np.tanh(c)
        if training:
            h = h / (1.0 - rate)
        ys.append(h)
    return np.array(ys), h, c


def variational_dropout(x, h0, c0, W_ih, W_hh, b, draws_x, draws_h, rate, training):
    mx = draws_x[0] / (1.0 - rate)
    mh = draws_h[0] / (1.0 - rate)
    h, c, ys = h0, c0, []
    for t in range(x.shape[0]):
        xin = x[t] * mx if training else x[t]
        hin = h * mh if training else h
        ig, fg, cand, og = cell(xin, hin, c, W_ih, W_hh, b)
        c = fg * c + ig * cand
        h = og * np.tanh(c)
        ys.append(h)
    return np.array(ys), h, c


def weight_drop(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    U = W_hh * draws / (1.0 - rate) if training else W_hh
    h, c, ys = h0, c0, []
    for t in range(x.shape[0]):
        ig, fg, cand, og = cell(x[t], h, c, W_ih, U, b)
        c = fg * c + ig * cand
        h = og * np.tanh(c)
        ys.append(h)
    return np.array(ys), h, c


def recurrent_dropout(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
    h, c, ys = h0, c0, []
    for t in range(x.shape[0]):
        ig, fg, cand, og = cell(x[t], h, c, W_ih, W_hh, b)
        if training:
            cand = cand * draws[t] / (1.0 - rate)
        c = fg * c + ig * cand
        h = og * np.tanh(c)
        ys.append(h)
    return np.array(ys), h, c


def zoneout(x, h0, c0, W_ih, W_hh, b, keep_h, keep_c, rate, training):
    h, c, ys = h0, c0, []
    for t in range(x.shape[0]):
        ig, fg, cand, og = cell(x[t], h, c, W_ih, W_hh, b)
        c_new = fg * c + ig * cand
        h_new = og * np.tanh(c_new)
        kh, kc = (keep_h[t], keep_c[t]) if training else (rate, rate)
        h = kh * h + (1.0 - kh) * h_new
        c = kc * c + (1.0 - kc) * c_new
        ys.append(h)
    return np.array(ys), h, c
