"""For lstm: the LSTM's idea along the depth, in a plain deep, a Highway and a residual network.

Each kind of layer is one equation, a function of the value h and the layer's weights. Several
networks with different seeds are trained at once: their weights are stacked along the first axis,
R, and never interact.

This module needs torch; ``import lessons_lib`` does not load it.

References
----------
Srivastava, Greff and Schmidhuber (2015), "Highway networks", arXiv 1505.00387.
He, Zhang, Ren and Sun (2016), "Deep residual learning for image recognition", arXiv 1512.03385.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from .._check import arguments as validation
from .training import one_thread

Layer: TypeAlias = Callable[..., Tensor]


def plain(h: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """Replace h by a candidate."""
    return torch.tanh(h @ W + b)


def highway(h: Tensor, W: Tensor, b: Tensor, W_z: Tensor, b_z: Tensor) -> Tensor:
    """Keep h as far as the gate z is closed, and add the candidate as far as it is open."""
    z = torch.sigmoid(h @ W_z + b_z)
    return (1 - z) * h + z * torch.tanh(h @ W + b)


def residual(h: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """Keep all of h and add a candidate."""
    return h + torch.tanh(h @ W + b)


def losses(
    layer: Layer,
    depth: int,
    generator: np.random.Generator,
    runs: int = 5,
    updates: int = 100,
    width: int = 16,
    lr: float = 5e-3,
    orthogonal: bool = False,
) -> np.ndarray:
    """Train deep networks to tell the inside of a circle from its outside; return their losses.

    Each run has its own 64 points, half of them inside, drawn from the plane's standard normal
    distribution. Adam sees all points at each update. The initial weights are normal with variance
    1 / width (Glorot's) or orthogonal. The initial biases are 0, except the Highway network's gate
    biases, which are −2, so that it starts by keeping h, as its authors advise.

    Parameters
    ----------
    layer : `plain`, `highway` or `residual`
    depth : int
        Number of layers between the first, which maps 2 numbers to `width`, and the read-out.
    generator : numpy.random.Generator
        Draws points and weights.
    runs, updates, width : int, optional
        Number of networks, updates of each, units per layer.
    lr : float, optional
        Learning rate.
    orthogonal : bool, optional
        Whether the square matrices start orthogonal, so that each layer first keeps lengths.

    Returns
    -------
    array of shape (runs, updates + 1)
        Cross-entropy before each update and after the last; guessing gives ln 2.
    """
    validation.check_generator(generator)
    validation.check_sizes(depth=depth, runs=runs, updates=updates, width=width)

    def square() -> Tensor:
        values = generator.standard_normal((runs, width, width))
        values = np.linalg.qr(values)[0] if orthogonal else width**-0.5 * values
        return torch.tensor(values, dtype=torch.float32, requires_grad=True)

    def draw(*shape: int, scale: float) -> Tensor:
        values = scale * generator.standard_normal((runs, *shape))
        return torch.tensor(values, dtype=torch.float32, requires_grad=True)

    def constant(value: float, size: int) -> Tensor:
        return torch.full((runs, 1, size), value, requires_grad=True)

    x = draw(64, 2, scale=1.0).detach()
    radius = (x**2).sum(dim=-1)
    outside = (radius > radius.median(dim=-1, keepdim=True).values).float()
    first, last = draw(2, width, scale=2**-0.5), draw(width, 1, scale=width**-0.5)
    layers = []
    for _ in range(depth):
        weights = [square(), constant(0.0, width)]
        if layer is highway:
            weights += [square(), constant(-2.0, width)]
        layers.append(weights)
    bias = constant(0.0, 1)
    trained = [first, last, bias, *(weight for weights in layers for weight in weights)]
    optimizer = torch.optim.Adam(trained, lr=lr, fused=True)

    def each_loss() -> Tensor:
        h = x @ first
        for weights in layers:
            h = layer(h, *weights)
        scores = (h @ last + bias).squeeze(-1)
        each = torch.nn.functional.binary_cross_entropy_with_logits(
            scores, outside, reduction="none"
        )
        return each.mean(dim=-1)

    with one_thread():
        curve = []
        for _ in range(updates):
            optimizer.zero_grad()
            now = each_loss()
            now.sum().backward()  # the sum gives each run the gradient of its own loss
            optimizer.step()
            curve.append(now.detach())
        return torch.stack([*curve, each_loss().detach()], dim=-1).numpy()
