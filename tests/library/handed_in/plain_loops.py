"""A first-year student: NumPy, one loop at a time, names from the slides."""

import numpy as np


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def rnn_step(x, h_prev, W_ih, W_hh, b):
    a = np.dot(x, W_ih.T) + np.dot(h_prev, W_hh.T) + b
    h = np.tanh(a)
    return h


def rnn_step_backward(dh, x, h_prev, W_ih, W_hh, b):
    h = rnn_step(x, h_prev, W_ih, W_hh, b)
    da = dh * (1 - h * h)
    dx = np.dot(da, W_ih)
    dh_prev = np.dot(da, W_hh)
    dW_ih = np.dot(da.T, x)
    dW_hh = np.dot(da.T, h_prev)
    db = np.sum(da, axis=0)
    return dx, dh_prev, dW_ih, dW_hh, db


def rnn_forward(x, h0, W_ih, W_hh, b):
    T, N, D = x.shape
    H = h0.shape[1]
    y = np.zeros((T, N, H))
    h = h0
    for t in range(T):
        h = rnn_step(x[t], h, W_ih, W_hh, b)
        y[t] = h
    return y, h


def rnn_backward(dy, dh_T, x, h0, W_ih, W_hh, b):
    y, h_T = rnn_forward(x, h0, W_ih, W_hh, b)
    T = x.shape[0]
    dx = np.zeros_like(x)
    dW_ih = np.zeros_like(W_ih)
    dW_hh = np.zeros_like(W_hh)
    db = np.zeros_like(b)
    dh_next = dh_T
    for t in range(T - 1, -1, -1):
        h_prev = y[t - 1] if t > 0 else h0
        dh = dy[t] + dh_next
        da = dh * (1 - y[t] ** 2)
        dx[t] = da @ W_ih
        dW_ih += da.T @ x[t]
        dW_hh += da.T @ h_prev
        db += da.sum(axis=0)
        dh_next = da @ W_hh
    return dx, dh_next, dW_ih, dW_hh, db


def rnn_truncated_backward(dy, dh_T, x, h0, W_ih, W_hh, b, k):
    T = x.shape[0]
    dx = np.zeros_like(x)
    dW_ih, dW_hh, db = np.zeros_like(W_ih), np.zeros_like(W_hh), np.zeros_like(b)
    dh0 = np.zeros_like(h0)
    h = h0
    for s in range(0, T, k):
        e = min(s + k, T)
        end = dh_T if e == T else np.zeros_like(h0)
        g = rnn_backward(dy[s:e], end, x[s:e], h, W_ih, W_hh, b)
        dx[s:e] = g[0]
        if s == 0:
            dh0 = g[1]
        dW_ih += g[2]
        dW_hh += g[3]
        db += g[4]
        _, h = rnn_forward(x[s:e], h, W_ih, W_hh, b)
    return dx, dh0, dW_ih, dW_hh, db


def lstm_step(x, h_prev, c_prev, W_ih, W_hh, b):
    H = h_prev.shape[1]
    a = x @ W_ih.T + h_prev @ W_hh.T + b
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H : 2 * H])
    g = np.tanh(a[:, 2 * H : 3 * H])
    o = sigmoid(a[:, 3 * H :])
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return h, c


def lstm_step_backward(dh, dc, x, h_prev, c_prev, W_ih, W_hh, b):
    H = h_prev.shape[1]
    a = x @ W_ih.T + h_prev @ W_hh.T + b
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H : 2 * H])
    g = np.tanh(a[:, 2 * H : 3 * H])
    o = sigmoid(a[:, 3 * H :])
    c = f * c_prev + i * g
    tc = np.tanh(c)
    do = dh * tc
    dc_total = dc + dh * o * (1 - tc**2)
    di = dc_total * g
    df = dc_total * c_prev
    dg = dc_total * i
    dc_prev = dc_total * f
    dai = di * i * (1 - i)
    daf = df * f * (1 - f)
    dag = dg * (1 - g**2)
    dao = do * o * (1 - o)
    da = np.concatenate([dai, daf, dag, dao], axis=1)
    dx = da @ W_ih
    dh_prev = da @ W_hh
    dW_ih = da.T @ x
    dW_hh = da.T @ h_prev
    db = da.sum(axis=0)
    return dx, dh_prev, dc_prev, dW_ih, dW_hh, db


def lstm_forward(x, h0, c0, W_ih, W_hh, b):
    h, c = h0, c0
    ys = []
    for t in range(x.shape[0]):
        h, c = lstm_step(x[t], h, c, W_ih, W_hh, b)
        ys.append(h)
    return np.stack(ys, axis=0), h, c


def lstm_backward(dy, dh_T, dc_T, x, h0, c0, W_ih, W_hh, b):
    T = x.shape[0]
    hs, cs = [h0], [c0]
    for t in range(T):
        h, c = lstm_step(x[t], hs[-1], cs[-1], W_ih, W_hh, b)
        hs.append(h)
        cs.append(c)
    dx = np.zeros_like(x)
    dW_ih, dW_hh, db = np.zeros_like(W_ih), np.zeros_like(W_hh), np.zeros_like(b)
    dh_next, dc_next = dh_T, dc_T
    for t in reversed(range(T)):
        dh = dy[t] + dh_next
        out = lstm_step_backward(dh, dc_next, x[t], hs[t], cs[t], W_ih, W_hh, b)
        dx[t], dh_next, dc_next = out[0], out[1], out[2]
        dW_ih += out[3]
        dW_hh += out[4]
        db += out[5]
    return dx, dh_next, dc_next, dW_ih, dW_hh, db


def lstm_truncated_backward(dy, dh_T, dc_T, x, h0, c0, W_ih, W_hh, b, k):
    T = x.shape[0]
    dx = np.zeros_like(x)
    dW_ih, dW_hh, db = np.zeros_like(W_ih), np.zeros_like(W_hh), np.zeros_like(b)
    dh0, dc0 = np.zeros_like(h0), np.zeros_like(c0)
    h, c = h0, c0
    for s in range(0, T, k):
        e = min(s + k, T)
        dhe = dh_T if e == T else 0 * dh_T
        dce = dc_T if e == T else 0 * dc_T
        g = lstm_backward(dy[s:e], dhe, dce, x[s:e], h, c, W_ih, W_hh, b)
        dx[s:e] = g[0]
        if s == 0:
            dh0, dc0 = g[1], g[2]
        dW_ih += g[3]
        dW_hh += g[4]
        db += g[5]
        _, h, c = lstm_forward(x[s:e], h, c, W_ih, W_hh, b)
    return dx, dh0, dc0, dW_ih, dW_hh, db
