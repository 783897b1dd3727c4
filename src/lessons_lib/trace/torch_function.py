"""A differentiable network in torch: the compiled loop if it can run, otherwise the equations.

    y, *last = run(lstm.CELL, params, x, state, masks)

`serves` is the rule. Under torch.func's transformations, and for second derivatives, autograd
follows the equations.
"""

from __future__ import annotations

from typing import Any

import torch

from .. import scan
from ..cell import Cell, State
from ..masks import NO_MASKS, Masks
from . import compiled
from .recorder import RecordingError


def run(
    cell: Cell, params: Any, x: torch.Tensor, state: State | None = None, masks: Masks = NO_MASKS
) -> tuple[torch.Tensor, ...]:
    """Run a cell over a sequence.

    Parameters
    ----------
    cell, params, x, state, masks
        As for `scan.forward`.

    Returns
    -------
    y : tensor of shape (T, N, H)
    *last : tensors of shape (N, H)
        The state after the last step.
    """
    if state is None:
        state = scan.zero_state(cell, params, x)
    if not serves(cell, params, x, state, masks):
        y, last, _ = scan.forward(cell, params, x, state, masks)
        return y, *last
    return _Compiled.apply(cell, masks, x, *state, *params)


def serves(cell: Cell, params: Any, x: torch.Tensor, state: State, masks: Masks) -> bool:
    """Tell whether the compiled loop can run: plain tensors in memory, outside transformations."""
    tensors = (x, *state, *params, *(mask for mask in masks if hasattr(mask, "shape")))
    if torch._C._are_functorch_transforms_active() or torch.compiler.is_compiling():
        return False
    if not all(_is_plain(tensor) for tensor in tensors):
        return False
    if x.dtype not in (torch.float32, torch.float64):
        return False
    try:
        compiled.program_of(cell, params, x, masks)
    except RecordingError:
        return False
    return True


def _is_plain(tensor: Any) -> bool:
    kinds = (torch.Tensor, torch.nn.Parameter)
    return type(tensor) in kinds and tensor.is_cpu and tensor.layout is torch.strided


class _Compiled(torch.autograd.Function):
    """The compiled passes; if the backward pass is itself differentiated, the equations."""

    @staticmethod
    def forward(ctx: Any, cell: Cell, masks: Masks, *tensors: torch.Tensor) -> Any:
        """Return y and the last state."""
        ctx.save_for_backward(*tensors)  # torch then rejects tensors changed before backward
        x, state, params = _parts(cell, tensors)
        keep = any(ctx.needs_input_grad)
        y, last, ctx.cache = compiled.forward(cell, params, x, state, masks, keep)
        ctx.cell, ctx.masks = cell, masks
        return y, *last

    @staticmethod
    def backward(ctx: Any, dy: torch.Tensor, *dlast: torch.Tensor) -> Any:
        """Return the gradients of all tensors."""
        cell, masks = ctx.cell, ctx.masks
        x, state, params = _parts(cell, ctx.saved_tensors)
        if torch.is_grad_enabled():  # create_graph=True: autograd has to follow both passes
            *_, cache = scan.forward(cell, params, x, state, masks)
            grads, dx, first = scan.backward(cell, params, cache, dy, dlast)
        else:
            grads, dx, first = compiled.backward(cell, params, ctx.cache, dy, dlast)
        return None, None, dx, *first, *grads


def _parts(cell: Cell, tensors: Any) -> tuple[torch.Tensor, State, Any]:
    """Return x, the state and the parameters."""
    x, *rest = tensors
    size = len(cell.state_names)
    return x, tuple(rest[:size]), cell.params_type(*rest[size:])
