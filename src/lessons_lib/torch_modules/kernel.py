"""Replace torch's recurrent kernels, and nothing else, inside torch.nn's `forward`.

torch.nn's layers check their arguments, sort packed sequences, make initial states, and then call
one function, the kernel: `torch.lstm`, `torch.gru`, `torch.rnn_tanh` or `torch.rnn_relu`. Here the
library's equations answer that one call; everything else remains torch's code.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch.overrides import TorchFunctionMode


class KernelCall(NamedTuple):
    """The arguments that torch.nn passes to its kernel.

    Attributes
    ----------
    x : tensor of shape (T, N, D), (N, T, D) if `batch_first`, or (R, D), the packed sequences' rows
    batch_sizes : integer tensor of shape (T,), or None
        For packed sequences: how many have a step t.
    states : tuple of tensors of shape (layers · directions, N, H)
        Before the first step, h first.
    weights : list of tensors
        In torch.nn's order, layer by layer, direction by direction.
    has_biases, num_layers, dropout, train, bidirectional, batch_first
        As torch.nn's attributes.
    """

    x: torch.Tensor
    batch_sizes: torch.Tensor | None
    states: tuple[torch.Tensor, ...]
    weights: list[torch.Tensor]
    has_biases: bool
    num_layers: int
    dropout: float
    train: bool
    bidirectional: bool
    batch_first: bool = False

    @classmethod
    def of(cls, args: tuple[Any, ...]) -> KernelCall:
        """Parse either of the kernel's signatures: for a padded batch, or for packed sequences."""
        if isinstance(args[2], list):  # the weights, so there are no batch sizes before them
            args = (args[0], None, *args[1:])
        x, batch_sizes, hx, *rest = args
        return cls(x, batch_sizes, tuple(hx) if isinstance(hx, (tuple, list)) else (hx,), *rest)

    def args(self) -> tuple[Any, ...]:
        """Return the kernel's arguments: the inverse of `of`."""
        x, batch_sizes, states, *rest = self
        hx = states if len(states) > 1 else states[0]
        return (x, hx, *rest) if batch_sizes is None else (x, batch_sizes, hx, *rest[:-1])

    def named_weights(self) -> dict[str, torch.Tensor]:
        """Return the weights under torch.nn's names."""
        kinds = ["weight_ih", "weight_hh"]
        if self.has_biases:
            kinds += ["bias_ih", "bias_hh"]
        if self.states[0].shape[-1] < self.states[-1].shape[-1]:
            kinds += ["weight_hr"]
        directions = ("", "_reverse") if self.bidirectional else ("",)
        places = [f"l{layer}{way}" for layer in range(self.num_layers) for way in directions]
        names = [f"{kind}_{place}" for place in places for kind in kinds]
        return dict(zip(names, self.weights, strict=True))

    def with_tensors(self, change: Callable[[torch.Tensor], torch.Tensor]) -> KernelCall:
        """Return the call with a function applied to each floating-point tensor."""
        return self._replace(
            x=change(self.x),
            states=tuple(map(change, self.states)),
            weights=list(map(change, self.weights)),
        )


class InPlaceOfKernels(TorchFunctionMode):
    """A context in which the given functions are called instead of torch's recurrent kernels.

    Attributes
    ----------
    answered : int
        Number of calls that were answered.
    """

    def __init__(self, answers: Mapping[Any, Callable[[Any, KernelCall], Any]]) -> None:
        super().__init__()
        self.answers, self.answered = answers, 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func in self.answers:
            self.answered += 1
            return self.answers[func](func, KernelCall.of(args))
        return func(*args, **(kwargs or {}))


def opaque_to_compiler(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let `torch.compile` break the graph around a function, as around torch.nn's layers.

    `torch.compiler.disable` does this too, but takes seconds to load the compiler. While nothing
    else has loaded it, nothing is being compiled.
    """
    disabled: list[Callable[..., Any]] = []  # not functools.cache, about which the compiler warns

    @functools.wraps(function)
    def call(*args: Any) -> Any:
        if "torch._dynamo" not in sys.modules:
            return function(*args)
        if not disabled:
            disabled.append(torch.compiler.disable(function))
        return disabled[0](*args)

    return call


@opaque_to_compiler
def forward_in_place(forward: Any, input: Any, hx: Any, kernels: Any, answer: Any) -> Any:
    """Run the `forward` of a torch.nn layer, but answer its kernel's call here.

    Parameters
    ----------
    forward : bound method of a torch.nn.RNN, GRU or LSTM
        Checks the arguments and shapes the results.
    input, hx
        Its arguments.
    kernels : iterable of functions
        torch's recurrent kernels.
    answer : callable
        ``answer(kernel, call)`` returns what the kernel would return for a `KernelCall`.

    Returns
    -------
    output, last state
        As from torch.nn's layer.

    Raises
    ------
    RuntimeError
        torch.nn's layer did not call its kernel exactly once in a way that can be answered here, so
        the masks would not act correctly.
    """
    with InPlaceOfKernels(dict.fromkeys(kernels, answer)) as replaced:
        results = forward(input, hx)
    if replaced.answered != 1:
        raise RuntimeError(
            f"forward: torch {torch.__version__} called {replaced.answered} recurrent kernels "
            "where this layer answers them, expected 1. Its masks and its engine would not act: "
            "use a version of torch that lessons-lib was tested with"
        )
    return results
