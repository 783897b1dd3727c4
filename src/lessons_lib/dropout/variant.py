"""The base of dropout variants: small classes that draw masks, in training and in evaluation."""

from __future__ import annotations

from dataclasses import Field, dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..cell import Cell
from ..masks import NO_MASKS, Masks, StackMasks
from ..nested import is_params
from .draws import Draw, check_rate


class Sizes(NamedTuple):
    """The sizes of a network whose masks are drawn.

    Attributes
    ----------
    T, N, D, H : int
        Steps, sequences, features of the input, units.
    gates : int, optional
        Blocks of H rows in W_ih and W_hh: 4 for the LSTM, 3 for the GRU, 1 for the RNN.
    P : int, optional
        Width of a projected hidden state; H by default.
    layers, directions : int, optional
        For `sample_stack`.
    layer : int, optional
        In `sample_stack`, which layer's masks are drawn.
    """

    T: int
    N: int
    D: int
    H: int
    gates: int = 4
    P: int | None = None
    layers: int = 1
    directions: int = 1
    layer: int = 0

    @property
    def width(self) -> int:
        """The width of the hidden state: P, or H."""
        return self.H if self.P is None else self.P

    @classmethod
    def of(cls, cell: Cell, params: Any, x: Array) -> Sizes:
        """Return the sizes of an input and a cell's Params, or a stack's layers of them."""
        single = is_params(params)
        sizes = cell.sizes(params if single else params[0][0])
        depth = (1, 1) if single else (len(params), len(params[0]))
        T, N, _ = x.shape
        return cls(T, N, sizes["D"], sizes["H"], cell.gates, sizes.get("P"), *depth)

    def of_layer(self, layer: int) -> Sizes:
        """Return the sizes of a layer, whose input is the output of the one below."""
        return self if layer == 0 else self._replace(D=self.directions * self.width, layer=layer)


@dataclass(frozen=True)
class Dropout:
    """The base of the variants; a new one draws its masks in `network_masks`.

    Fields annotated as float are rates, from 0 to 1. The contract tests include every subclass that
    is public in `lessons_lib.dropout`.
    """

    def __post_init__(self) -> None:
        """Reject invalid rates; convert NumPy scalars to floats, which do not widen the dtype."""
        for field in fields(self):
            rate, annotation = getattr(self, field.name), _annotation(field)
            if annotation.startswith("float") and not (rate is None and "None" in annotation):
                check_rate(f"{type(self).__name__}: {field.name}", rate)
                object.__setattr__(self, field.name, float(rate))

    @classmethod
    def at(cls, rate: float) -> Any:
        """Return the variant with all its rates equal."""
        return cls(**{field.name: rate for field in fields(cls) if _annotation(field) == "float"})

    def network_masks(self, draw: Draw, sizes: Sizes) -> Masks:
        """Draw the masks of one network: one direction of one layer."""
        return NO_MASKS

    def input_mask(self, draw: Draw, sizes: Sizes, layer: int) -> Array | None:
        """Draw the mask of a layer's input, which its directions share."""
        return None

    def output_mask(self, draw: Draw, sizes: Sizes) -> Array | None:
        """Draw the mask of the last layer's output."""
        return None

    def evaluation_masks(self) -> Masks:
        """Return the masks of a network in evaluation: factors and fractions; nothing is drawn."""
        return NO_MASKS

    def sample(self, sizes: Sizes, generator: Any, dtype: Any = None) -> Masks:
        """Draw the masks of a single network for one run in training.

        Parameters
        ----------
        sizes : Sizes
            Such as ``Sizes.of(cell, params, x)``.
        generator : numpy.random.Generator or torch.Generator, or a Draw
        dtype : dtype, optional
            The dtype of x; float64, or torch's default dtype, by default.

        Returns
        -------
        Masks
            For ``masks=`` of `forward`. They do not include a mask of the last output; see
            `sample_stack`.

        Raises
        ------
        TypeError
            The generator is missing or is not a generator.
        """
        draw = Draw.of(generator, dtype)
        masks, x = self.network_masks(draw, sizes), self.input_mask(draw, sizes, 0)
        return masks if x is None else masks._replace(x=x)

    def sample_stack(self, sizes: Sizes, generator: Any, dtype: Any = None) -> StackMasks:
        """Draw the masks of all layers and directions, for ``masks=`` of `stack.forward`.

        Arguments and errors are those of `sample`. Each network has its own masks, drawn in the
        order in which it reads: the reverse direction's first step is the last of x.
        """
        draw, inputs, networks = Draw.of(generator, dtype), [], []
        for layer in range(sizes.layers):
            here = sizes.of_layer(layer)
            inputs.append(self.input_mask(draw, here, layer))
            networks.append(tuple(self.network_masks(draw, here) for _ in range(sizes.directions)))
        return StackMasks(tuple(inputs), tuple(networks), self.output_mask(draw, sizes))

    def evaluation_stack(self, layers: int = 1, directions: int = 1) -> StackMasks:
        """Return the masks of all layers and directions in evaluation."""
        network = self.evaluation_masks()
        return StackMasks((None,) * layers, ((network,) * directions,) * layers, None)

    def check_cell(self, cell: Cell) -> None:
        """Reject a cell that lacks a site of the variant.

        Raises
        ------
        ValueError
            The cell lacks a site; the message names it and the sites that the cell has.
        """
        there = cell.all_sites
        for site in self.sites():
            if site not in (*there, "output"):
                raise ValueError(
                    f"dropout: {self!r} acts on {what(site)}, which the {cell.name} does not "
                    f"have; it has the sites {', '.join(there) or 'none'}"
                )

    def sites(self) -> tuple[str, ...]:
        """Return the sites at which the variant acts, by their names in `Masks`.

        By default they are found from the masks that it draws for a network of size 1.
        """
        masks = self.sample_stack(Sizes(1, 1, 1, 1, layers=2), np.random.default_rng(0))
        networks = [direction for layer in masks.networks for direction in layer]
        drawn = [*networks, self.evaluation_masks()]
        of_networks = (
            name for k, name in enumerate(Masks._fields) if any(m[k] is not None for m in drawn)
        )
        inputs = any(mask is not None for mask in masks.inputs)
        sites = ("x",) * inputs + (*of_networks,) + ("output",) * (masks.y is not None)
        return tuple(dict.fromkeys(sites))


def _annotation(field: Field[Any]) -> str:
    """Return the name of a field's type, which may be annotated as a string."""
    return getattr(field.type, "__name__", str(field.type))


_SITES = {
    "output": "the last output",
    "x": "the input",
    "h": "the hidden state that the products read (h)",
    "g": "a candidate beside a memory to add it to (g)",
    "c": "a cell state (c)",
    "y": "the new hidden state (y)",
    "keep_h": "the hidden state (keep_h)",
    "keep_c": "a cell state (keep_c)",
    "W_ih": "the input's weights (W_ih)",
    "W_hh": "the recurrent weights (W_hh)",
    "W_hr": "the projection's weights (W_hr)",
}


def what(site: str) -> str:
    """Describe a site in words."""
    return _SITES[site]
