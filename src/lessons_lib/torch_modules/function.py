"""A whole network as one `torch.autograd.Function`: the hand-written forward and backward pass."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch

from .. import stack
from ..cell import Cell
from ..masks import NO_STACK_MASKS, StackMasks
from ..nested import leaves


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
