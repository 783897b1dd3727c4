"""A learner's functions on tensors, gradients by autograd: other code, the same numbers."""

import torch


def rnn_step(x, h_prev, W_ih, W_hh, b):
    return torch.rnn_tanh_cell(x, h_prev, W_ih, W_hh, b, torch.zeros_like(b))


def lstm_step(x, h_prev, c_prev, W_ih, W_hh, b):
    return torch.lstm_cell(x, (h_prev, c_prev), W_ih, W_hh, b / 2, b / 2)


def gru_step(x, h_prev, W_ih, W_hh, b, b_hn):
    b_hh = torch.cat([torch.zeros(2 * len(b_hn), dtype=b.dtype), b_hn])
    return torch.gru_cell(x, h_prev, W_ih, W_hh, b, b_hh)


def rnn_forward(x, h0, W_ih, W_hh, b):
    h, ys = h0, []
    for x_t in x.unbind(0):
        h = rnn_step(x_t, h, W_ih, W_hh, b)
        ys.append(h)
    return torch.stack(ys), h


def lstm_forward(x, h0, c0, W_ih, W_hh, b):
    layer = torch.nn.LSTM(x.shape[2], h0.shape[1], dtype=x.dtype)
    weights = (W_ih, W_hh, b, torch.zeros_like(b))
    named = dict(zip(dict(layer.named_parameters()), weights, strict=True))
    y, (h, c) = torch.func.functional_call(layer, named, (x, (h0[None], c0[None])))
    return y, h[0], c[0]


def gru_forward(x, h0, W_ih, W_hh, b, b_hn):
    h, ys = h0, []
    for x_t in x:
        h = gru_step(x_t, h, W_ih, W_hh, b, b_hn)
        ys.append(h)
    return torch.stack(ys), h


def differentiated(forward, doutputs, arguments):
    leaves = [a.clone().requires_grad_() for a in arguments]
    outputs = forward(*leaves)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return torch.autograd.grad(outputs, leaves, doutputs)


def rnn_step_backward(dh, *arguments):
    return differentiated(rnn_step, (dh,), arguments)


def lstm_step_backward(dh, dc, *arguments):
    return differentiated(lstm_step, (dh, dc), arguments)


def gru_step_backward(dh, *arguments):
    return differentiated(gru_step, (dh,), arguments)


def rnn_backward(dy, dh_T, *arguments):
    return differentiated(rnn_forward, (dy, dh_T), arguments)


def lstm_backward(dy, dh_T, dc_T, *arguments):
    return differentiated(lstm_forward, (dy, dh_T, dc_T), arguments)


def gru_backward(dy, dh_T, *arguments):
    return differentiated(gru_forward, (dy, dh_T), arguments)


def lstm_truncated_backward(dy, dh_T, dc_T, x, h0, c0, W_ih, W_hh, b, k):
    leaves = [a.clone().requires_grad_() for a in (x, h0, c0, W_ih, W_hh, b)]
    x, h, c, *weights = leaves
    ys = []
    for t in range(len(x)):
        if t % k == 0 and t > 0:
            h, c = h.detach(), c.detach()
        h, c = lstm_step(x[t], h, c, *weights)
        ys.append(h)
    return torch.autograd.grad((torch.stack(ys), h, c), leaves, (dy, dh_T, dc_T))


def clip_by_norm(grads, max_norm):
    parameters = [torch.nn.Parameter(torch.zeros_like(g)) for g in grads]
    for parameter, g in zip(parameters, grads, strict=True):
        parameter.grad = g.clone()
    torch.nn.utils.clip_grad_norm_(parameters, max_norm)
    return [parameter.grad for parameter in parameters]


def clip_by_value(grads, limit):
    return [g.clamp(-limit, limit) for g in grads]


def bidirectional_merge(y_forward, y_backward):
    return torch.cat([y_forward, y_backward.flip(0)], dim=-1)


def padded_reverse(x, lengths):
    columns = [torch.cat([x[:L, n].flip(0), x[L:, n]]) for n, L in enumerate(lengths)]
    return torch.stack(columns, dim=1)
