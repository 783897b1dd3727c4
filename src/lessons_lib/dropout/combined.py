"""Several variants: at once, or one for each layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..arrays import Array
from ..masks import Masks, StackMasks
from .draws import Draw
from .variant import Dropout, Sizes, what


@dataclass(frozen=True, init=False, repr=False)
class _Several:
    """What a variant made of several has: the variants, and their repr."""

    variants: tuple[Dropout, ...]

    def __init__(self, *variants: Dropout, **fields: tuple[Dropout, ...]) -> None:
        name = type(self).__name__
        if fields and (variants or set(fields) != {"variants"}):
            raise TypeError(f"{name}: got {', '.join(fields)}, expected dropout's variants alone")
        variants = fields.get("variants", variants)  # as dataclasses.replace passes them
        for variant in variants:
            if not isinstance(variant, Dropout):
                raise TypeError(f"{name}: got {variant!r}, expected dropout's variants")
        object.__setattr__(self, "variants", variants)

    def __repr__(self) -> str:
        """Return the call that makes it."""
        return f"{type(self).__name__}({', '.join(map(repr, self.variants))})"

    @classmethod
    def at(cls, rate: float) -> Any:
        """Raise: the rates belong to the variants."""
        name = cls.__name__
        raise TypeError(f"{name}.at: got no variants, expected {name}(Zoneout.at(rate), …)")


@dataclass(frozen=True, init=False, repr=False)
class Combined(_Several, Dropout):
    """Several variants at once, each at its own sites.

    The papers combine `WeightDrop` with `VariationalDropout` on the input and the output (Merity et
    al., section 4), and zoneout with `NonRecurrentDropout` (Krueger et al., section 4).

    Parameters
    ----------
    *variants : Dropout

    Raises
    ------
    TypeError, ValueError
        One is not a variant; two act at the same site.

    Examples
    --------
    >>> from lessons_lib.dropout import Combined, VariationalDropout, WeightDrop
    >>> Combined(WeightDrop(0.5), VariationalDropout(input=0.4, hidden=0.0)).sites()
    ('W_hh', 'x', 'h', 'output')
    """

    def __init__(self, *variants: Dropout, **fields: tuple[Dropout, ...]) -> None:
        super().__init__(*variants, **fields)
        seen: dict[str, Dropout] = {}
        for variant in self.variants:
            for site in variant.sites():
                if site in seen:
                    raise ValueError(
                        f"Combined: {seen[site]!r} and {variant!r} both act on {what(site)}"
                    )
                seen[site] = variant

    def sites(self) -> tuple[str, ...]:
        """Return the sites of all variants."""
        return tuple(site for variant in self.variants for site in variant.sites())

    def network_masks(self, draw: Draw, sizes: Sizes) -> Masks:
        """Draw the masks of one network, one variant after another."""
        return _merge([variant.network_masks(draw, sizes) for variant in self.variants])

    def input_mask(self, draw: Draw, sizes: Sizes, layer: int) -> Array | None:
        """Draw the mask of a layer's input."""
        return _only([variant.input_mask(draw, sizes, layer) for variant in self.variants])

    def output_mask(self, draw: Draw, sizes: Sizes) -> Array | None:
        """Draw the mask of the last layer's output."""
        return _only([variant.output_mask(draw, sizes) for variant in self.variants])

    def evaluation_masks(self) -> Masks:
        """Return the masks of a network in evaluation."""
        return _merge([variant.evaluation_masks() for variant in self.variants])


@dataclass(frozen=True, init=False, repr=False)
class PerLayer(_Several, Dropout):
    """A variant for each layer: other rates for the input than between the layers, for example.

    Parameters
    ----------
    *variants : Dropout
        Of the first layer, of the second one, and so on; the last one also serves all layers after
        it, and its mask of the last output acts.

    Raises
    ------
    TypeError
        One is not a variant, or there is none.

    Examples
    --------
    AWD-LSTM drops its input at 0.4, what goes from layer to layer at 0.3, its output at 0.4, and at
    all layers half of the recurrent weights:

    >>> from lessons_lib.dropout import Combined, PerLayer, VariationalDropout, WeightDrop
    >>> awd = PerLayer(
    ...     Combined(WeightDrop(0.5), VariationalDropout(0.4, 0)),
    ...     Combined(WeightDrop(0.5), VariationalDropout(0.3, 0, output=0.4)),
    ... )
    >>> awd.sites()
    ('W_hh', 'x', 'h', 'output')
    """

    def __init__(self, *variants: Dropout, **fields: tuple[Dropout, ...]) -> None:
        super().__init__(*variants, **fields)
        if not self.variants:
            raise TypeError("PerLayer: got no variants, expected one for each layer")

    def of_layer(self, layer: int) -> Dropout:
        """Return a layer's variant."""
        return self.variants[min(layer, len(self.variants) - 1)]

    def sites(self) -> tuple[str, ...]:
        """Return the sites of all layers."""
        return tuple(dict.fromkeys(site for variant in self.variants for site in variant.sites()))

    def network_masks(self, draw: Draw, sizes: Sizes) -> Masks:
        """Draw the masks of one network by its layer's variant."""
        return self.of_layer(sizes.layer).network_masks(draw, sizes)

    def input_mask(self, draw: Draw, sizes: Sizes, layer: int) -> Array | None:
        """Draw the mask of a layer's input."""
        return self.of_layer(layer).input_mask(draw, sizes, layer)

    def output_mask(self, draw: Draw, sizes: Sizes) -> Array | None:
        """Draw the mask of the last layer's output."""
        return self.of_layer(sizes.layers - 1).output_mask(draw, sizes)

    def evaluation_masks(self) -> Masks:
        """Return the masks of the first layer in evaluation; `evaluation_stack` has all."""
        return self.of_layer(0).evaluation_masks()

    def evaluation_stack(self, layers: int = 1, directions: int = 1) -> StackMasks:
        """Return the masks of all layers and directions in evaluation."""
        of_layers = [self.of_layer(layer).evaluation_masks() for layer in range(layers)]
        networks = tuple((masks,) * directions for masks in of_layers)
        return StackMasks((None,) * layers, networks, None)


def _merge(parts: list[Masks]) -> Masks:
    return Masks(*(_only(list(masks)) for masks in zip(*parts, strict=True)))


def _only(masks: list[Array | None]) -> Array | None:
    """Return the one mask of a site, or None."""
    return next((mask for mask in masks if mask is not None), None)
