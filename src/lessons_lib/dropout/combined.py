"""Several variants at once."""

from __future__ import annotations

from dataclasses import dataclass

from ..arrays import Array
from ..masks import Masks
from .draws import Draw
from .variant import Dropout, Sizes, what


@dataclass(frozen=True, init=False)
class Combined(Dropout):
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

    variants: tuple[Dropout, ...]

    def __init__(self, *variants: Dropout, **fields: tuple[Dropout, ...]) -> None:
        if fields and (variants or set(fields) != {"variants"}):
            raise TypeError(f"Combined: got {', '.join(fields)}, expected dropout's variants alone")
        variants = fields.get("variants", variants)  # as dataclasses.replace passes them
        seen: dict[str, Dropout] = {}
        for variant in variants:
            if not isinstance(variant, Dropout):
                raise TypeError(f"Combined: got {variant!r}, expected dropout's variants")
            for site in variant.sites():
                if site in seen:
                    raise ValueError(
                        f"Combined: {seen[site]!r} and {variant!r} both act on {what(site)}"
                    )
                seen[site] = variant
        object.__setattr__(self, "variants", variants)

    def __repr__(self) -> str:
        """Return the call that makes it."""
        return f"Combined({', '.join(map(repr, self.variants))})"

    @classmethod
    def at(cls, rate: float) -> Combined:
        """Raise: the rates belong to the variants."""
        raise TypeError("Combined.at: got no variants, expected Combined(Zoneout.at(rate), …)")

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


def _merge(parts: list[Masks]) -> Masks:
    return Masks(*(_only(list(masks)) for masks in zip(*parts, strict=True)))


def _only(masks: list[Array | None]) -> Array | None:
    """Return the one mask of a site, or None."""
    return next((mask for mask in masks if mask is not None), None)
