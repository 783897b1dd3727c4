"""Answer torch's kernel call with the library's network, or with masks around the kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from ..cell import Cell
from ..convert import from_torch
from ..masks import NO_MASKS, NO_STACK_MASKS, StackMasks
from .function import Network, apply
from .kernel import KernelCall
from .sampling import cast


def run(cell: Cell, call: KernelCall, masks: StackMasks | None = None) -> tuple[torch.Tensor, ...]:
    """Answer a kernel call by hand.

    Parameters
    ----------
    cell : Cell
    call : KernelCall
    masks : StackMasks of tensors, optional
        Instead of the call's own dropout.

    Returns
    -------
    y : tensor of shape (T, N, directions · H), (N, T, ·) if `batch_first`, or (R, ·) if packed
    *last : tensors of shape (layers · directions, N, H)
        The states after the last steps, h first.
    """
    y, lengths = _padded(call)
    masks = None if masks is None else cast(masks, y)
    params = from_torch(cell, call.named_weights())
    directions = len(params[0])
    # dropout between layers separates two calls; layers without it run in the same call
    dropout = call.dropout if call.train and masks is None else 0.0
    calls = [(layer,) for layer in params] if dropout > 0 else [params]
    last = []
    for k, layers in enumerate(calls):
        if k > 0:
            y = torch.nn.functional.dropout(y, dropout)
        networks = slice(k * directions, (k + len(layers)) * directions)
        states = tuple(part[networks] for part in call.states)
        network = Network(cell, len(layers), directions, lengths, masks or NO_STACK_MASKS)
        y, *after = apply(network, y, states, layers)
        last.append(after)
    return _as_came(y, call), *(torch.cat(parts) for parts in zip(*last, strict=True))


def kernel_serves(masks: StackMasks) -> bool:
    """Return whether masks act only on inputs, outputs and weights, outside the kernel's steps."""
    weights = {"W_ih": None, "W_hh": None, "W_hr": None}
    directions = (direction for layer in masks.networks for direction in layer)
    return all(direction._replace(**weights) == NO_MASKS for direction in directions)


def run_kernel(kernel: Any, call: KernelCall, masks: StackMasks) -> tuple[torch.Tensor, ...]:
    """Answer a kernel call with the kernel itself, with masks on its inputs, outputs and weights.

    Layers without masks between them run in one call. Arguments and results are those of
    `run`.
    """
    time_first = call.batch_sizes is None and call.batch_first
    y = call.x.transpose(0, 1) if time_first else call.x
    call = call._replace(weights=_masked_weights(call, masks), dropout=0.0, batch_first=False)
    directions = 2 if call.bidirectional else 1
    each = len(call.weights) // (call.num_layers * directions)
    cuts = [k for k, mask in enumerate(masks.inputs) if k == 0 or mask is not None]
    last = []
    for start, end in zip(cuts, [*cuts[1:], call.num_layers], strict=True):
        networks = slice(start * directions, end * directions)
        part = call._replace(
            x=_dropped(y, masks.inputs[start], call),
            states=tuple(state[networks].contiguous() for state in call.states),
            weights=call.weights[networks.start * each : networks.stop * each],
            num_layers=end - start,
        )
        y, *after = kernel(*part.args())
        last.append(after)
    y = _dropped(y, masks.y, call)
    states = (torch.cat(parts) for parts in zip(*last, strict=True))
    return y.transpose(0, 1) if time_first else y, *states


def _masked_weights(call: KernelCall, masks: StackMasks) -> list[torch.Tensor]:
    names = {"weight_ih": "W_ih", "weight_hh": "W_hh", "weight_hr": "W_hr"}
    directions = 2 if call.bidirectional else 1
    each = len(call.weights) // (call.num_layers * directions)
    networks = [direction for layer in masks.networks for direction in layer]
    weights = []
    for k, (full_name, weight) in enumerate(call.named_weights().items()):
        name = names.get(full_name.rpartition("_l")[0])
        mask = getattr(networks[k // each], name) if name else None
        weights.append(weight if mask is None else weight * mask.to(weight.dtype))
    masked = any(new is not old for new, old in zip(weights, call.weights, strict=True))
    return _in_one_buffer(weights) if masked and weights[0].is_cuda else weights


def _in_one_buffer(weights: list[torch.Tensor]) -> list[torch.Tensor]:
    """Store weights contiguously, matrices first; otherwise cuDNN warns at each call."""
    order = sorted(range(len(weights)), key=lambda k: weights[k].ndim == 1)
    flat = torch.cat([weights[k].reshape(-1) for k in order])
    pieces = flat.split([weights[k].numel() for k in order])
    laid = {k: piece.view_as(weights[k]) for k, piece in zip(order, pieces, strict=True)}
    return [laid[k] for k in range(len(weights))]


def _dropped(y: torch.Tensor, mask: torch.Tensor | None, call: KernelCall) -> torch.Tensor:
    """Return y ⊙ mask, for y of shape (T, N, ·) or the rows of packed sequences."""
    if mask is None:
        return y
    if call.batch_sizes is not None:
        T, N = len(call.batch_sizes), int(call.batch_sizes[0])
        mask = pack_padded_sequence(mask.expand(T, N, -1), _lengths(call.batch_sizes)).data
    return y * mask.to(y.dtype)


def _padded(call: KernelCall) -> tuple[torch.Tensor, np.ndarray | None]:
    """Return the input as (T, N, D), and the lengths if it was packed."""
    if call.batch_sizes is None:
        return (call.x.transpose(0, 1) if call.batch_first else call.x), None
    x, lengths = pad_packed_sequence(PackedSequence(call.x, call.batch_sizes))
    return x, lengths.numpy()


def _as_came(y: torch.Tensor, call: KernelCall) -> torch.Tensor:
    if call.batch_sizes is not None:
        return pack_padded_sequence(y, _lengths(call.batch_sizes)).data
    return y.transpose(0, 1) if call.batch_first else y


def _lengths(batch_sizes: torch.Tensor) -> torch.Tensor:
    """Return each packed sequence's length, the longest first."""
    return (torch.arange(batch_sizes[0])[:, None] < batch_sizes).sum(dim=1)
