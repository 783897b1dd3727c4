"""A network by hand as one `torch.autograd.Function`: its own forward and backward pass."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from .. import scan, stack
from ..cell import Cell
from ..convert import from_torch
from ..masks import NO_STACK_MASKS, StackMasks, dropped
from ..nested import leaves
from .engines import loop_of
from .kernel import KernelCall
from .loop import Loop
from .masks import cast, sequence_lengths
from .memory import as_array, as_own_tensor, as_tensor, numpy_serves
from .plain import is_followed, of_each
from .saved import arrays_in, put_arrays, take_arrays


class Network(NamedTuple):
    """The network to run, without its tensors.

    Attributes
    ----------
    cell : Cell
    layers, directions : int
    lengths : integer array of shape (N,), or None
        Lengths of the sequences, if they are padded.
    masks : StackMasks
    engine : one of `engines.ENGINES`
        What computes it, unless only the equations can.
    """

    cell: Cell
    layers: int
    directions: int
    lengths: np.ndarray | None
    masks: StackMasks = NO_STACK_MASKS
    engine: str = "by_hand"

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

    def forward(self, arrays: Any, loop: Any = scan) -> tuple[list[Any], Any]:
        """Return [y, *last state] and the cache for `backward`, for NumPy arrays or tensors."""
        x, state, params = self.unflatten(arrays)
        masks, lengths = self.masks, self.lengths
        if not self._is_one(arrays):
            y, last, cache = stack.forward(self.cell, params, x, state, lengths, masks, loop)
            return [y, *last], cache
        ((weights,),), first = params, tuple(part[0] for part in state)
        x, own = dropped(x, masks.input(0)), masks.network(0, 0)
        y, last, trace = loop.forward(self.cell, weights, x, first, own)
        return [dropped(y, masks.output(0)), *(part[None] for part in last)], trace

    def backward(self, arrays: Any, cache: Any, gradients: Any, loop: Any = scan) -> list[Any]:
        """Return the gradients of `arrays`, given those of y and the last state."""
        *_, params = self.unflatten(arrays)
        dy, *dlast = gradients
        if isinstance(cache, stack.Trace):
            grads, dx, dstate = stack.backward(self.cell, params, cache, dy, tuple(dlast), loop)
            return self.flatten(dx, dstate, grads)
        ((weights,),), last = params, tuple(part[0] for part in dlast)
        dy = dropped(dy, self.masks.output(0))
        own, dx, first = loop.backward(self.cell, weights, cache, dy, last)
        dx = dropped(dx, self.masks.input(0))
        return self.flatten(dx, tuple(part[None] for part in first), ((own,),))

    def _is_one(self, arrays: Any) -> bool:
        """Return whether it is one layer in one direction, in NumPy, which `stack` would delay.

        Shapes have been checked by the layer; `stack` rejects dtypes that differ.
        """
        if self.layers * self.directions > 1 or self.lengths is not None:
            return False
        dtype = arrays[0].dtype
        return all(type(array) is np.ndarray and array.dtype == dtype for array in arrays)


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
    if is_followed(*tensors, *arrays_in(network.masks)):
        return tuple(network.forward(tensors)[0])
    if not torch.is_grad_enabled() or not any(tensor.requires_grad for tensor in tensors):
        results, _ = _run(network, tensors, keep=False)
        return results
    return _ByHand.apply(network, *tensors)


def _run(network: Network, tensors: Any, keep: bool) -> tuple[tuple[torch.Tensor, ...], Any]:
    """Run a network, compiled or in NumPy on the tensors' memory if that is faster."""
    loop = Loop(keep)
    if numpy_serves(tensors):
        loop = loop_of(network.engine, keep)
        tensors = tuple(map(as_array, tensors))
        network = network._replace(masks=network.masks.map(as_array))
    with np.errstate(all="ignore"):  # like torch, which passes infinities and NaN on silently
        results, cache = network.forward(tensors, loop)
    return tuple(map(as_own_tensor, results)), cache


