"""The table of the dropout variants, read off the masks that they draw."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .variant import Dropout, Sizes

#: No two sizes agree, so that a mask's shape can be written in letters.
_SIZES = Sizes(T=7, N=3, D=4, H=5, gates=2)
_LETTERS = {7: "T", 3: "N", 4: "D", 5: "H", 2: "4", 10: "4H", 1: "1"}


def table(variants: Iterable[Dropout]) -> list[dict[str, str]]:
    """Return where each variant's masks act, their shapes and values, and those of evaluation.

    Parameters
    ----------
    variants : iterable of Dropout

    Returns
    -------
    list of dict
        A row for each variant and site: "variant", "site", "mask" (its shape in letters; an axis
        of 1 is shared), "training" and "evaluation" (the values of the mask there), or "—".
    """
    rows = []
    for variant in variants:
        masks = variant.sample_stack(_SIZES, np.random.default_rng(0))
        sites = _given({"x": masks.inputs[0], "output": masks.y})
        sites |= _given(masks.networks[0][0]._asdict())
        evaluation = _given(variant.evaluation_masks()._asdict())
        rows += [
            {
                "variant": type(variant).__name__,
                "site": name,
                "mask": _shape(sites.get(name)),
                "training": _values(sites.get(name)),
                "evaluation": _values(evaluation.get(name)),
            }
            for name in {**sites, **evaluation}
        ]
    return rows


def _given(sites: dict[str, Any]) -> dict[str, Any]:
    return {name: mask for name, mask in sites.items() if mask is not None}


def _shape(mask: Any) -> str:
    shape = getattr(mask, "shape", ())
    return f"({', '.join(_LETTERS[length] for length in shape)})" if shape else "number"


def _values(mask: Any) -> str:
    if mask is None:
        return "—"
    return ", ".join(f"{value:.3g}" for value in np.unique(np.asarray(mask, dtype=float)))
