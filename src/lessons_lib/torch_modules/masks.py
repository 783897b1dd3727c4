"""Masks in torch layers: which ones a call has, and how torch's own kernel runs with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from .._check.stacks import check_stack_masks
from ..cell import Cell
from ..convert import from_torch
from ..dropout import Dropout, NonRecurrentDropout, Sizes, StackMasks
from ..dropout.draws import Draw
from ..masks import act_nowhere, dropped
from .engines import draw_of
from .kernel import KernelCall
from .plain import is_followed


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
        drawn = sample(variant, sizes, generator, call.weights[0], layer._engine)
        return _in_order(drawn, order)
    evaluation = variant.evaluation_stack(sizes.layers, sizes.directions)
    return None if act_nowhere(evaluation) else evaluation


def _in_order(masks: StackMasks, order: torch.Tensor | None) -> StackMasks:
    return masks if order is None else masks.of_sequences(order)


def between_layers(rate: float) -> Dropout:
    """Return torch.nn's ``dropout=`` as a variant."""
    return NonRecurrentDropout(rate, input=False, output=False)


def sample(
    variant: Dropout, sizes: Sizes, generator: Any, like: torch.Tensor, engine: str = "auto"
) -> StackMasks:
    """Draw masks on the device and in the dtype of a tensor; half precision is too coarse to draw.

    Without a generator the device's default generator is used, as in torch.nn.Dropout. The engine
    changes how fast they are drawn, not which.
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
    draw = Draw if is_followed() else draw_of(engine, variant)
    drawn = variant.sample_stack(sizes, draw(generator, dtype))
    fits = dtype is like.dtype and generator.device == like.device
    return drawn if fits else cast(drawn, like)  # cast takes as long as drawing a few numbers


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
        gates=layer._cell().gates,
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


def kernel_serves(masks: StackMasks) -> bool:
    """Return whether masks act only on inputs, outputs and weights, outside the kernel's steps."""
    directions = (direction for layer in _outside(masks).networks for direction in layer)
    return all(mask is None for direction in directions for mask in direction[:-3])


def _outside(masks: StackMasks) -> StackMasks:
    """Return the same masks, those of a network's input as those of its layer's.

    Two directions have a mask each, and gates may: the kernel has no such inputs.
    """
    if any(len(layer) > 1 for layer in masks.networks):
        return masks
    inputs, networks = [], []
    for k, (network,) in enumerate(masks.networks):
        of_layer, x = masks.input(k), network.x
        if x is not None and x.ndim == 3:
            of_layer, network = dropped(x, of_layer), network._replace(x=None)
        inputs.append(of_layer)
        networks.append((network,))
    return StackMasks(tuple(inputs), tuple(networks), masks.y)


def example_masks(layer: Any) -> StackMasks:
    """Return masks at the sites at which a layer with a variant has some in its present mode."""
    variant = layer.variant
    if not layer.training:
        return variant.evaluation_stack(layer.num_layers)
    projected, directions = 1 if layer.proj_size else None, 2 if layer.bidirectional else 1
    sizes = Sizes(1, 1, 1, 1, layer._cell().gates, projected, layer.num_layers, directions)
    return variant.sample_stack(sizes, np.random.default_rng(0))


def run_kernel(kernel: Any, call: KernelCall, masks: StackMasks) -> tuple[torch.Tensor, ...]:
    """Answer a kernel call with the kernel itself, with masks on its inputs, outputs and weights.

    Layers without masks between them run in one call. Arguments and results are those of
    `run`.
    """
    masks = _outside(masks)
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
        mask = pack_padded_sequence(mask.expand(T, N, -1), sequence_lengths(call.batch_sizes)).data
    return y * mask.to(y.dtype)


def sequence_lengths(batch_sizes: torch.Tensor) -> torch.Tensor:
    """Return each packed sequence's length, the longest first."""
    return (torch.arange(batch_sizes[0])[:, None] < batch_sizes).sum(dim=1)