class _ByHand(torch.autograd.Function):
    """The library's two passes; what the second needs is kept by autograd."""

    @staticmethod
    def forward(ctx: Any, network: Network, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        results, cache = _run(network, tensors, keep=True)
        masks, drawn = take_arrays(network.masks)
        cache, arrays = take_arrays(cache)
        ctx.kept, ctx.drawn = (masks, cache), len(drawn)
        ctx.network, ctx.count = network._replace(masks=NO_STACK_MASKS), len(tensors)
        # torch rejects tensors that are changed before the backward pass
        ctx.save_for_backward(*tensors, *drawn, *map(as_tensor, arrays))
        return results

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        saved = ctx.saved_tensors  # asked for once, as torch.utils.checkpoint requires
        tensors, kept = saved[: ctx.count], saved[ctx.count :]
        return None, *of_each(partial(_gradients, ctx, tensors, kept), gradients)


def _gradients(ctx: Any, tensors: Any, kept: Any, gradients: Any) -> list[torch.Tensor]:
    """Return the gradients of a call's tensors, given those of its results."""
    followed = torch.is_grad_enabled() or is_followed(*gradients)
    numpy = not followed and numpy_serves(tensors)
    if numpy:  # after the masks, the memory is ours, and the faster way to arrays does no harm
        ours = (tensor.detach().numpy() for tensor in kept[ctx.drawn :])
        kept = (*map(as_array, kept[: ctx.drawn]), *ours)
    masks = put_arrays(ctx.kept[0], kept)
    cache = put_arrays(ctx.kept[1], kept[ctx.drawn :])
    network = ctx.network._replace(masks=masks)
    if followed:  # a second derivative, or something else looks at each operation
        _, cache = network.forward(tensors)
        return network.backward(tensors, cache, gradients)
    loop = Loop()
    if numpy:
        loop = loop_of(network.engine, keep=True)
        tensors, gradients = (tuple(map(as_array, part)) for part in (tensors, gradients))
    with np.errstate(all="ignore"):
        return [*map(as_tensor, network.backward(tensors, cache, gradients, loop))]


def run_by_hand(
    cell: Cell, call: KernelCall, masks: StackMasks | None = None, engine: str = "by_hand"
) -> tuple[torch.Tensor, ...]:
    """Answer a kernel call by hand.

    Parameters
    ----------
    cell : Cell
    call : KernelCall
    masks : StackMasks of tensors, optional
        Instead of the call's own dropout.
    engine : one of `engines.ENGINES`, optional

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
    run = partial(_apply, cell, directions, lengths, masks or NO_STACK_MASKS, engine)
    if call.dropout == 0 or not call.train or masks is not None or len(params) == 1:
        y, *last = run(y, call.states, params)
        return _as_came(y, call), *last
    lasts = []
    for k, layer in enumerate(params):  # dropout between layers separates two calls
        if k > 0:
            y = _dropped_between(y, call.dropout, call)
        networks = slice(k * directions, (k + 1) * directions)
        y, *last = run(y, tuple(part[networks] for part in call.states), (layer,))
        lasts.append(last)
    return _as_came(y, call), *(torch.cat(parts) for parts in zip(*lasts, strict=True))


def _apply(
    cell: Cell,
    directions: int,
    lengths: np.ndarray | None,
    masks: StackMasks,
    engine: str,
    y: torch.Tensor,
    state: Any,
    params: Any,
) -> tuple[torch.Tensor, ...]:
    return apply(Network(cell, len(params), directions, lengths, masks, engine), y, state, params)


def _padded(call: KernelCall) -> tuple[torch.Tensor, np.ndarray | None]:
    """Return the input as (T, N, D), and the lengths if it was packed."""
    if call.batch_sizes is None:
        return (call.x.transpose(0, 1) if call.batch_first else call.x), None
    x, lengths = pad_packed_sequence(PackedSequence(call.x, call.batch_sizes))
    return x, lengths.numpy()


def _dropped_between(y: torch.Tensor, rate: float, call: KernelCall) -> torch.Tensor:
    """Drop a layer's output as torch's kernel does, which draws for packed sequences' rows only."""
    if call.batch_sizes is None:
        return torch.nn.functional.dropout(y, rate)
    rows = pack_padded_sequence(y, sequence_lengths(call.batch_sizes))
    dropped = rows._replace(data=torch.nn.functional.dropout(rows.data, rate))
    return pad_packed_sequence(dropped)[0]


def _as_came(y: torch.Tensor, call: KernelCall) -> torch.Tensor:
    if call.batch_sizes is not None:
        return pack_padded_sequence(y, sequence_lengths(call.batch_sizes)).data
    return y.transpose(0, 1) if call.batch_first else y
