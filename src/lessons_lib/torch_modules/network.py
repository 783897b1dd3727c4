"""Answer torch's kernel call with the library's network."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from ..convert import from_torch
from ..scan import Cell
from .function import Network, apply
from .kernel import KernelCall


def run(cell: Cell, call: KernelCall) -> tuple[torch.Tensor, ...]:
    """Answer a kernel call.

    Parameters
    ----------
    cell : Cell
    call : KernelCall

    Returns
    -------
    y : tensor of shape (T, N, directions · H), (N, T, ·) if `batch_first`, or (R, ·) if packed
    *last : tensors of shape (layers · directions, N, H)
        The states after the last steps, h first.
    """
    y, lengths = _padded(call)
    params = from_torch(cell, call.named_weights())
    directions = len(params[0])
    # a dropout between layers stands between two calls, one without ends in the same call
    dropout = call.dropout if call.train else 0.0
    calls = [(layer,) for layer in params] if dropout > 0 else [params]
    last = []
    for k, layers in enumerate(calls):
        if k > 0:
            y = torch.nn.functional.dropout(y, dropout)
        networks = slice(k * directions, (k + len(layers)) * directions)
        states = tuple(part[networks] for part in call.states)
        network = Network(cell, len(layers), directions, lengths)
        y, *after = apply(network, y, states, layers)
        last.append(after)
    return _as_came(y, call), *(torch.cat(parts) for parts in zip(*last, strict=True))


def _padded(call: KernelCall) -> tuple[torch.Tensor, np.ndarray | None]:
    """Return the input as (T, N, D), and the lengths if it was packed."""
    if call.batch_sizes is None:
        return (call.x.transpose(0, 1) if call.batch_first else call.x), None
    x, lengths = pad_packed_sequence(PackedSequence(call.x, call.batch_sizes))
    return x, lengths.numpy()


def _as_came(y: torch.Tensor, call: KernelCall) -> torch.Tensor:
    if call.batch_sizes is not None:
        lengths = (torch.arange(call.batch_sizes[0])[:, None] < call.batch_sizes).sum(dim=1)
        return pack_padded_sequence(y, lengths).data
    return y.transpose(0, 1) if call.batch_first else y
