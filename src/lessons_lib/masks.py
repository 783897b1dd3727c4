"""Dropout's masks, and the places in a network where they act, called sites.

A mask is an array that multiplies the values at its site, or selects which of them are kept. Its
shape determines how long it lasts and what shares it, because an axis of length 1 is shared. ``(T,
N, H)`` is drawn for each step, sequence and unit; ``(1, N, H)`` is one for the whole sequence;
``(1, 1, H)`` is one for the whole batch as well. The variants in `dropout` draw masks. Without
masks, ``NO_MASKS``, each function computes the expression in `WITHOUT_MASKS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .arrays import Array, array_namespace, join, product, split, sum_of_outer_products

#: All gates of the cell.
ALL_GATES = slice(None)


class Masks(NamedTuple):
    """The masks of one network for one run; a field that is None leaves its site alone.

    A number acts as an array that holds it everywhere. T and N may be 1, see above.

    Attributes
    ----------
    x, h : arrays of shape (T, N, D) and (T, N, H)
        Factors of the input and of h_{t−1} where the products with W_ih and W_hh read them; of
        shape (T, gates, N, ·) if each gate has a mask of its own.
    g : array of shape (T, N, H)
        Factor of the candidate: g of the LSTM, n of the GRU.
    c : array of shape (T, N, H)
        Factor of the LSTM's new cell state.
    y : number
        Factor of the new hidden state.
    keep_h, keep_c : boolean arrays of shape (T, N, H), or numbers
        True where the old state is kept; a number is the fraction of it that is kept.
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
        if self is NO_MASKS:
            return self
        return self._of_sites(lambda mask: mask[t if mask.shape[0] > 1 else 0])

    def between(self, start: int, end: int) -> Masks:
        """Return the masks of the steps from `start` to before `end`."""
        if self is NO_MASKS:
            return self
        return self._of_sites(lambda mask: mask[start:end] if mask.shape[0] > 1 else mask)

    def of_sequences(self, sequences: Any) -> Masks:
        """Return the masks of some sequences: indices, or a slice."""
        if self is NO_MASKS:
            return self
        return self._of_sites(lambda mask: _of_sequences(mask, sequences))

    def map(self, function: Callable[[Array], Array]) -> Masks:
        """Return the masks with a function applied to each array."""
        if self is NO_MASKS:
            return self
        return Masks(*(function(m) if hasattr(m, "shape") else m for m in self))

    def _of_sites(self, function: Callable[[Array], Array]) -> Masks:
        """Apply a function to the arrays that have an axis of time: all but the weights'."""
        sites = [m if m is None or not _has_axes(m) else function(m) for m in self[:-3]]
        return Masks._make((*sites, *self[-3:]))  # each step asks, so it has to be fast


#: No masks: the default of every `masks` argument.
NO_MASKS = Masks()

#: The fields that are masks of weights.
OF_WEIGHTS = Masks._fields[-3:]


class StackMasks(NamedTuple):
    """The masks of layers and directions for one run; without fields there are no masks.

    Attributes
    ----------
    inputs : tuple of arrays of shape (T, N, D), or None
        Factors of each layer's input, which its directions share; T and N may be 1.
    networks : tuple of layers, each a tuple of the Masks of its directions
        A direction's masks are in the order in which it reads.
    y : array of shape (T, N, directions · H), or None
        Factor of the last layer's output. With ``masks._replace(y=None)`` a layer returns the
        output without it, which losses such as AWD-LSTM's TAR need beside the dropped one.
    """

    inputs: tuple[Array | None, ...] = ()
    networks: tuple[tuple[Masks, ...], ...] = ()
    y: Array | None = None

    def input(self, layer: int) -> Array | None:
        """Return the mask of a layer's input, or None."""
        return self.inputs[layer] if self.inputs else None

    def output(self, layer: int) -> Array | None:
        """Return the mask of a layer's output, which is that of the next layer's input, or None."""
        return self.inputs[layer + 1] if layer + 1 < len(self.inputs) else self.y

    def network(self, layer: int, direction: int) -> Masks:
        """Return the masks of one direction of a layer."""
        return self.networks[layer][direction] if self.networks else NO_MASKS

    def map(self, function: Callable[[Array], Array]) -> StackMasks:
        """Return the masks with a function applied to each array."""
        return self._of_each(function, lambda masks: masks.map(function))

    def of_sequences(self, sequences: Any) -> StackMasks:
        """Return the masks of some sequences: indices, or a slice."""
        return self._of_each(
            lambda mask: _of_sequences(mask, sequences),
            lambda masks: masks.of_sequences(sequences),
        )

    def at(self, t: int) -> StackMasks:
        """Return the masks of one step, without the axis of time, as the cells for torch take them.

        Only of layers in one direction, as is `between`: another direction reads other steps then.
        """
        self._check_one_direction("at")
        return self._of_each(
            lambda mask: mask[t if mask.shape[0] > 1 else 0], lambda masks: masks.at(t)
        )

    def between(self, start: int, end: int) -> StackMasks:
        """Return the masks of the steps from `start` to before `end`, for a part of a sequence."""
        self._check_one_direction("between")
        return self._of_each(
            lambda mask: mask[start:end] if mask.shape[0] > 1 else mask,
            lambda masks: masks.between(start, end),
        )

    def _check_one_direction(self, name: str) -> None:
        if self.networks and max(map(len, self.networks)) > 1:
            raise ValueError(
                f"{name}: got masks of two directions, expected those of one: the second direction "
                "reads the steps from the last to the first"
            )

    def _of_each(
        self, of_array: Callable[[Array], Array], of_network: Callable[[Masks], Masks]
    ) -> StackMasks:
        if self is NO_STACK_MASKS:
            return self
        return StackMasks(
            tuple([None if mask is None else of_array(mask) for mask in self.inputs]),
            tuple([tuple(map(of_network, layer)) for layer in self.networks]),
            None if self.y is None else of_array(self.y),
        )


