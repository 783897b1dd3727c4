"""What happens to the layers where programs leave Python: served, or refused by a clear sentence.

`torch.export`, `torch.jit.trace` and the ONNX exporters record the operations that a layer runs,
so they need nothing here. `torch.fx` keeps a layer as one node; `torch.jit.script` and the dynamic
quantization know torch.nn's classes only.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch

from ..masks import act_nowhere
from .classes import THEIRS, class_of, copy_of, with_class


def as_leaf(layer: Any, *args: Any) -> torch.fx.Proxy:
    """Record a layer's call as one node of a graph, as `torch.fx` does with torch.nn's layers."""
    tracer = args[0].tracer
    while args and args[-1] is None:
        args = args[:-1]
    return tracer.create_proxy("call_module", tracer.path_of_module(layer), args, {})


def prepare_scriptable(layer: Any) -> torch.nn.Module:
    """Return the layer of torch.nn that `torch.jit.script` compiles.

    Raises
    ------
    RuntimeError
        The layer has a variant, which a script would leave out, or torch.nn has no such layer.
    """
    if layer.variant is not None:
        raise RuntimeError(
            f"torch.jit.script: the layer's variant {layer.variant!r} runs in Python, and a script "
            "would leave it out. For deployment call eval() and use torch.export, torch.jit.trace "
            "or ONNX; or set `variant` to None before"
        )
    if not any(cls in THEIRS for cls in class_of(layer).__mro__):
        raise RuntimeError(
            f"torch.jit.script: the equations of {type(layer).__name__} run in Python; for "
            "deployment call eval() and use torch.export, torch.jit.trace or ONNX"
        )
    return to_module(layer)


def to_module(layer: Any) -> Any:
    """Return torch.nn's layer with the parameters of one of ours; the inverse of `from_module`.

    Parameters
    ----------
    layer : RNN, GRU, LSTM, RNNCell, GRUCell or LSTMCell
        It is left as it is; both then share their parameters, hooks and parametrizations.

    Returns
    -------
    torch.nn.RNN, or whichever it corresponds to
        It gives the same results. Of a layer with a variant that changes nothing in evaluation, it
        has no dropout.

    Raises
    ------
    TypeError, ValueError
        The layer is not one of ours, or torch.nn cannot compute it: in training it has a variant,
        or in evaluation one with factors, such as Zoneout.
    """
    theirs = next((cls for cls in class_of(layer).__mro__ if cls in THEIRS), None)
    if theirs is None or not hasattr(layer, "variant"):
        raise TypeError(
            f"layer: got {type(layer).__name__}, expected RNN, GRU or LSTM of "
            "lessons_lib.torch_modules"
        )
    variant = layer.variant
    layers = getattr(layer, "num_layers", 1)
    if variant is not None and (
        layer.training or not act_nowhere(variant.evaluation_stack(layers))
    ):
        mode = "training; call eval() before" if layer.training else "evaluation"
        raise ValueError(f"layer: torch.nn cannot compute dropout={variant!r} in {mode}")
    copied = copy_of(layer)
    for name in ("_engine", "_variant"):
        copied.__dict__.pop(name, None)
    return with_class(copied, theirs)


def warn_that_it_is_not_quantized(layer: Any) -> None:
    """Tell who quantizes a model that a layer stays as it is."""
    warnings.warn(
        f"quantization leaves {type(layer).__name__} of lessons_lib as it is, because it knows the "
        "classes of torch.nn only. In evaluation, lessons_lib.torch_modules.to_module returns "
        "torch.nn's layer with the same weights, which is quantized",
        stacklevel=4,
    )
