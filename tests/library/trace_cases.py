"""Every cell with every kind of mask that it can take, on random arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from registry import CELLS, Problem, problem

from lessons_lib.masks import Masks

#: Kinds of masks by site; a cell takes those whose sites it has.
MASKS: dict[str, dict[str, str]] = {
    "no masks": {},
    "variational": {"x": "array", "h": "array"},
    "untied": {"x": "gates", "h": "gates"},
    "recurrent": {"g": "array"},
    "rnndrop": {"c": "array", "y": "number"},
    "zoneout": {"keep_h": "array", "keep_c": "array"},
    "zoneout in evaluation": {"keep_h": "number", "keep_c": "number"},
    "weight drop": {"W_hh": "array"},
    "all": {
        **dict.fromkeys(("x", "h", "g", "c", "keep_h", "keep_c", "W_ih", "W_hh", "W_hr"), "array"),
        "y": "number",
    },
}


def cases() -> list[tuple[str, str]]:
    """Return the names of all cells, each with the names of the masks that it accepts."""
    return [
        (cell, masks)
        for cell in CELLS
        for masks, kinds in MASKS.items()
        if not kinds or set(kinds) & set(CELLS[cell].all_sites)
    ]


def kinds_of(cell: str, masks: str) -> dict[str, str]:
    """Return the kinds of masks on the sites that the cell has."""
    sites = CELLS[cell].all_sites
    return {site: kind for site, kind in MASKS[masks].items() if site in sites}


def masked_problem(cell: str, masks: str, dtype: Any = np.float64, **options: int) -> Problem:
    """Draw a problem with such masks."""
    p = problem(cell, dtype, **options)
    kinds = kinds_of(cell, masks)
    if not kinds:
        return p
    rng = np.random.default_rng(99)
    drawn = {site: _draw(p, site, kind, rng, dtype) for site, kind in kinds.items()}
    return p._replace(masks=Masks(**drawn))


def _draw(p: Problem, site: str, kind: str, rng: np.random.Generator, dtype: Any) -> Any:
    if kind == "number":
        return float(rng.uniform(0.3, 0.9))
    if site.startswith("W_"):
        shape = getattr(p.params, site).shape
    else:
        T, N, D = p.x.shape
        widths = {
            name: part.shape[-1] for name, part in zip(p.cell.state_names, p.state, strict=True)
        }
        h, H = p.state[0].shape[-1], p.cell.sizes(p.params)["H"]
        width = {"x": D, "h": h, "keep_h": h, "c": widths.get("c", H), "keep_c": widths.get("c", H)}
        gates = (p.cell.gates,) if kind == "gates" else ()
        shape = (T, *gates, N, width.get(site, H))
    kept = rng.random(shape) < 0.6
    return kept if site.startswith("keep") else (kept / 0.6).astype(dtype)