def act_nowhere(masks: StackMasks) -> bool:
    """Return whether no site has a mask."""
    networks = [network for layer in masks.networks for network in layer]
    others = (*masks.inputs, masks.y, *(mask for network in networks for mask in network))
    return all(mask is None for mask in others)


#: No masks, for any number of layers and directions.
NO_STACK_MASKS = StackMasks()


def _has_axes(mask: Array | float) -> bool:
    return hasattr(mask, "shape") and len(mask.shape) > 0


def _of_sequences(mask: Array, sequences: Any) -> Array:
    return mask[..., sequences, :] if mask.shape[-2] > 1 else mask


def dropped(a: Array, mask: Array | float | None) -> Array:
    """Return a ⊙ mask; `a` itself if there is no mask. It is its own backward pass."""
    return a if mask is None else a * mask


def dropped_weights(params: Any, masks: Masks) -> Any:
    """Return parameters with the weights' masks applied. It is its own backward pass."""
    drawn = {name: m for name, m in zip(OF_WEIGHTS, masks[-3:], strict=True) if m is not None}
    if not drawn:
        return params
    return params._replace(**{name: getattr(params, name) * mask for name, mask in drawn.items()})


def masked_product(a: Array, W: Array, mask: Array | None, gates: slice = ALL_GATES) -> Array:
    """Return (a ⊙ mask) Wᵀ for one step.

    Parameters
    ----------
    a : array of shape (N, M)
    W : array of shape (K, M)
    mask : array of shape (N, M), or None
        Of shape (gates, N, M) if each gate, a block of rows of W, has a mask of its own.
    gates : slice, optional
        Which of the cell's gates W holds; all of them by default.

    Returns
    -------
    array of shape (N, K)
    """
    if mask is None:
        return a @ W.T
    if mask.ndim == a.ndim:
        return (a * mask) @ W.T
    return join([(a * own) @ rows.T for own, rows in _by_gate(mask, W, gates)])


def masked_product_backward(
    da: Array, W: Array, mask: Array | None, gates: slice = ALL_GATES
) -> Array:
    """Return the gradient of `masked_product`'s argument a, given that of its result."""
    if mask is None:
        return da @ W
    if mask.ndim == da.ndim:
        return (da @ W) * mask
    of_gates = [*_by_gate(mask, W, gates)]
    parts = zip(of_gates, split(da, len(of_gates)), strict=True)
    return _sum([(part @ rows) * own for (own, rows), part in parts])


def masked_products(x: Array, W: Array, mask: Array | None) -> Array:
    """Return (x ⊙ mask) Wᵀ for one step or for all of them, in one product for each mask."""
    if mask is None or mask.ndim == x.ndim:
        return product(dropped(x, mask), W.T)
    return join([product(x * own, rows.T) for own, rows in _by_gate(mask, W, ALL_GATES)])


def masked_products_backward(da: Array, W: Array, mask: Array | None) -> Array:
    """Return the gradient of `masked_products`' argument, given that of its result."""
    if mask is None or mask.ndim == da.ndim:
        return dropped(product(da, W), mask)
    of_gates = [*_by_gate(mask, W, ALL_GATES)]
    parts = zip(of_gates, split(da, len(of_gates)), strict=True)
    return _sum([product(part, rows) * own for (own, rows), part in parts])


