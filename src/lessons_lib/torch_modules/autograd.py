"""A network by hand as one `torch.autograd.Function`: its own forward and backward pass."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from .. import stack
from ..cell import Cell
from ..convert import from_torch
from ..masks import NO_STACK_MASKS, StackMasks
from ..nested import leaves
from .kernel import KernelCall
from .masks import cast, sequence_lengths


class Network(NamedTuple):
    """The network to run, without its tensors.

    Attributes
    ----------
    cell : Cell
    layers, directions : int
    lengths : integer array of shape (N,), or None
        Lengths of the sequences, if they are padded.
    masks : StackMasks
    """

    cell: Cell
    layers: int
    directions: int
    lengths: np.ndarray | None
    masks: StackMasks = NO_STACK_MASKS

    def flatten(self, x: Any, state: Any, params: stack.Params) -> list[Any]:
        """Put input, state and parameters, or their gradients, into one list."""
        return [x, *state, *leaves(params)]

    def unflatten(self, arrays: Any) -> tuple[Any, Any, stack.Params]:
        """Undo `flatten`."""
        x, *rest = arrays
        state, rest = rest[: len(self.cell.state_names)], rest[len(self.cell.state_names) :]
        size = len(self.cell.params_type._fields)
        flat = [self.cell.params_type(*rest[k : k + size]) for k in range(0, len(rest), size)]
        firsts = range(0, len(flat), self.directions)
        params = tuple(tuple(flat[k : k + self.directions]) for k in firsts)
        return x, tuple(state), params

    def forward(self, arrays: Any) -> tuple[list[Any], stack.Trace]:
        """Return [y, *last state] and the cache for `backward`, for NumPy arrays or tensors."""
        x, state, params = self.unflatten(arrays)
        y, last, cache = stack.forward(self.cell, params, x, state, self.lengths, self.masks)
        return [y, *last], cache

    def backward(self, arrays: Any, cache: stack.Trace, gradients: Any) -> list[Any]:
        """Return the gradients of `arrays`, given those of y and the last state."""
        *_, params = self.unflatten(arrays)
        dy, *dlast = gradients
        grads, dx, dstate = stack.backward(self.cell, params, cache, dy, tuple(dlast))
        return self.flatten(dx, dstate, grads)


def apply(network: Network, x: torch.Tensor, state: Any, params: Any) -> tuple[torch.Tensor, ...]:
    """Run a network, differentiably.

    Parameters
    ----------
    network : Network
    x : tensor of shape (T, N, D)
    state : tuple of tensors of shape (layers · directions, N, H)
    params : tuple of layers, each a tuple of the cell's Params of tensors

    Returns
    -------
    y : tensor of shape (T, N, directions · H)
    *last : tensors of shape (layers · directions, N, H)
        The states after each sequence's last step.
    """
    tensors = network.flatten(x, state, params)
    if _transforms_active():  # torch.func differentiates and batches the equations directly
        results, _ = network.forward(tensors)
        return tuple(results)
    return _ByHand.apply(network, *tensors)


def _transforms_active() -> bool:
    # If this check disappears, torch.func raises an error; it never returns wrong results.
    return getattr(torch._C, "_are_functorch_transforms_active", lambda: False)()


class _ByHand(torch.autograd.Function):
    """The library's two passes, in NumPy on the tensors' memory if that is faster."""

    @staticmethod
    def forward(ctx: Any, network: Network, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        ctx.save_for_backward(*tensors)  # torch then rejects tensors changed before backward
        ctx.network, ctx.numpy = network, _numpy_serves(tensors)
        with np.errstate(all="ignore"):  # like torch, which passes infinities and NaN on silently
            lowered = _lower_masks(network, ctx.numpy)
            results, ctx.cache = lowered.forward(_lower(tensors, ctx.numpy))
        return _lift(results, ctx.numpy)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        network, tensors = ctx.network, ctx.saved_tensors
        if torch.is_grad_enabled():  # create_graph=True: autograd has to follow both passes
            _, cache = network.forward(tensors)
            return None, *network.backward(tensors, cache, gradients)
        lowered, dresults = (_lower(part, ctx.numpy) for part in (tensors, gradients))
        with np.errstate(all="ignore"):
            return None, *_lift(network.backward(lowered, ctx.cache, dresults), ctx.numpy)


def _numpy_serves(tensors: Any) -> bool:
    """Return whether NumPy can run on the tensors' memory."""
    return all(t.is_cpu and t.dtype in (torch.float32, torch.float64) for t in tensors)


def _lower(tensors: Any, numpy: bool) -> tuple[Any, ...]:
    """Return views of the tensors' memory for NumPy, or the tensors."""
    return tuple(t.detach().numpy() for t in tensors) if numpy else tuple(tensors)


def _lower_masks(network: Network, numpy: bool) -> Network:
    if not numpy:
        return network
    return network._replace(masks=network.masks.map(lambda mask: mask.numpy()))


def _lift(arrays: Any, numpy: bool) -> tuple[torch.Tensor, ...]:
    """Undo `_lower`."""
    return tuple(map(torch.from_numpy, arrays)) if numpy else tuple(arrays)


def run_by_hand(
    cell: Cell, call: KernelCall, masks: StackMasks | None = None
) -> tuple[torch.Tensor, ...]:
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


def _padded(call: KernelCall) -> tuple[torch.Tensor, np.ndarray | None]:
    """Return the input as (T, N, D), and the lengths if it was packed."""
    if call.batch_sizes is None:
        return (call.x.transpose(0, 1) if call.batch_first else call.x), None
    x, lengths = pad_packed_sequence(PackedSequence(call.x, call.batch_sizes))
    return x, lengths.numpy()


def _as_came(y: torch.Tensor, call: KernelCall) -> torch.Tensor:
    if call.batch_sizes is not None:
        return pack_padded_sequence(y, sequence_lengths(call.batch_sizes)).data
    return y.transpose(0, 1) if call.batch_first else y
