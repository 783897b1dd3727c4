"""A torch user: tensors, autograd where it helps, loops as in training scripts."""

import torch


def lstm_step(x, h_prev, c_prev, W_ih, W_hh, b):
    scores = torch.addmm(b, x, W_ih.t()) + torch.mm(h_prev, W_hh.t())
    i, f, g, o = scores.chunk(4, 1)
    c = torch.sigmoid(f) * c_prev + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def lstm_step_backward(dh, dc, x, h_prev, c_prev, W_ih, W_hh, b):
    leaves = [v.clone().requires_grad_() for v in (x, h_prev, c_prev, W_ih, W_hh, b)]
    h, c = lstm_step(*leaves)
    loss = (dh * h).sum() + (dc * c).sum()
    return torch.autograd.grad(loss, leaves)


def lstm_forward(x, h0, c0, W_ih, W_hh, b):
    outputs = []
    hx, cx = h0, c0
    for step in x.unbind(0):
        hx, cx = lstm_step(step, hx, cx, W_ih, W_hh, b)
        outputs.append(hx)
    return torch.stack(outputs, dim=0), hx, cx


def lstm_backward(dy, dh_T, dc_T, x, h0, c0, W_ih, W_hh, b):
    inputs = [v.detach().clone().requires_grad_(True) for v in (x, h0, c0, W_ih, W_hh, b)]
    y, h, c = lstm_forward(*inputs)
    torch.autograd.backward([y, h, c], [dy, dh_T, dc_T])
    return tuple(v.grad for v in inputs)


def lstm_truncated_backward(dy, dh_T, dc_T, x, h0, c0, W_ih, W_hh, b, k):
    given = [v.detach().clone().requires_grad_(True) for v in (x, h0, c0, W_ih, W_hh, b)]
    xs, h, c, *weights = given
    total = 0.0
    for t in range(x.shape[0]):
        if t > 0 and t % k == 0:
            h, c = h.detach(), c.detach()
        h, c = lstm_step(xs[t], h, c, *weights)
        total = total + (dy[t] * h).sum()
    total = total + (dh_T * h).sum() + (dc_T * c).sum()
    total.backward()
    return tuple(v.grad for v in given)


def gru_step(x, h_prev, W_ih, W_hh, b, b_hn):
    gi = torch.nn.functional.linear(x, W_ih, b)
    gh = torch.nn.functional.linear(h_prev, W_hh)
    i_r, i_z, i_n = gi.chunk(3, 1)
    h_r, h_z, h_n = gh.chunk(3, 1)
    reset = torch.sigmoid(i_r + h_r)
    update = torch.sigmoid(i_z + h_z)
    new = torch.tanh(i_n + reset * (h_n + b_hn))
    return new + update * (h_prev - new)


def gru_step_backward(dh, x, h_prev, W_ih, W_hh, b, b_hn):
    leaves = [v.clone().requires_grad_() for v in (x, h_prev, W_ih, W_hh, b, b_hn)]
    gru_step(*leaves).backward(dh)
    return [leaf.grad for leaf in leaves]


def gru_forward(x, h0, W_ih, W_hh, b, b_hn):
    hx = h0
    rows = []
    for step in range(len(x)):
        hx = gru_step(x[step], hx, W_ih, W_hh, b, b_hn)
        rows += [hx]
    return torch.stack(rows), hx


def gru_backward(dy, dh_T, x, h0, W_ih, W_hh, b, b_hn):
    start = [v.clone().requires_grad_() for v in (x, h0, W_ih, W_hh, b, b_hn)]
    y, h = gru_forward(*start)
    ((y * dy).sum() + (h * dh_T).sum()).backward()
    return [s.grad for s in start]


def rnn_step(x, h_prev, W_ih, W_hh, b):
    both, weights = torch.cat([x, h_prev], dim=1), torch.cat([W_ih, W_hh], dim=1)
    return torch.tanh(both @ weights.T + b)


def rnn_step_backward(dh, x, h_prev, W_ih, W_hh, b):
    pre = x @ W_ih.T + h_prev @ W_hh.T + b
    grad_pre = dh / torch.cosh(pre).square()
    return (
        grad_pre @ W_ih,
        grad_pre @ W_hh,
        grad_pre.T @ x,
        grad_pre.T @ h_prev,
        grad_pre.sum(dim=0),
    )


def rnn_forward(x, h0, W_ih, W_hh, b):
    steps, batch, _ = x.shape
    collected = x.new_zeros(steps, batch, h0.shape[1])
    state = h0
    for s in range(steps):
        state = rnn_step(x[s], state, W_ih, W_hh, b)
        collected[s] = state
    return collected, state


def rnn_truncated_backward(dy, dh_T, x, h0, W_ih, W_hh, b, k):
    params = [p.clone().requires_grad_() for p in (W_ih, W_hh, b)]
    start = h0.clone().requires_grad_()
    pieces, h = [], start
    for chunk, grad in zip(x.split(k), dy.split(k)):
        piece = chunk.clone().requires_grad_()
        out, h_end = rnn_forward(piece, h, *params)
        (out * grad).sum().backward(retain_graph=True)
        pieces.append(piece)
        h = h_end.detach()
    (h_end * dh_T).sum().backward()
    return torch.cat([p.grad for p in pieces]), start.grad, *(p.grad for p in params)


def clip_by_norm(grads, max_norm):
    total_norm = torch.cat([g.flatten() for g in grads]).norm()
    coef = torch.clamp(max_norm / (total_norm + 1e-6), max=1.0)
    return [g * coef for g in grads]


def clip_by_value(grads, limit):
    return [torch.clamp(g, -limit, limit) for g in grads]


def bidirectional_merge(y_forward, y_backward):
    return torch.cat([y_forward, y_backward.flip(0)], dim=2)


def padded_reverse(x, lengths):
    result = x.clone()
    for column in range(x.shape[1]):
        n = int(lengths[column])
        result[:n, column] = x[:n, column].flip(0)
    return result


def numerical_gradient(f, x, step):
    grad = torch.zeros_like(x)
    flat, out = x.clone().view(-1), grad.view(-1)
    for j in range(flat.numel()):
        kept = flat[j].item()
        flat[j] = kept + step
        upper = f(flat.view_as(x))
        flat[j] = kept - step
        lower = f(flat.view_as(x))
        flat[j] = kept
        out[j] = (upper - lower) / (2 * step)
    return grad


def variational_dropout(x, h0, c0, W_ih, W_hh, b, draws_x, draws_h, rate, training):
    scale = 1 / (1 - rate)
    h, c, seen = h0, c0, []
    for xt in x:
        if training:
            xt = xt * draws_x[0] * scale
        inner = h * draws_h[0] * scale if training else h
        h, c = lstm_step(xt, inner, c, W_ih, W_hh, b)
        seen.append(h)
    return torch.stack(seen), h, c


def zoneout(x, h0, c0, W_ih, W_hh, b, keep_h, keep_c, rate, training):
    h, c, seen = h0, c0, []
    for t, xt in enumerate(x):
        ht, ct = lstm_step(xt, h, c, W_ih, W_hh, b)
        if training:
            h = torch.where(keep_h[t] > 0.5, h, ht)
            c = torch.where(keep_c[t] > 0.5, c, ct)
        else:
            h, c = torch.lerp(ht, h, rate), torch.lerp(ct, c, rate)
        seen.append(h)
    return torch.stack(seen), h, c
