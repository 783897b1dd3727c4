"""Gates stored in another order: one mistake for each order."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from ..mistake import Mistake, Named


def orders(gates: str) -> tuple[Mistake, ...]:
    """Return a mistake for each order of the gates except their own, such as the LSTM's "ifgo"."""
    others = [order for order in permutations(gates) if "".join(order) != gates]
    return tuple(_order(gates, "".join(order)) for order in others)


def _order(gates: str, order: str) -> Mistake:
    own, theirs = " ".join(gates), " ".join(order)
    ours_from_theirs = [order.index(gate) for gate in gates]
    theirs_from_ours = [gates.index(gate) for gate in order]

    def before(arguments: Named) -> Named:
        return _blocks(arguments, ("W_ih", "W_hh", "b"), ours_from_theirs)

    def after(results: Named) -> Named:
        return _blocks(results, ("dW_ih", "dW_hh", "db"), theirs_from_ours)

    return Mistake(
        "any.order",
        before=before,
        after=after,
        excludes="order",
        convention=True,
        values={"theirs": theirs, "own": own},
        label=f"order-{order}",
    )


def biases(gates: str) -> tuple[Mistake, ...]:
    """Return a mistake for each gate that takes the bias of another."""
    return tuple(_bias(gates, *pair) for pair in permutations(gates, 2))


def _bias(gates: str, gate: str, other: str) -> Mistake:
    def before(arguments: Named) -> Named:
        if "b" not in arguments:
            return arguments
        blocks = np.split(arguments["b"], len(gates))
        blocks[gates.index(gate)] = blocks[gates.index(other)]
        return arguments | {"b": np.concatenate(blocks)}

    return Mistake(
        "any.bias-of-another-gate",
        before=before,
        values={"gate": gate, "other": other},
        label=f"bias-{gate}-of-{other}",
    )


def _blocks(values: Named, names: tuple[str, ...], order: list[int]) -> Named:
    here = [name for name in names if name in values]
    blocks = {name: np.split(values[name], len(order)) for name in here}
    return values | {name: np.concatenate([blocks[name][k] for k in order]) for name in here}
