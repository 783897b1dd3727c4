"""The LSTM's equations under masks in the most direct form, differentiated by autograd."""

from __future__ import annotations

from typing import Any

import torch

from lessons_lib.dropout import Dropout, Sizes
from lessons_lib.torch_modules.masks import sample

from .contenders import Problem, Run, differentiated


def masked_loop(variant: Dropout, problem: Problem) -> Run:
    """Run the loop step by step under newly drawn masks of a variant."""
    weights = list(problem.layer.parameters())
    T, N, D = problem.x.shape
    sizes = Sizes(T, N, D, problem.layer.hidden_size)

    def forward(x: torch.Tensor) -> torch.Tensor:
        masks = sample(variant, sizes, None, x)
        y = _layer(_masked(x, masks.inputs[0]), weights, masks.networks[0][0])
        return _masked(y, masks.y)

    return differentiated(forward, problem, weights)


def _layer(x: torch.Tensor, weights: list[torch.Tensor], masks: Any) -> torch.Tensor:
    W_ih, W_hh, b_ih, b_hh = weights
    W_ih, W_hh = _masked(W_ih, masks.W_ih), _masked(W_hh, masks.W_hh)
    h = c = x.new_zeros(x.shape[1], W_hh.shape[1])
    y = []
    for t in range(len(x)):
        m = masks.at(t)
        a = _product(x[t], W_ih, m.x) + b_ih + _product(h, W_hh, m.h) + b_hh
        i, f, g, o = a.chunk(4, dim=1)
        new_c = torch.sigmoid(f) * c + torch.sigmoid(i) * _masked(torch.tanh(g), m.g)
        new_c = _masked(new_c, m.c)
        new_h = _masked(torch.sigmoid(o) * torch.tanh(new_c), m.y)
        h = new_h if m.keep_h is None else torch.where(m.keep_h, h, new_h)
        c = new_c if m.keep_c is None else torch.where(m.keep_c, c, new_c)
        y.append(h)
    return torch.stack(y)


def _product(a: torch.Tensor, W: torch.Tensor, mask: Any) -> torch.Tensor:
    """Multiply a masked input by the weights; a mask may have one row of masks per gate."""
    if mask is None or mask.ndim == 2:
        return _masked(a, mask) @ W.T
    return torch.cat([(a * m) @ rows.T for m, rows in zip(mask, W.chunk(4), strict=True)], dim=1)


def _masked(a: torch.Tensor, mask: Any) -> torch.Tensor:
    return a if mask is None else a * mask
