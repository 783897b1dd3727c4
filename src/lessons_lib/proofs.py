"""Four ways to the same gradients: by hand, by finite differences, by autograd, by torch.nn.

A case holds a cell, random arrays and the gradients that a loss sends into the outputs. Each of the
four functions returns every gradient of that loss by name, so that any two can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import torch

from .arrays import Array
from .gradients import numerical_gradient, relative_difference
from .scan import Cell, State, backward, forward

Gradients = dict[str, np.ndarray]


class Case(NamedTuple):
    """A cell on random arrays of float64, with the loss L = Σ dy ⊙ y + Σ dstate ⊙ (last state).

    Attributes
    ----------
    cell : scan.Cell
    params : the cell's Params
    x : array of shape (T, N, D)
    state : tuple of arrays of shape (N, H)
        The state before the first step.
    dy : array of shape (T, N, H)
    dstate : tuple of arrays of shape (N, H)
    """

    cell: Cell
    params: Any
    x: Array
    state: State
    dy: Array
    dstate: State

    def arrays(self) -> dict[str, Array]:
        """Return what the loss can be differentiated by: parameters, x and the first state."""
        names = (f"{name}0" for name in self.cell.state_names)
        state = dict(zip(names, self.state, strict=True))
        return {**self.params._asdict(), "x": self.x, **state}


def random_case(cell: Cell, T: int, N: int, D: int, H: int, seed: int = 0) -> Case:
    """Draw parameters as the cell does and everything else from the standard normal."""
    rng = np.random.default_rng(seed)
    params = cell.init_params(D, H, rng)
    state, dstate = (tuple(rng.standard_normal((N, H)) for _ in cell.state_names) for _ in "01")
    x, dy = rng.standard_normal((T, N, D)), rng.standard_normal((T, N, H))
    return Case(cell, params, x, state, dy, dstate)


def loss(case: Case) -> Any:
    """Run the layer and return the case's loss, a number."""
    y, state, _ = forward(case.cell, case.params, case.x, case.state)
    return (case.dy * y).sum() + sum((d * s).sum() for d, s in zip(case.dstate, state, strict=True))


def by_hand(case: Case) -> Gradients:
    """Return the gradients of the hand-written backward pass."""
    _, _, cache = forward(case.cell, case.params, case.x, case.state)
    grads, dx, dstate0 = backward(case.cell, case.params, cache, case.dy, case.dstate)
    return case._replace(params=grads, x=dx, state=dstate0).arrays()


def finite_differences(case: Case) -> Gradients:
    """Return central differences: 2 forward passes of NumPy for each element of each array."""
    return {
        name: numerical_gradient(lambda: float(loss(case)), array)
        for name, array in case.arrays().items()
    }


def autograd(case: Case, device: str = "cpu") -> Gradients:
    """Return what torch's autograd finds through the same forward code."""

    def leaf(array: np.ndarray) -> torch.Tensor:
        return torch.tensor(array, device=device, requires_grad=True)

    tensors = Case(
        case.cell,
        case.params._make(map(leaf, case.params)),
        leaf(case.x),
        tuple(map(leaf, case.state)),
        leaf(case.dy),
        tuple(map(leaf, case.dstate)),
    )
    loss(tensors).backward()
    return {name: tensor.grad.cpu().numpy() for name, tensor in tensors.arrays().items()}


def torch_nn(case: Case, device: str = "cpu") -> Gradients:
    """Return the gradients of torch.nn's own layer (cuDNN's on a GPU) with the same weights."""
    D, H = case.params.W_ih.shape[1], case.params.W_hh.shape[1]
    layer = getattr(torch.nn, case.cell.name.upper())(D, H, dtype=torch.float64, device=device)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(case.params.W_ih))
        layer.weight_hh_l0.copy_(torch.tensor(case.params.W_hh))
        layer.bias_ih_l0.copy_(torch.tensor(case.params.b))
        layer.bias_hh_l0.zero_()
    x, *state = (
        torch.tensor(array, device=device, requires_grad=True) for array in (case.x, *case.state)
    )
    rows = [s[None] for s in state]  # torch's first axis: layers × directions
    y, last = layer(x, tuple(rows) if len(rows) > 1 else rows[0])
    last = last if isinstance(last, tuple) else (last,)
    total = (torch.tensor(case.dy, device=device) * y).sum()
    for d, s in zip(case.dstate, last, strict=True):
        total = total + (torch.tensor(d, device=device) * s[0]).sum()
    total.backward()
    params = (layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0)
    found = [tensor.grad.cpu().numpy() for tensor in (*params, x, *state)]
    return dict(zip(case.arrays(), found, strict=True))


#: The three ways that judge the one by hand, each with the bound its precision allows.
JUDGES: dict[str, tuple[Callable[[Case, str], Gradients], float]] = {
    "finite_differences": (lambda case, _: finite_differences(case), 1e-6),
    "autograd": (autograd, 1e-10),
    "torch.nn": (torch_nn, 1e-10),
}


def compare(*cases: Case) -> dict[str, dict[str, float]]:
    """Hold the gradients by hand against the three judges; print a table of the bounds kept.

    Where there is a GPU, autograd and torch.nn must agree on it as well; what is printed is the
    same with and without one.

    Returns
    -------
    dict of str to dict of str to float
        By cell and judge, the largest relative difference over all gradients.

    Raises
    ------
    AssertionError
        A bound is broken; the message names cell, judge, gradient and difference.
    """
    print(_row("", JUDGES))
    worst = {}
    for case in cases:
        hand = by_hand(case)
        worst[case.cell.name] = {judge: _judge(case, hand, judge) for judge in JUDGES}
        kept = [f"< {bound:.0e} ✓" for _, bound in JUDGES.values()]
        print(_row(case.cell.name, [*kept, " ".join(f"d{name}" for name in hand)]))
    return worst


def _row(head: str, cells: Iterable[str]) -> str:
    return (f"{head:<6}" + "".join(f"{cell:<20}" for cell in cells)).rstrip()


def _judge(case: Case, hand: Gradients, judge: str) -> float:
    gradients, bound = JUDGES[judge]
    worst = 0.0
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        other = gradients(case, device)
        for name, array in hand.items():
            difference = relative_difference(array, other[name])
            if not difference < bound:
                raise AssertionError(
                    f"{case.cell.name}, d{name}: by hand and {judge} on {device} differ by "
                    f"{difference:.1e}, bound {bound:.0e}"
                )
            worst = max(worst, difference)
    return worst
