"""Masks as values, and the places in a network where they act: dropout's sites.

A mask is an array that multiplies what stands at its site, or says what is kept there. Its shape
tells its lifetime and what shares it: an axis of length 1 is shared. ``(T, N, H)`` is drawn for
each step, sequence and unit; ``(1, N, H)`` is one for the whole sequence; ``(1, 1, H)`` is one for
the whole batch as well. What draws masks is in `dropout`; the functions here do nothing where there
is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .arrays import Array, array_namespace, join, split, zeros_like


class Masks(NamedTuple):
    """The masks of one network for one run; a field that is None leaves its site alone.

    A number stands for an array that holds it everywhere. T and N may be 1, see above.

    Attributes
    ----------
    x, h : arrays of shape (T, N, D) and (T, N, H)
        Factors of the input and of h_{t−1} where the products with W_ih and W_hh read them; of
        shape (T, gates, N, ·) with a mask of its own for each gate.
    g : array of shape (T, N, H)
        Factor of the candidate: g of the LSTM, n of the GRU.
    c : array of shape (T, N, H)
        Factor of the LSTM's new cell state.
    y : number
        Factor of the new hidden state.
    keep_h, keep_c : boolean arrays of shape (T, N, H), or numbers
        Where True, the state before the step stays; a number is the share of it that stays.
    W_ih, W_hh, W_hr : arrays of the parameters' shapes
        Factors of the weights, the same at all steps.
    """

    x: Array | None = None
    h: Array | None = None
    g: Array | float | None = None
    c: Array | float | None = None
    y: float | None = None
    keep_h: Array | float | None = None
    keep_c: Array | float | None = None
    W_ih: Array | None = None
    W_hh: Array | None = None
    W_hr: Array | None = None

    def at(self, t: int) -> Masks:
        """Return the masks of one step, without the axis of time."""
        return self._of_sites(lambda mask: mask[t if mask.shape[0] > 1 else 0])

    def between(self, start: int, end: int) -> Masks:
        """Return the masks of the steps from `start` to before `end`."""
        return self._of_sites(lambda mask: mask[start:end] if mask.shape[0] > 1 else mask)

    def of_sequences(self, sequences: Any) -> Masks:
        """Return the masks of some sequences: indices, or a slice."""
        return self._of_sites(lambda mask: _of_sequences(mask, sequences))

    def map(self, function: Callable[[Array], Array]) -> Masks:
        """Return the masks with a function applied to each array."""
        return Masks(*(function(m) if hasattr(m, "shape") else m for m in self))

    def _of_sites(self, function: Callable[[Array], Array]) -> Masks:
        """Apply a function to the arrays that have an axis of time: all but the weights'."""
        sites = [function(m) if getattr(m, "shape", ()) else m for m in self[:-3]]
        return Masks._make((*sites, *self[-3:]))  # each step asks, so it has to be fast


NO_MASKS = Masks()


class StackMasks(NamedTuple):
    """The masks of layers and directions for one run.

    Attributes
    ----------
    inputs : tuple of arrays of shape (T, N, D), or None
        Factors of each layer's input, which its directions share; T and N may be 1.
    networks : tuple of layers, each a tuple of the Masks of its directions
        A direction's masks are in the order in which it reads.
    y : array of shape (T, N, directions · H), or None
        Factor of the last layer's output.
    """

    inputs: tuple[Array | None, ...]
    networks: tuple[tuple[Masks, ...], ...]
    y: Array | None = None

    def map(self, function: Callable[[Array], Array]) -> StackMasks:
        """Return the masks with a function applied to each array."""
        return self._of_each(function, lambda masks: masks.map(function))

    def of_sequences(self, sequences: Any) -> StackMasks:
        """Return the masks of some sequences: indices, or a slice."""
        return self._of_each(
            lambda mask: _of_sequences(mask, sequences),
            lambda masks: masks.of_sequences(sequences),
        )

    def _of_each(
        self, of_array: Callable[[Array], Array], of_network: Callable[[Masks], Masks]
    ) -> StackMasks:
        return StackMasks(
            tuple(None if mask is None else of_array(mask) for mask in self.inputs),
            tuple(tuple(map(of_network, layer)) for layer in self.networks),
            None if self.y is None else of_array(self.y),
        )


def _of_sequences(mask: Array, sequences: Any) -> Array:
    return mask[..., sequences, :] if mask.shape[-2] > 1 else mask


def site_names(cell: Any) -> tuple[str, ...]:
    """Return the sites of a cell, by their names in `Masks`; none if its step takes no masks."""
    if not cell.sites:
        return ()
    memory = ("keep_c",) if "c" in cell.state_names else ()
    weights = (name for name in cell.params_type._fields if name in ("W_ih", "W_hh", "W_hr"))
    return ("x", *cell.sites, "y", "keep_h", *memory, *weights)


def given(masks: Masks | None, t: int | None = None) -> tuple[Masks, ...]:
    """Return the masks, of step t or of all, as what is left to pass on: nothing if there are none.

    So that a cell without sites needs no argument for them.
    """
    if masks is None:
        return ()
    return (masks,) if t is None else (masks.at(t),)


