"""Someone who reads papers: the GRU in three parts, weights sliced once, states kept in a list."""

import numpy as np


def σ(u):
    return 0.5 + 0.5 * np.tanh(u / 2)


def thirds(M):
    n = len(M) // 3
    return M[:n], M[n : 2 * n], M[2 * n :]


def gru_step(x, h_prev, W_ih, W_hh, b, b_hn):
    Wr, Wz, Wn = thirds(W_ih)
    Ur, Uz, Un = thirds(W_hh)
    br, bz, bn = thirds(b)
    r = σ(x @ Wr.T + h_prev @ Ur.T + br)
    z = σ(x @ Wz.T + h_prev @ Uz.T + bz)
    n = np.tanh(x @ Wn.T + bn + r * (h_prev @ Un.T + b_hn))
    return (1 - z) * n + z * h_prev


def gru_step_backward(dh, x, h_prev, W_ih, W_hh, b, b_hn):
    Wr, Wz, Wn = thirds(W_ih)
    Ur, Uz, Un = thirds(W_hh)
    br, bz, bn = thirds(b)
    r = σ(x @ Wr.T + h_prev @ Ur.T + br)
    z = σ(x @ Wz.T + h_prev @ Uz.T + bz)
    q = h_prev @ Un.T + b_hn
    n = np.tanh(x @ Wn.T + bn + r * q)
    δn = dh * (1 - z)
    δz = dh * (h_prev - n)
    δan = δn * (1 - n**2)
    δr = δan * q
    δq = δan * r
    δar = δr * r * (1 - r)
    δaz = δz * z * (1 - z)
    dx = δar @ Wr + δaz @ Wz + δan @ Wn
    dh_prev = dh * z + δar @ Ur + δaz @ Uz + δq @ Un
    dW_ih = np.vstack([δar.T @ x, δaz.T @ x, δan.T @ x])
    dW_hh = np.vstack([δar.T @ h_prev, δaz.T @ h_prev, δq.T @ h_prev])
    db = np.concatenate([δar.sum(0), δaz.sum(0), δan.sum(0)])
    db_hn = δq.sum(0)
    return dx, dh_prev, dW_ih, dW_hh, db, db_hn


def gru_forward(x, h0, W_ih, W_hh, b, b_hn):
    states = [h0]
    for frame in x:
        states.append(gru_step(frame, states[-1], W_ih, W_hh, b, b_hn))
    return np.array(states[1:]), states[-1]


def gru_backward(dy, dh_T, x, h0, W_ih, W_hh, b, b_hn):
    states = [h0, *gru_forward(x, h0, W_ih, W_hh, b, b_hn)[0]]
    G = [np.zeros_like(p) for p in (W_ih, W_hh, b, b_hn)]
    dx = np.empty_like(x)
    later = dh_T
    for t in range(len(x))[::-1]:
        dx[t], later, *g = gru_step_backward(later + dy[t], x[t], states[t], W_ih, W_hh, b, b_hn)
        G = [a + c for a, c in zip(G, g)]
    return dx, later, *G


def gru_truncated_backward(dy, dh_T, x, h0, W_ih, W_hh, b, b_hn, k):
    T = len(x)
    out, h = [], h0
    for s in range(0, T, k):
        part = slice(s, s + k)
        last = dh_T if s + k >= T else np.zeros_like(dh_T)
        out.append(gru_backward(dy[part], last, x[part], h, W_ih, W_hh, b, b_hn))
        _, h = gru_forward(x[part], h, W_ih, W_hh, b, b_hn)
    sums = [sum(o[j] for o in out) for j in range(2, 6)]
    return np.concatenate([o[0] for o in out]), out[0][1], *sums
