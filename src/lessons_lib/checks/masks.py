"""The checks of dropout: an LSTM over a sequence, with given masks.

The masks are drawn for the learner's function, so that there is one correct answer. They are 0
where values are dropped and 1 elsewhere, new for each step; a variant with one mask for the whole
sequence uses that of the first step. Scaling and evaluation are the function's task.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from lessons_lib import dropout, lstm
from lessons_lib.dropout.draws import Draw

from .check import Check
from .mistake import Mistake, Named
from .mistakes import dropout as known
from .mistakes.slips import slips
from .probes import Sizes

#: The library's variant for each check's rate.
Make = Callable[[float], dropout.Dropout]

_WEIGHTS = {"W_ih": "(4H, D)", "W_hh": "(4H, H)", "b": "(4H,)"}
_NETWORK = {"x": "(T, N, D)", "h0": "(N, H)", "c0": "(N, H)", **_WEIGHTS}
_CASES: tuple[Sizes, ...] = (
    {"T": 5, "N": 3, "D": 4, "H": 6, "rate": 0.25, "training": True},
    {"T": 5, "N": 3, "D": 4, "H": 6, "rate": 0.25, "training": False},
    {"T": 4, "N": 1, "D": 5, "H": 3, "rate": 0.4, "training": True},
    {"T": 3, "N": 5, "D": 1, "H": 4, "rate": 0.4, "training": False},
    {"T": 6, "N": 5, "D": 3, "H": 4, "rate": 0.5, "training": True},
)
_TEXTS = {
    "draws": ", 0 where dropped; the first step's for the whole sequence",
    "fresh": ", 0 where dropped, for each step",
    "keep": ", 1 where the old state stays, for each step",
}


class _Given(np.random.Generator):
    """A generator of given numbers: below every rate where a mask drops, above it elsewhere."""

    def __init__(self, draws: list[np.ndarray]) -> None:
        super().__init__(np.random.PCG64(0))
        self._draws = iter(draws)

    def random(self, size: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return the next draws; only those of step 0 if a mask is for the whole sequence."""
        draws = next(self._draws)
        return draws if draws.shape == size else draws[: size[0]]


def _draw(
    names: dict[str, tuple[str, str]], rng: np.random.Generator, T: int, N: int, D: int, H: int,
    rate: float, training: bool,
) -> Named:  # fmt: skip
    """Draw the network's arguments and the masks' numbers."""
    shapes = {"x": (T, N, D), "h0": (N, H), "c0": (N, H), **lstm.CELL.param_shapes(D=D, H=H)}
    arrays: Named = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    letters = {"(T, N, D)": (T, N, D), "(T, N, H)": (T, N, H), "(4H, H)": (4 * H, H)}
    for name, (shape, text) in names.items():
        share = rate if text == "keep" else 1 - rate
        arrays[name] = (rng.random(letters[shape]) < share).astype(float)
    return {**arrays, "rate": rate, "training": training}


def _reference(
    make: Make, names: dict[str, tuple[str, str]], library: Any, arguments: Named
) -> Named:
    """Run the library's LSTM with the masks of its variant, made from the given numbers."""
    x, variant = arguments["x"], make(arguments["rate"])
    params = lstm.Params(*(arguments[name] for name in _WEIGHTS))
    sizes = dropout.Sizes.of(lstm.CELL, params, x)
    if arguments["training"]:
        numbers = [
            1 - arguments[name] if text == "keep" else arguments[name]
            for name, (_, text) in names.items()
        ]
        generator = _Given(numbers)
        masks = variant.sample(sizes, generator)
        output = variant.output_mask(Draw(generator), sizes)
    else:
        masks, output = variant.evaluation_masks(), None
    masks, output = arguments.get("change", known.unchanged)(masks, output, arguments)
    state = (arguments["h0"], arguments["c0"])
    y, (h, c), _ = library.scan.forward(library.lstm.CELL, params, x, state, masks)
    return {"y": y if output is None else y * output, "h_T": h, "c_T": c}


def _check(
    name: str,
    make: Make,
    names: dict[str, tuple[str, str]],
    mistakes: tuple[Mistake, ...],
    **sites: str,
) -> Check:
    """Return a check; `sites` are the given masks by their site in `Masks`, or y."""
    shapes = {k: shape + _TEXTS.get(text, text) for k, (shape, text) in names.items()}
    return Check(
        name=name,
        shapes={**_NETWORK, **shapes, "rate": "float", "training": "bool"},
        results=("y", "h_T", "c_T"),
        draw=lambda rng, **sizes: _draw(names, rng, **sizes),
        reference=lambda library, arguments: _reference(make, names, library, arguments),
        mistakes=mistakes,
        sizes=_CASES,
        slips=cache(lambda: (*known.single_masks(**sites), *slips(lstm.step, ("h", "c")))),
    )


non_recurrent_dropout = _check(
    "non_recurrent_dropout",
    dropout.NonRecurrentDropout,
    {"draws_x": ("(T, N, D)", "fresh"), "draws_y": ("(T, N, H)", "fresh")},
    known.NON_RECURRENT,
    x="draws_x",
    y="draws_y",
)
rnndrop = _check(
    "rnndrop",
    dropout.RNNDrop,
    {"draws": ("(T, N, H)", "draws")},
    known.RNNDROP,
    c="draws",
)
variational_dropout = _check(
    "variational_dropout",
    lambda rate: dropout.VariationalDropout(rate, rate, output=0.0),
    {"draws_x": ("(T, N, D)", "draws"), "draws_h": ("(T, N, H)", "draws")},
    known.VARIATIONAL,
    x="draws_x",
    h="draws_h",
)
weight_drop = _check(
    "weight_drop",
    dropout.WeightDrop,
    {"draws": ("(4H, H)", ", 0 where a weight of W_hh is dropped")},
    known.WEIGHT_DROP,
)
recurrent_dropout = _check(
    "recurrent_dropout",
    dropout.RecurrentDropout,
    {"draws": ("(T, N, H)", "fresh")},
    known.RECURRENT,
    g="draws",
)
zoneout = _check(
    "zoneout",
    lambda rate: dropout.Zoneout(h=rate, c=rate),
    {"keep_h": ("(T, N, H)", "keep"), "keep_c": ("(T, N, H)", "keep")},
    known.ZONEOUT,
    keep_h="keep_h",
    keep_c="keep_c",
)
