"""One step of torch's cells with masks: compiled, by torch's kernel, or by the library's equations.

Without a gradient, the step is one call of compiled code if llvmlite is installed (see
`compiled_step`). Otherwise torch's own kernel takes the step, and the masks act around it, wherever
that gives the same: everywhere but inside the step (the candidate, the cell state, a mask for each
gate, and the GRU's hidden state, which is read twice). The equations run in NumPy if no gradient is
wanted, because an operation on a few numbers takes torch several times as long.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from ..arrays import zeros_like
from ..cell import Cell, State
from ..convert.layouts import join_biases
from ..masks import Masks, StackMasks, dropped, dropped_weights, masked_step, renew
from .engines import compiled_loop
from .memory import as_constant, as_own_tensor, numpy_serves
from .plain import is_plain, something_follows


class Weights(NamedTuple):
    """The parameters of one of torch's cells; the biases may be None."""

    W_ih: torch.Tensor
    W_hh: torch.Tensor
    b_ih: torch.Tensor | None
    b_hh: torch.Tensor | None


_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def weights_of(module: Any) -> Weights:
    """Return the parameters of a cell, each of which a parametrization computes once."""
    own = module._parameters  # without the detour through the module's __getattr__
    return Weights._make([own[n] if n in own else getattr(module, n) for n in _NAMES])


def take_compiled_step(
    module: Any, x: Any, hx: Any, masks: Any, timed: bool = False
) -> State | None:
    """Return the state after a step by compiled code; None if it does not serve the arguments.

    Arguments are those of the cell, which are not checked yet; with `timed`, the masks have an axis
    of time, of length 1.
    """
    compiled = _compiled()
    if compiled is None or something_follows() or type(masks) is not StackMasks:
        return None
    if len(masks.networks) != 1 or len(masks.networks[0]) != 1:
        return None
    network = masks.networks[0][0]
    of_input = masks.input(0)
    if of_input is not None:
        if network.x is not None:
            return None
        network = Masks(of_input, *network[1:])  # in less time than _replace
    mode = module._mode()
    if hx is None:
        new = x.new_zeros((*x.shape[:-1], module.hidden_size))
        state = (new, new) if mode == "LSTM" else (new,)
    elif mode != "LSTM":
        state = (hx,)
    elif type(hx) is tuple and len(hx) == 2:
        state = hx
    else:
        return None
    return compiled(mode, x, state, weights_of(module), network, timed)


@functools.cache
def _compiled() -> Callable[..., State | None] | None:
    """Return what takes steps by compiled code, if llvmlite is installed."""
    if compiled_loop() is None:
        return None
    from .compiled_step import take

    return take


def take_step(
    module: Any, cell: Cell, kernel: Any, x: torch.Tensor, state: State, masks: Masks
) -> State:
    """Return the state after a step.

    Parameters
    ----------
    module : one of `cells`
    cell : Cell
        What it computes.
    kernel : callable
        torch's function that computes the same without masks.
    x : tensor of shape (N, D)
    state : tuple of tensors of shape (N, H)
    masks : Masks
        Those of the step.
    """
    weights = weights_of(module)
    if kernel_serves(cell, masks):
        return _by_kernel(kernel, x, state, weights, masks)
    inputs = (x, *state, *(mask for mask in masks if isinstance(mask, torch.Tensor)))
    if something_follows() or not all(map(is_plain, inputs)) or _want_gradient(inputs, weights):
        return _by_equations(cell, x, state, weights, masks)
    arrays = _views(module, weights)
    if arrays is None or not numpy_serves(inputs[: 1 + len(state)]):
        return _by_equations(cell, x, state, weights, masks)
    with np.errstate(all="ignore"):
        first = tuple(map(as_constant, state))
        new = _by_equations(cell, as_constant(x), first, arrays, masks.map(as_constant))
    return tuple(map(as_own_tensor, new))


def _want_gradient(inputs: Any, weights: Weights) -> bool:
    if not torch.is_grad_enabled():
        return False
    return any(t.requires_grad for t in (*inputs, *weights) if t is not None)


def kernel_serves(cell: Cell, masks: Masks) -> bool:
    """Return whether the masks act around torch's kernel of one step, and not inside it."""
    x, h, g, c, *_ = masks
    if g is not None or c is not None:
        return False
    if x is not None and x.ndim == 3:  # a mask for each gate
        return False
    return h is None or (h.ndim == 2 and cell.name != "gru")


def _by_kernel(kernel: Any, x: torch.Tensor, state: State, weights: Weights, masks: Masks) -> State:
    """Take the step with torch's kernel, with the masks around it."""
    W_ih, W_hh, *biases = weights
    W_ih, W_hh = dropped(W_ih, masks.W_ih), dropped(W_hh, masks.W_hh)
    h = dropped(state[0], masks.h)
    if len(state) == 1:
        return renew(state, (kernel(dropped(x, masks.x), h, W_ih, W_hh, *biases),), masks)
    return renew(state, kernel(dropped(x, masks.x), (h, *state[1:]), W_ih, W_hh, *biases), masks)


def _by_equations(cell: Cell, x: Any, state: State, weights: Any, masks: Masks) -> State:
    """Take the step with the library's equations, on tensors or on arrays."""
    W_ih, W_hh, b_x, b_h = weights
    if b_x is None:
        b_x = b_h = zeros_like(W_ih[:, 0])
    params = dropped_weights(join_biases(cell, (W_ih, W_hh), b_x, b_h), masks)
    new, _ = masked_step(cell, params, cell.project(params, x, masks), state, masks)
    return new


class _Views(NamedTuple):
    """Arrays of a module's weights, and by what the weights are known to be the same still."""

    known: tuple[Any, ...]
    arrays: Any


_views_of: weakref.WeakKeyDictionary[Any, _Views] = weakref.WeakKeyDictionary()


def _views(module: Any, weights: Weights) -> Any:
    """Return the weights' memory as arrays, made once, because that takes time; None if it cannot.

    An array keeps its memory, so that no other tensor gets the same place while it is remembered.
    """
    known = tuple([None if w is None else (w.data_ptr(), w.stride()) for w in weights])
    kept = _views_of.get(module)
    if kept is None or kept.known != known:
        there = [weight for weight in weights if weight is not None]
        if not (all(map(is_plain, there)) and numpy_serves(there)):
            return None
        arrays = Weights._make([None if w is None else as_constant(w) for w in weights])
        kept = _views_of[module] = _Views(known, arrays)
    return kept.arrays
