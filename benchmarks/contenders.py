"""The implementations that are compared: each makes a function that runs an LSTM both ways once.

All get the same weights and input. Each returns the gradient of x, which shows that they compute
the same.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from lessons_lib import lstm
from lessons_lib.convert import from_torch
from lessons_lib.torch_modules import LSTM


class Problem(NamedTuple):
    """A layer of torch.nn, an input (T, N, D) and the gradient of its output (T, N, H)."""

    layer: torch.nn.LSTM
    x: torch.Tensor
    dy: torch.Tensor

    @classmethod
    def draw(
        cls, T: int, N: int, D: int, H: int, device: str = "cpu", dtype: str = "float32"
    ) -> Problem:
        """Draw a problem."""
        torch.manual_seed(0)
        kind = {"device": device, "dtype": getattr(torch, dtype)}
        x = torch.randn(T, N, D, **kind).requires_grad_()
        return cls(torch.nn.LSTM(D, H, **kind), x, torch.randn(T, N, H, **kind))


Run = Callable[[], Any]


def torch_nn(problem: Problem) -> Run:
    """Run torch.nn.LSTM, to which the others are compared."""
    return _module(problem.layer, problem)


def ours_kernel(problem: Problem) -> Run:
    """Run the drop-in layer, which calls torch's kernel."""
    return ours(problem)


def ours_by_hand(problem: Problem) -> Run:
    """Run the drop-in layer with the library's forward and backward pass."""
    return ours(problem, engine="by_hand")


def ours_compiled(problem: Problem) -> Run:
    """Run the drop-in layer with the equations compiled for the CPU."""
    return ours(problem, engine="compiled")


def by_hand_numpy(problem: Problem) -> Run:
    """Run the library's forward and backward pass on NumPy arrays, without torch."""
    weights = {name: w.detach().numpy() for name, w in problem.layer.state_dict().items()}
    params = from_torch(lstm.CELL, weights)[0][0]
    x, dy = problem.x.detach().numpy(), problem.dy.numpy()

    def run() -> Any:
        _, _, cache = lstm.forward(params, x)
        _, dx, _ = lstm.backward(params, cache, dy)
        return dx

    return run


def naive_loop(problem: Problem) -> Run:
    """Run the equations in the most direct form, step by step, differentiated by autograd."""
    weights = list(problem.layer.parameters())

    def forward(x: torch.Tensor) -> torch.Tensor:
        W_ih, W_hh, b_ih, b_hh = weights
        h = c = x.new_zeros(x.shape[1], W_hh.shape[1])
        y = []
        for x_t in x:
            i, f, g, o = (x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh).chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            y.append(h)
        return torch.stack(y)

    return differentiated(forward, problem, weights)


def keras_lstm(problem: Problem, **options: Any) -> Run:
    """Run Keras's LSTM on its torch backend, in training mode."""
    import keras

    H = problem.layer.hidden_size
    dtype = str(problem.x.dtype)[6:]
    layer = keras.layers.LSTM(H, return_sequences=True, dtype=dtype, **options)
    N_first = problem.x.transpose(0, 1)
    layer.build(tuple(N_first.shape))
    W_ih, W_hh, b_ih, b_hh = (w.detach().cpu().numpy() for w in problem.layer.parameters())
    layer.set_weights([W_ih.T, W_hh.T, b_ih + b_hh])  # Keras's order is i f g o, too
    weights = [weight.value for weight in layer.trainable_weights]

    def forward(x: torch.Tensor) -> torch.Tensor:
        return layer(x.transpose(0, 1), training=True).transpose(0, 1)

    return differentiated(forward, problem, weights)


def contenders(device: str) -> dict[str, Callable[[Problem], Run]]:
    """Return the implementations that can run here, by name, torch.nn first."""
    found: dict[str, Callable[[Problem], Run]] = {
        "torch.nn.LSTM": torch_nn,
        "ours, torch's kernel": ours_kernel,
        "ours, by hand": ours_by_hand,
        "ours, compiled": ours_compiled,
        "by hand, NumPy": by_hand_numpy,
        "naive autograd loop": naive_loop,
        "Keras LSTM, torch backend": keras_lstm,
    }
    if device != "cpu":
        del found["by hand, NumPy"], found["ours, compiled"]
    if importlib.util.find_spec("keras") is None:
        del found["Keras LSTM, torch backend"]
    return found


def ours(problem: Problem, **options: Any) -> Run:
    """Run the drop-in layer with these options, in training mode."""
    D, H = problem.layer.input_size, problem.layer.hidden_size
    layer = LSTM(D, H, device=problem.x.device, dtype=problem.x.dtype, **options)
    layer.load_state_dict(problem.layer.state_dict())
    return _module(layer, problem)


def _module(layer: torch.nn.Module, problem: Problem) -> Run:
    return differentiated(lambda x: layer(x)[0], problem, list(layer.parameters()))


def differentiated(
    forward: Callable[[torch.Tensor], torch.Tensor], problem: Problem, weights: list[torch.Tensor]
) -> Run:
    """Run a function of x forward, and backward to x and the weights."""

    def run() -> Any:
        return torch.autograd.grad(forward(problem.x), [problem.x, *weights], problem.dy)[0]

    return run


def as_array(gradient: Any) -> np.ndarray:
    """Return a result as a NumPy array in float64."""
    if isinstance(gradient, torch.Tensor):
        gradient = gradient.detach().double().cpu().numpy()
    return np.asarray(gradient, dtype=np.float64)
