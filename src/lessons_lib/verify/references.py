"""Four ways to the same gradients: by hand, by finite differences, by autograd, by torch.nn.

Each of the four functions returns every gradient of a case's loss by name, so that any two can be
compared. This module needs torch; ``import lessons_lib`` does not load it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import torch

from .. import scan
from ..convert import to_torch
from ..convert.torch_layers import has_torch_layer, torch_layer
from ..masks import NO_MASKS, NO_STACK_MASKS
from .cases import Case, loss, random_case, random_stack_case, weigh
from .gradients import numerical_gradient, relative_difference

__all__ = ["REFERENCES", "compare", "random_case", "random_stack_case"]

Gradients = dict[str, np.ndarray]


def by_hand(case: Case) -> Gradients:
    """Return the gradients of the hand-written backward pass."""
    _, _, cache = case.forward()
    grads, dx, dstate0 = case.loop.backward(case.cell, case.params, cache, case.dy, case.dstate)
    return replace(case, params=grads, x=dx, state=dstate0).arrays()


def finite_differences(case: Case) -> Gradients:
    """Return central differences: 2 forward passes of NumPy for each element of each array."""
    return {
        name: numerical_gradient(lambda: float(loss(case)), array)
        for name, array in case.arrays().items()
    }


def autograd(case: Case, device: str = "cpu") -> Gradients:
    """Return the gradients of torch's autograd through the same forward code."""
    leaves = _on_torch(case, device)
    return _differentiate(loss(leaves), leaves)


def torch_nn(case: Case, device: str = "cpu") -> Gradients:
    """Return the gradients of torch.nn's own layer (cuDNN's on a GPU) with the same weights."""
    leaves = _on_torch(case, device)
    single = case.loop is scan  # torch's first axis of a state: layers × directions
    layers = ((leaves.params,),) if single else leaves.params
    layer = torch_layer(case.cell).layer_for(layers, dtype=torch.float64, device=device)
    hx = tuple(s[None] if single else s for s in leaves.state)
    with warnings.catch_warnings():  # cuDNN warns unless all weights are in one buffer
        warnings.simplefilter("ignore")
        arguments = (leaves.x, hx if len(hx) > 1 else hx[0])
        y, last = torch.func.functional_call(layer, to_torch(case.cell, layers), arguments)
    last = last if isinstance(last, tuple) else (last,)
    return _differentiate(weigh(leaves, y, tuple(s[0] if single else s for s in last)), leaves)


#: The three references for the gradients by hand, each with the bound that its precision allows.
REFERENCES: dict[str, tuple[Callable[[Case, str], Gradients], float]] = {
    "finite_differences": (lambda case, _: finite_differences(case), 1e-6),
    "autograd": (autograd, 1e-10),
    "torch.nn": (torch_nn, 1e-10),
}


def compare(*cases: Case) -> dict[str, dict[str, float]]:
    """Compare the gradients by hand with the three references; print a table of upper bounds.

    If there is a GPU, autograd and torch.nn must agree on it as well; the printed table is the same
    with and without one. Cells and masks that torch.nn lacks have two references.

    Returns
    -------
    dict of str to dict of str to float
        By case and reference, the largest relative difference over all gradients.

    Raises
    ------
    AssertionError
        A bound is exceeded; the message names case, reference, gradient and difference.
    """
    width = max(len(case.name) for case in cases) + 2
    print(_row("", REFERENCES, width))
    worst: dict[str, dict[str, float]] = {}
    for case in cases:
        hand, differences = by_hand(case), worst.setdefault(case.name, {})
        for reference in REFERENCES:
            if reference != "torch.nn" or (has_torch_layer(case.cell) and _unmasked(case)):
                differences[reference] = _compared(case, hand, reference)
        bounds = {name: f"< {bound:.0e} ✓" for name, (_, bound) in REFERENCES.items()}
        print(_row(case.name, [bounds[n] if n in differences else "—" for n in bounds], width))
    return worst


def _row(head: str, cells: Iterable[str], width: int) -> str:
    return (f"{head:<{width}}" + "".join(f"{cell:<20}" for cell in cells)).rstrip()


def _compared(case: Case, hand: Gradients, reference: str) -> float:
    gradients, bound = REFERENCES[reference]
    worst = 0.0
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        other = gradients(case, device)
        for name, array in hand.items():
            difference = relative_difference(array, other[name])
            if not difference < bound:
                raise AssertionError(
                    f"{case.name}, d{name}: by hand and {reference} on {device} differ by "
                    f"{difference:.1e}, bound {bound:.0e}"
                )
            worst = max(worst, difference)
    return worst


def _unmasked(case: Case) -> bool:
    return case.masks is NO_MASKS or case.masks is NO_STACK_MASKS


def _on_torch(case: Case, device: str) -> Case:
    leaves = case.map(lambda array: torch.tensor(array, device=device, requires_grad=True))
    return replace(leaves, masks=case.masks.map(lambda array: torch.tensor(array, device=device)))


def _differentiate(total: torch.Tensor, leaves: Case) -> Gradients:
    arrays = leaves.arrays()
    found = torch.autograd.grad(total, list(arrays.values()))
    return {name: gradient.cpu().numpy() for name, gradient in zip(arrays, found, strict=True)}
