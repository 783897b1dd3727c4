"""What the moving figure of dropout calls: the LSTM's masked steps, and how masks are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons_lib import dropout, lstm
from lessons_lib.trace import javascript, record_sequence

#: The kinds of masks with which the LSTM's step is recorded: in training all that the variants
#: draw, in evaluation zoneout's fraction.
MASKS = {
    "training": dict.fromkeys(("x", "h", "g", "c", "keep_c", "W_hh"), "array") | {"y": "number"},
    "evaluation": {"keep_c": "number"},
}


def lstm_dropout() -> str:
    """Return the LSTM's steps with masks, by mode."""
    steps = (
        f"{mode}: {javascript.function(record_sequence(lstm.CELL, kinds).forward)}"
        for mode, kinds in MASKS.items()
    )
    return "{\n" + ",\n".join(steps) + "\n}"


#: What a reader can choose: a mask that erases, and the six. ``shown`` is the site in the drawing.
DROPOUTS: dict[str, tuple[dropout.Dropout | None, str]] = {
    "erased": (None, "c"),
    "non_recurrent": (dropout.NonRecurrentDropout(0.5), "x"),
    "rnndrop": (dropout.RNNDrop(0.5), "c"),
    "variational": (dropout.VariationalDropout(0.5, 0.5), "h"),
    "weight_drop": (dropout.WeightDrop(0.5), "W_hh"),
    "recurrent": (dropout.RecurrentDropout(0.5), "g"),
    "zoneout": (dropout.Zoneout(c=0.5), "keep_c"),
}


def dropouts() -> dict[str, dict[str, Any]]:
    """Return how each variant draws its masks, read off masks that it draws."""
    sizes = dropout.Sizes(T=40, N=1, D=20, H=20)
    found = {}
    for name, (variant, shown) in DROPOUTS.items():
        rng = np.random.default_rng(0)
        erasing = dropout.Masks(c=(rng.random((sizes.T, 1, sizes.H)) >= 0.5).astype(float))
        masks = variant.sample(sizes, rng) if variant else erasing
        drawn = {site: mask for site, mask in masks._asdict().items() if hasattr(mask, "shape")}
        sites = [_drawn_at(site, mask) | {"shown": site == shown} for site, mask in drawn.items()]
        fraction = variant is not None and variant.evaluation_masks().keep_c is not None
        found[name] = {"sites": sites, "scaled_h": masks.y is not None, "fraction": fraction}
    return found


def _drawn_at(site: str, mask: np.ndarray) -> dict[str, Any]:
    """Return a mask's lifetime, the value of what is kept (at rate 0.5), and what True means."""
    kept = "inverted" if mask.max() == 2 else "plain"
    per_step = site != "W_hh" and mask.shape[0] > 1
    return {"name": site, "per_step": per_step, "kept": kept, "keeps": mask.dtype == bool}
