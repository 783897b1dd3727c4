"""What a dropout variant is: a small class that draws masks, in training and in evaluation."""

from __future__ import annotations

from dataclasses import Field, dataclass, fields
from typing import Any, NamedTuple

from ..arrays import Array
from ..masks import Masks, StackMasks, site_names
from ..scan import Cell
from ..weights import sizes as sizes_of
from .draws import Draw, check_rate


class Sizes(NamedTuple):
    """The sizes from which masks are drawn.

    Attributes
    ----------
    T, N, D, H : int
        Steps, sequences, features of the input, units.
    gates : int, optional
        Blocks of H rows in W_ih and W_hh: 4 for the LSTM, 3 for the GRU, 1 for the RNN.
    P : int, optional
        Width of a projected hidden state; H if not given.
    layers, directions : int, optional
        For `sample_stack`.
    """

    T: int
    N: int
    D: int
    H: int
    gates: int = 4
    P: int | None = None
    layers: int = 1
    directions: int = 1

    @property
    def width(self) -> int:
        """The width of the hidden state: P, or H."""
        return self.H if self.P is None else self.P

    @classmethod
    def of(cls, params: Any, x: Array) -> Sizes:
        """Read the sizes off an input and a cell's Params, or a stack's layers of them."""
        single = hasattr(params, "_fields")
        own = params if single else params[0][0]
        D, H, *projected = sizes_of(own)
        P = projected[0] if projected else None
        depth = (1, 1) if single else (len(params), len(params[0]))
        return cls(x.shape[0], x.shape[1], D, H, own.W_hh.shape[0] // H, P, *depth)

    def of_layer(self, layer: int) -> Sizes:
        """Return the sizes of a layer, whose input is the output of the one below."""
        return self if layer == 0 else self._replace(D=self.directions * self.width)


@dataclass(frozen=True)
class Dropout:
    """The base of the variants; a new one says in `network_masks` which masks it draws.

    Fields annotated as float are rates, from 0 to 1. A subclass that is public in
    `lessons_lib.dropout` is enrolled in the contract tests.
    """

    def __post_init__(self) -> None:
        """Refuse rates that are none; those of NumPy become Python's, which widen no dtype."""
        for field in fields(self):
            rate, annotation = getattr(self, field.name), _annotation(field)
            if annotation.startswith("float") and not (rate is None and "None" in annotation):
                check_rate(f"{type(self).__name__}: {field.name}", rate)
                object.__setattr__(self, field.name, float(rate))

    @classmethod
    def at(cls, rate: float) -> Any:
        """Return the variant with all its rates the same."""
        return cls(**{field.name: rate for field in fields(cls) if _annotation(field) == "float"})

    def network_masks(self, draw: Draw, sizes: Sizes) -> Masks:
        """Draw the masks of one network: one direction of one layer."""
        return Masks()

    def input_mask(self, draw: Draw, sizes: Sizes, layer: int) -> Array | None:
        """Draw the mask of a layer's input, which its directions share."""
        return None

    def output_mask(self, draw: Draw, sizes: Sizes) -> Array | None:
        """Draw the mask of the last layer's output."""
        return None

    def evaluation_masks(self) -> Masks:
        """Return what stands in a network's masks in evaluation: factors and shares, no chance."""
        return Masks()

    def sample(self, sizes: Sizes, generator: Any, dtype: Any = None) -> Masks:
        """Draw the masks of a single network for one run in training.

        Parameters
        ----------
        sizes : Sizes
            Such as ``Sizes.of(params, x)``.
        generator : numpy.random.Generator or torch.Generator
        dtype : dtype, optional
            That of x; float64, or torch's default dtype, if not given.

        Returns
        -------
        Masks
            For ``masks=`` of `forward`. A mask of the last output is not among them; see
            `sample_stack`.

        Raises
        ------
        TypeError
            There is no generator.
        """
        draw = Draw(generator, dtype)
        masks, x = self.network_masks(draw, sizes), self.input_mask(draw, sizes, 0)
        return masks if x is None else masks._replace(x=x)

    def sample_stack(self, sizes: Sizes, generator: Any, dtype: Any = None) -> StackMasks:
        """Draw the masks of all layers and directions, for ``masks=`` of `stack.forward`.

        Arguments and errors are those of `sample`; each network has masks of its own, drawn in the
        order in which it reads: the reverse direction's first step is the last of x.
        """
        draw, inputs, networks = Draw(generator, dtype), [], []
        for layer in range(sizes.layers):
            own = sizes.of_layer(layer)
            inputs.append(self.input_mask(draw, own, layer))
            networks.append(tuple(self.network_masks(draw, own) for _ in range(sizes.directions)))
        return StackMasks(tuple(inputs), tuple(networks), self.output_mask(draw, sizes))

    def evaluation_stack(self, layers: int = 1, directions: int = 1) -> StackMasks:
        """Return what stands in the masks of all layers and directions in evaluation."""
        network = self.evaluation_masks()
        return StackMasks((None,) * layers, ((network,) * directions,) * layers, None)

    def check_cell(self, cell: Cell) -> None:
        """Refuse a cell that lacks a site of the variant.

        Raises
        ------
        ValueError
            The message names the site, what it is, and the sites that the cell has.
        """
        there = site_names(cell)
        for site in self.sites():
            if site not in (*there, "output"):
                raise ValueError(
                    f"dropout: {self!r} acts on {what(site)}, which the {cell.name} does not "
                    f"have; it has the sites {', '.join(there) or 'none'}"
                )

    def sites(self) -> tuple[str, ...]:
        """Return the sites at which the variant acts, by their names in `Masks`."""
        raise NotImplementedError


def _annotation(field: Field[Any]) -> str:
    """Return a field's type in words, whether it was kept as words or not."""
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
    """Return what stands at a site, in words."""
    return _SITES[site]
