"""A learner's GRU: three blocks cut by hand, derivatives written out."""

import numpy as np

ORDER = "rzn"


def sigma(a):
    e = np.exp(-a)
    return 1 / (1 + e)


def cut(block):
    parts = dict(zip(ORDER, np.split(block, 3), strict=True))
    return parts["r"], parts["z"], parts["n"]


def paste(r, z, n):
    parts = {"r": r, "z": z, "n": n}
    return np.hstack([parts[name] for name in ORDER])


def inside(x, h, W_ih, W_hh, b, b_hn):
    V_r, V_z, V_n = cut(W_ih)
    U_r, U_z, U_n = cut(W_hh)
    b_r, b_z, b_n = cut(b)
    r = sigma(np.inner(x, V_r) + np.inner(h, U_r) + b_r)
    z = sigma(np.inner(x, V_z) + np.inner(h, U_z) + b_z)
    recurrent = np.inner(h, U_n) + b_hn
    gated = r * recurrent
    n = np.tanh(np.inner(x, V_n) + b_n + gated)
    return r, z, n, recurrent


def gru_step(x, h_prev, W_ih, W_hh, b, b_hn):
    _, z, n, _ = inside(x, h_prev, W_ih, W_hh, b, b_hn)
    keep = z
    return n + keep * (h_prev - n)


def gru_step_backward(dh, x, h_prev, W_ih, W_hh, b, b_hn):
    r, z, n, recurrent = inside(x, h_prev, W_ih, W_hh, b, b_hn)
    U_r, U_z, U_n = cut(W_hh)
    state = h_prev
    keep = z
    d_keep = dh * (h_prev - n)
    pre_n = dh * (1 - keep) * (1 - n**2)
    pre_z = d_keep * z * (1 - z)
    pre_r = pre_n * recurrent * r * (1 - r)
    inner_n = pre_n * r
    direct = dh * keep
    through_gates = pre_r @ U_r + pre_z @ U_z
    through_n = inner_n @ U_n
    dh_prev = direct + through_gates + through_n
    pre = paste(pre_r, pre_z, pre_n)
    dW_hh = paste(state.T @ pre_r, state.T @ pre_z, state.T @ inner_n).T
    return pre @ W_ih, dh_prev, pre.T @ x, dW_hh, pre.sum(axis=0), inner_n.sum(axis=0)


def gru_forward(x, h0, W_ih, W_hh, b, b_hn):
    hs = [h0]
    for t in range(x.shape[0]):
        hs.append(gru_step(x[t], hs[t], W_ih, W_hh, b, b_hn))
    return np.stack(hs[1:]), hs[-1]


def gru_backward(dy, dh_T, x, h0, W_ih, W_hh, b, b_hn):
    hs = [h0, *gru_forward(x, h0, W_ih, W_hh, b, b_hn)[0]]
    carried, found = dh_T, []
    for t in range(len(x))[::-1]:
        out = gru_step_backward(dy[t] + carried, x[t], hs[t], W_ih, W_hh, b, b_hn)
        carried = out[1]
        found.append(out)
    dx = np.stack([out[0] for out in reversed(found)])
    return dx, carried, *(np.sum([out[k] for out in found], axis=0) for k in range(2, 6))


def gru_truncated_backward(dy, dh_T, x, h0, W_ih, W_hh, b, b_hn, k):
    weights, state, found = (W_ih, W_hh, b, b_hn), h0, []
    for s in range(0, len(x), k):
        now = x[s : s + k]
        end = dh_T if s + k >= len(x) else np.zeros_like(dh_T)
        found.append(gru_backward(dy[s : s + k], end, now, state, *weights))
        state = gru_forward(now, state, *weights)[1]
    sums = (sum(part) for part in list(zip(*found, strict=True))[2:])
    return np.concatenate([part[0] for part in found]), found[0][1], *sums
