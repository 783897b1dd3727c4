"""Gates stored in another order: one mistake for each order."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, permutations

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


def partial_gates(gates: str) -> tuple[Mistake, ...]:
    """Return slips in single blocks: a gate that does not read an argument, or reads another's."""
    found = []
    for weight in ("W_ih", "W_hh", "b"):
        for gate in gates:
            values = {"gate": gate, "weight": weight}
            found.append(_slip("any.gate-without", gates, weight, {gate: ""}, values))
        for gate, other in permutations(gates, 2):
            if weight != "b":  # one of the known mistakes
                values = {"gate": gate, "other": other, "weight": weight}
                found.append(_slip("any.gate-reads", gates, weight, {gate: other}, values))
        for gate, other in combinations(gates, 2):
            values = {"gate": gate, "other": other, "weight": weight}
            taken = {gate: other, other: gate}
            found.append(_slip("any.gates-exchanged", gates, weight, taken, values))
    return tuple(found)


def _slip(
    key: str, gates: str, weight: str, taken: dict[str, str], values: dict[str, str]
) -> Mistake:
    """Return a slip in which gates take the rows of others, or zeros."""

    def before(arguments: Named) -> Named:
        if weight not in arguments:
            return arguments
        own = dict(zip(gates, np.split(arguments[weight], len(gates)), strict=True))
        blocks = [own[taken[g]] if taken.get(g) else own[g] * (g not in taken) for g in gates]
        return arguments | {weight: np.concatenate(blocks)}

    label = "-".join([key.partition(".")[2], *values.values()])
    return Mistake(key, before=before, values=values, label=label, slip=True)


def interleaved(gates: str) -> Mistake:
    """Return the convention in which the rows of the gates alternate."""
    count = len(gates)

    def before(arguments: Named) -> Named:
        return _rows(arguments, ("W_ih", "W_hh", "b"), lambda K: _order_of(K, count))

    def after(results: Named) -> Named:
        inverse = ("dW_ih", "dW_hh", "db")
        return _rows(results, inverse, lambda K: np.argsort(_order_of(K, count)))

    return Mistake("any.interleaved", before=before, after=after, excludes="order", convention=True)


def _order_of(K: int, count: int) -> np.ndarray:
    return np.arange(K).reshape(-1, count).T.ravel()


def _rows(values: Named, names: tuple[str, ...], order: Callable[[int], np.ndarray]) -> Named:
    here = [name for name in names if name in values]
    return values | {name: values[name][order(len(values[name]))] for name in here}


def _blocks(values: Named, names: tuple[str, ...], order: list[int]) -> Named:
    here = [name for name in names if name in values]
    blocks = {name: np.split(values[name], len(order)) for name in here}
    return values | {name: np.concatenate([blocks[name][k] for k in order]) for name in here}