def between(masks: Masks | None, start: int, end: int) -> Masks | None:
    """Return the masks of the steps from `start` to before `end`, if there are any."""
    return None if masks is None else masks.between(start, end)


def dropped(a: Array, mask: Array | None) -> Array:
    """Return a ⊙ mask; `a` itself if there is no mask. It is its own reverse."""
    return a if mask is None else a * mask


def read(a: Array, mask: Array | None) -> Array:
    """Return a ⊙ mask, which a product reads in the place of `a`.

    Parameters
    ----------
    a : array of shape (..., N, M)
    mask : array of the shape of `a`, or None
        With a mask of its own for each gate, (..., gates, N, M), what the gates read stands side by
        side, (..., N, gates · M), and `masked_weights` has spread the weights to match.
    """
    if mask is None or mask.ndim == a.ndim:
        return dropped(a, mask)
    return join([a * mask[..., k, :, :] for k in range(mask.shape[-3])])


def read_backward(da: Array, mask: Array | None) -> Array:
    """Reverse `read`."""
    if mask is None or mask.ndim == da.ndim:
        return dropped(da, mask)
    parts = split(da, mask.shape[-3])
    return sum(part * mask[..., k, :, :] for k, part in enumerate(parts))


def renew(old: tuple[Array, ...], new: tuple[Array, ...], masks: Masks = NO_MASKS) -> Any:
    """Return the state after a step: the new one, or what is kept of the old one (zoneout)."""
    if masks is NO_MASKS:
        return new
    new = (dropped(new[0], masks.y), *new[1:])
    return tuple(_kept(k, o, n) for k, o, n in zip(_keeps(masks), old, new, strict=False))


def renew_backward(dstate: tuple[Array, ...], masks: Masks = NO_MASKS) -> Any:
    """Reverse `renew` with respect to the new state."""
    if masks is NO_MASKS:
        return dstate
    dnew = tuple(_kept(k, 0, d) for k, d in zip(_keeps(masks), dstate, strict=False))
    return dropped(dnew[0], masks.y), *dnew[1:]


def add_kept(dold: tuple[Array, ...], dstate: tuple[Array, ...], masks: Masks = NO_MASKS) -> Any:
    """Reverse `renew` with respect to the old state, on top of what the step has given it."""
    if masks is NO_MASKS:
        return dold
    return tuple(
        o if keep is None else o + _kept(keep, d, 0)
        for keep, o, d in zip(_keeps(masks), dold, dstate, strict=False)
    )


def masked_weights(params: Any, masks: Masks | None) -> Any:
    """Return parameters with weights dropped, and spread where each gate reads under its own mask.

    W of one block of rows for each gate becomes a matrix with these blocks on its diagonal.
    """
    if masks is None:
        return params
    weights = _dropped_weights(params, masks)
    for name, gates in _untied(masks).items():
        W, blocks = getattr(weights, name), []
        for k, rows in enumerate(_blocks(W, gates)):
            left, right = (
                zeros_like(W, (rows.shape[0], n * W.shape[1])) for n in (k, gates - k - 1)
            )
            blocks.append(join([left, rows, right]))
        weights = weights._replace(**{name: join(blocks, axis=0)})
    return weights


def masked_weights_backward(grads: Any, masks: Masks | None) -> Any:
    """Reverse `masked_weights`."""
    if masks is None:
        return grads
    for name, gates in _untied(masks).items():
        blocks = [split(b, gates)[k] for k, b in enumerate(_blocks(getattr(grads, name), gates))]
        grads = grads._replace(**{name: join(blocks, axis=0)})
    return _dropped_weights(grads, masks)


def _dropped_weights(params: Any, masks: Masks) -> Any:
    weights = {name: getattr(masks, name) for name in ("W_ih", "W_hh", "W_hr")}
    return params._replace(
        **{name: getattr(params, name) * mask for name, mask in weights.items() if mask is not None}
    )


def _untied(masks: Masks) -> dict[str, int]:
    """Return the matrices that read under a mask of each gate, and how many gates there are."""
    reads = {"W_ih": masks.x, "W_hh": masks.h}
    return {name: m.shape[-3] for name, m in reads.items() if m is not None and m.ndim == 4}


def _blocks(W: Array, gates: int) -> list[Array]:
    size = W.shape[0] // gates
    return [W[k * size : (k + 1) * size] for k in range(gates)]


def _keeps(masks: Masks) -> tuple[Any, Any]:
    return masks.keep_h, masks.keep_c


def _kept(keep: Any, old: Any, new: Any) -> Array:
    """Select with `where`, so that what is not chosen, NaN included, reaches nothing."""
    if keep is None:
        return new
    if not hasattr(keep, "shape"):
        return keep * old + (1 - keep) * new
    return array_namespace(keep).where(keep, old, new)


#: What a call says without masks, as an expression in the function's parameters; `lab.show` reads
#: it for the chapters before dropout, where the equations stand without masks.
WITHOUT_MASKS: dict[Callable[..., Any], str] = {
    dropped: "a",
    read: "a",
    read_backward: "da",
    renew: "new",
    renew_backward: "dstate",
    add_kept: "dold",
    masked_weights: "params",
    masked_weights_backward: "grads",
}