def masked_outer_products(
    da: Array, a: Array, mask: Array | None, gates: slice = ALL_GATES
) -> Array:
    """Return the gradient of W, summed over all steps and sequences.

    Parameters
    ----------
    da : array of shape (T, N, K)
        Gradients of (a ⊙ mask) Wᵀ.
    a : array of shape (T, N, M)
    mask : array of shape (T, N, M) or (T, gates, N, M), or None
    gates : slice, optional
        As for `masked_product`.

    Returns
    -------
    array of shape (K, M)
    """
    if mask is None or mask.ndim == a.ndim:
        return sum_of_outer_products(da, dropped(a, mask))
    mask = mask[..., gates, :, :]
    parts = split(da, mask.shape[-3])
    blocks = [sum_of_outer_products(part, a * mask[..., k, :, :]) for k, part in enumerate(parts)]
    return join(blocks, axis=0)


def masked_step(
    cell: Any, params: Any, projected: Array, state: tuple[Array, ...], masks: Masks
) -> tuple[tuple[Array, ...], Any]:
    """Take a cell's step; zoneout's masks select where the old state is kept."""
    new, cache = cell.step(params, projected, state, masks)
    return renew(state, new, masks), cache


def masked_step_backward(
    cell: Any, params: Any, cache: Any, dstate: tuple[Array, ...], masks: Masks
) -> tuple[Array, tuple[Array, ...]]:
    """Return da and the gradients of the previous state: the backward pass of `masked_step`."""
    da, dold = cell.step_backward(params, cache, renew_backward(dstate, masks), masks)
    return da, add_kept(dold, dstate, masks)


def renew(old: tuple[Array, ...], new: tuple[Array, ...], masks: Masks) -> tuple[Array, ...]:
    """Return the state after a step: the new one, or the part of the old one that zoneout keeps."""
    if _takes_all(masks):
        return new
    new = (dropped(new[0], masks.y), *new[1:])
    return tuple(map(_kept, _keeps(masks, new), old, new))


def renew_backward(dstate: tuple[Array, ...], masks: Masks) -> tuple[Array, ...]:
    """Return the gradient of the new state, given that of the result of `renew`."""
    if _takes_all(masks):
        return dstate
    dnew = tuple(_kept(keep, 0, d) for keep, d in zip(_keeps(masks, dstate), dstate, strict=True))
    return dropped(dnew[0], masks.y), *dnew[1:]


def add_kept(dold: tuple[Array, ...], dstate: tuple[Array, ...], masks: Masks) -> tuple[Array, ...]:
    """Return the gradient of the old state: from the step, and from the part that `renew` kept."""
    if _takes_all(masks):
        return dold
    return tuple(
        o if keep is None else o + _kept(keep, d, 0)
        for keep, o, d in zip(_keeps(masks, dold), dold, dstate, strict=True)
    )


def _takes_all(masks: Masks) -> bool:
    """Return whether the new state is used unchanged."""
    return masks.keep_h is None and masks.keep_c is None and masks.y is None


def _keeps(masks: Masks, state: tuple[Array, ...]) -> tuple[Any, ...]:
    """Return the kept part of each array of a state."""
    keeps = (masks.keep_h, masks.keep_c, *[None] * (len(state) - 2))
    return keeps[: len(state)]


def _kept(keep: Any, old: Any, new: Any) -> Array:
    """Select with `where`, so that values not chosen, NaN included, have no effect."""
    if keep is None:
        return new
    if not hasattr(keep, "shape"):
        return keep * old + (1 - keep) * new
    return array_namespace(keep).where(keep, old, new)


def _by_gate(mask: Array, W: Array, gates: slice) -> Iterator[tuple[Array, Array]]:
    """Return each gate's own mask, and its block of rows of W."""
    mask = mask[..., gates, :, :]
    size = W.shape[0] // mask.shape[-3]
    for k in range(mask.shape[-3]):
        yield mask[..., k, :, :], W[k * size : (k + 1) * size]


def _sum(arrays: list[Array]) -> Array:
    return sum(arrays[1:], start=arrays[0])


#: Each function's call without masks, as an expression in the function's parameters; `lab.show`
#: uses it for the chapters before dropout, which show the equations without masks. The equations
#: use masks in no other way than by calls of these functions, by arguments that are masks, and by
#: parameters ``masks: Masks = NO_MASKS``. The statement ``params = dropped_weights(params, masks)``
#: then disappears.
WITHOUT_MASKS: dict[Callable[..., Any], str] = {
    dropped: "a",
    dropped_weights: "params",
    masked_product: "a @ W.T",
    masked_product_backward: "da @ W",
    masked_products: "product(x, W.T)",
    masked_products_backward: "product(da, W)",
    masked_outer_products: "sum_of_outer_products(da, a)",
    masked_step: "cell.step(params, projected, state)",
    masked_step_backward: "cell.step_backward(params, cache, dstate)",
}
