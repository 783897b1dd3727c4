"""The masks for a layer's call: given ones, newly drawn ones, or those of evaluation."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

from .._check.stacks import check_stack_masks
from ..cell import Cell
from ..convert import from_torch
from ..dropout import Dropout, NonRecurrentDropout, Sizes, StackMasks
from ..masks import NO_MASKS
from .kernel import KernelCall


def draw_masks(
    layer: Any,
    masks: StackMasks | None,
    generator: Any,
    order: torch.Tensor | None,
    cell: Cell,
    call: KernelCall,
) -> StackMasks | None:
    """Return the masks of a kernel call, or None if it has no masks.

    Parameters
    ----------
    layer : one of `torch_modules`
    masks, generator
        As given to its `forward`.
    order : integer tensor of shape (N,), or None
        The order in which packed sequences are computed; masks are in the caller's order.
    cell : Cell
    call : KernelCall
    """
    if masks is not None:
        T, N = _steps_and_sequences(call.x, call.batch_sizes, call.batch_first)
        x = call.weights[0].new_empty(()).expand(T, N, call.x.shape[-1])
        check_stack_masks(cell, from_torch(cell, call.named_weights()), x, masks)
        return _in_order(masks, order)
    variant = layer.variant
    if variant is None and generator is not None and layer.dropout > 0:
        variant = between_layers(layer.dropout)
    if variant is None:
        return None
    sizes = _sizes(layer, call.x, call.batch_sizes, call.batch_first)
    if layer.training:
        return _in_order(sample(variant, sizes, generator, call.weights[0]), order)
    if variant.evaluation_masks() == NO_MASKS:
        return None
    return variant.evaluation_stack(sizes.layers, sizes.directions)


def _in_order(masks: StackMasks, order: torch.Tensor | None) -> StackMasks:
    return masks if order is None else masks.of_sequences(order)


def between_layers(rate: float) -> Dropout:
    """Return torch.nn's ``dropout=`` as a variant."""
    return NonRecurrentDropout(rate, input=False, output=False)


def sample(variant: Dropout, sizes: Sizes, generator: Any, like: torch.Tensor) -> StackMasks:
    """Draw masks on the device and in the dtype of a tensor; half precision is too coarse to draw.

    Without a generator the device's default generator is used, as in torch.nn.Dropout.
    """
    default = _default_generator(like.device)
    if generator is None:
        generator = default
    if not isinstance(generator, torch.Generator):
        actual = type(generator).__name__
        raise TypeError(f"generator: got {actual}, expected a torch.Generator")
    if generator is not default and _in_backward():
        raise RuntimeError(
            "generator: masks are drawn in the backward pass, as in a function that "
            "torch.utils.checkpoint computes again. It restores the default generators only, so "
            "that other masks would be drawn and the gradients be wrong. Draw the masks outside "
            "of the function and pass them: masks=layer.sample_masks(input, generator)"
        )
    dtype = like.dtype if like.dtype.itemsize >= 4 else torch.float32
    return cast(variant.sample_stack(sizes, generator, dtype), like)


def _in_backward() -> bool:
    """Return whether this thread is in a backward pass that computes a function again."""
    return torch._C._current_graph_task_id() != -1


def cast(masks: StackMasks, like: torch.Tensor) -> StackMasks:
    """Return the masks on the device and, unless boolean, in the dtype of a tensor."""
    return masks.map(lambda m: m.to(like.device, m.dtype if m.dtype == torch.bool else like.dtype))


def sizes_of_input(layer: Any, input: Any) -> Sizes:
    """Return the sizes of a layer's masks for an input of its `forward`."""
    if isinstance(input, PackedSequence):
        return _sizes(layer, input.data, input.batch_sizes, False)
    if not isinstance(input, torch.Tensor) or input.ndim not in (2, 3):
        actual = f"shape {tuple(input.shape)}" if hasattr(input, "shape") else type(input).__name__
        raise ValueError(f"input: got {actual}, expected (T, N, D), (T, D) or a PackedSequence")
    if input.shape[-1] != layer.input_size:
        raise ValueError(
            f"input: got {input.shape[-1]} features, expected input_size = {layer.input_size}"
        )
    batch = input if input.ndim == 3 else input[:, None]
    return _sizes(layer, batch, None, layer.batch_first and input.ndim == 3)


def _sizes(layer: Any, x: torch.Tensor, batch_sizes: Any, batch_first: bool) -> Sizes:
    H, directions = layer.hidden_size, 2 if layer.bidirectional else 1
    return Sizes(
        *_steps_and_sequences(x, batch_sizes, batch_first),
        D=layer.input_size,
        H=H,
        gates=layer.weight_ih_l0.shape[0] // H,
        P=layer.proj_size or None,
        layers=layer.num_layers,
        directions=directions,
    )


def _steps_and_sequences(
    x: torch.Tensor, batch_sizes: torch.Tensor | None, batch_first: bool
) -> tuple[int, int]:
    if batch_sizes is not None:
        return len(batch_sizes), int(batch_sizes[0])
    T, N = x.shape[:2]
    return (N, T) if batch_first else (T, N)


def _default_generator(device: torch.device) -> torch.Generator:
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        return torch.cuda.default_generators[index]
    return torch.default_generator
