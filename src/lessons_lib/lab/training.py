"""For all chapters that train: fit a recurrent layer with a linear read-out to a task.

Small, seeded, on the CPU or a GPU.

This module needs torch; ``import lessons_lib`` does not load it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from .progress import progress
from .reader import Reader as Reader
from .tasks import Batch

Task = Callable[[np.random.Generator], Batch]


def loss_of(outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the mean loss over the scored steps: the last ones, as many as the target has.

    Parameters
    ----------
    outputs : tensor of shape (T, N, K)
    target : tensor of shape (S, N) or (N,) of integers, or (S, N, K) or (N, K) of floats
        For integers, which are classes, the loss is the cross-entropy in nats; for floats it is the
        mean squared error.
    """
    scored = _scored(outputs, target)
    if target.is_floating_point():
        return torch.nn.functional.mse_loss(scored, target)
    return torch.nn.functional.cross_entropy(scored.flatten(0, -2), target.flatten())


def _scored(outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    per_step = target.ndim == (3 if target.is_floating_point() else 2)
    return outputs[-len(target) :] if per_step else outputs[-1]


def train(
    model: torch.nn.Module,
    task: Task,
    updates: int,
    generator: np.random.Generator,
    lr: float = 1e-2,
    clip: float = 1.0,
) -> np.ndarray:
    """Train with Adam, on a new batch at each update; return the loss before each update.

    Parameters
    ----------
    model : torch.nn.Module
        Returns the outputs (T, N, K) first, like `Reader`. Trained in place, on its device.
    task : callable
        ``task(generator)`` returns a batch, e.g. ``partial(tasks.recall, 32, 100)``.
    updates : int
    generator : numpy.random.Generator
        Draws the batches.
    lr : float, optional
        Learning rate.
    clip : float, optional
        Largest norm of the gradient; a larger gradient is scaled down to it.

    Returns
    -------
    array of shape (updates,)
    """

    def loss() -> torch.Tensor:
        return loss_of(*_run(model, task(generator)))

    return minimise(model, loss, updates, lr, clip)


def minimise(
    model: torch.nn.Module,
    loss: Callable[[], torch.Tensor],
    updates: int,
    lr: float | Callable[[int], float] = 1e-2,
    clip: float = 1.0,
) -> np.ndarray:
    """Minimise a loss with Adam, for models and tasks whose form `train` does not cover.

    Parameters
    ----------
    model : torch.nn.Module
        Its parameters are trained in place.
    loss : callable
        Takes no arguments and returns the loss of a new batch, a tensor with one number.
    updates, clip
        As for `train`.
    lr : float or callable, optional
        Learning rate; ``lr(k)`` is that of update k = 0 … updates − 1.

    Returns
    -------
    array of shape (updates,)
        The loss before each update.
    """
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    rate = lr if callable(lr) else lambda _: lr
    optimizer = torch.optim.Adam(trained, lr=rate(0), fused=True)
    losses = np.empty(updates)
    with one_thread():
        for k in progress(updates):
            value = loss()
            optimizer.param_groups[0]["lr"] = rate(k)
            optimizer.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(trained, clip)
            optimizer.step()
            losses[k] = value.item()
    return losses


def evaluate(
    model: torch.nn.Module, task: Task, generator: np.random.Generator
) -> tuple[float, float]:
    """Return loss and accuracy on a new batch; for floating-point targets the accuracy is NaN."""
    with one_thread(), torch.no_grad():
        outputs, target = _run(model, task(generator))
        loss = loss_of(outputs, target).item()
        if target.is_floating_point():
            return loss, float("nan")
        right = _scored(outputs, target).argmax(-1) == target
        return loss, right.double().mean().item()


def _run(model: torch.nn.Module, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    weight = next(model.parameters())
    x, target = (_tensor(array, weight) for array in batch)
    return model(x)[0], target


def _tensor(array: np.ndarray, weight: torch.Tensor) -> torch.Tensor:
    """Move an array to the weight's device; floats take its dtype, integers stay codes."""
    tensor = torch.from_numpy(np.ascontiguousarray(array)).to(weight.device)
    return tensor.to(weight.dtype) if tensor.is_floating_point() else tensor


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit torch to one thread: at a lesson's sizes more are slower, and their sums differ."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def short_or_long(short: int, long: int) -> int:
    """Return `long` if the environment sets LESSONS_LONG=1, otherwise `short`, as on the page."""
    return long if os.environ.get("LESSONS_LONG", "0") not in ("", "0") else short
