"""Mistakes in dropout: in the masks, which are values and can be changed as such."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from lessons_lib.masks import Masks

from ..mistake import Mistake, Named, edit
from . import lstm
from .sequence import ANY_CELL

_MASKED_STEP = "masks.masked_step"
_RECURRENT_PRODUCT = "masked_product(h_prev, params.W_hh, masks.h)"

#: Takes a run's masks, the output's mask and the arguments; returns the two kinds of masks.
Change = Callable[[Masks, Any, Named], tuple[Masks, Any]]


def unchanged(masks: Masks, output: Any, arguments: Named) -> tuple[Masks, Any]:
    """Leave the masks as they are."""
    return masks, output


def _masks(key: str, change: Change) -> Mistake:
    def before(arguments: Named) -> Named:
        earlier = arguments.get("change", unchanged)

        def both(masks: Masks, output: Any, arguments: Named) -> tuple[Masks, Any]:
            masks, output = earlier(masks, output, arguments)
            return change(masks, output, arguments)

        return arguments | {"change": both}

    return Mistake(key, before=before)


def _in_training(change: Callable[[Masks, Named], Masks]) -> Change:
    return lambda masks, output, arguments: (
        change(masks, arguments) if arguments["training"] else masks,
        output,
    )


def _scaled(factor: Callable[[float], float]) -> Change:
    """Multiply all factors of a training run: those of the masks and of the hidden state."""

    def change(masks: Masks, output: Any, arguments: Named) -> tuple[Masks, Any]:
        if not arguments["training"]:
            return masks, output
        by = factor(arguments["rate"])
        fields = masks._asdict()
        where = ["y"] if masks.y is not None else ["x", "h", "g", "W_hh"]
        return (
            masks._replace(**{k: fields[k] * by for k in where if fields[k] is not None}),
            None if output is None else output * by,
        )

    return change


def _draws_of(**sites: str) -> Change:
    """Use the given mask of each step instead of one mask for the sequence."""

    def change(masks: Masks, arguments: Named) -> Masks:
        left = 1.0 if masks.y is not None else 1 / (1 - arguments["rate"])
        return masks._replace(**{site: arguments[n] * left for site, n in sites.items()})

    return _in_training(change)


def _first_step(*sites: str) -> Change:
    def change(masks: Masks, output: Any, arguments: Named) -> tuple[Masks, Any]:
        if not arguments["training"]:
            return masks, output
        first = {site: getattr(masks, site)[:1] for site in sites}
        return masks._replace(**first), None if output is None else output[:1]

    return change


def _moved(old: str, new: str) -> Change:
    return _in_training(
        lambda masks, _: masks._replace(**{new: getattr(masks, old), old: None}),
    )


#: By what the factors of one of two masks are multiplied, by the mistake.
_ONE_SITE: dict[str, Callable[[float], float]] = {
    "scaling-missing-at": lambda rate: 1 - rate,
    "scaling-doubled-at": lambda rate: 1 / (1 - rate),
    "scaling-inverted-at": lambda rate: (1 - rate) ** 2,
    "scaled-by-rate-at": lambda rate: (1 - rate) / rate,
}


def _at(site: str) -> tuple[Mistake, ...]:
    """Return the mistakes of scaling wrongly what is left at one of two sites."""
    place = {"output": "y"}.get(site, site)

    def mistake(key: str, factor: Callable[[float], float]) -> Mistake:
        def change(masks: Masks, output: Any, arguments: Named) -> tuple[Masks, Any]:
            if not arguments["training"]:
                return masks, output
            by = factor(arguments["rate"])
            if site == "output":
                return masks, None if output is None else output * by
            return masks._replace(**{site: getattr(masks, site) * by}), output

        made = _masks(f"dropout.{key}", change)
        return replace(made, values={"site": place}, label=f"{key}-{place}")

    return tuple(mistake(key, factor) for key, factor in _ONE_SITE.items())


def _shared(*names: str) -> Mistake:
    def before(arguments: Named) -> Named:
        return arguments | {n: 0 * arguments[n] + arguments[n][..., :1, :] for n in names}

    return Mistake("dropout.mask-shared-over-batch", before=before)


def _shifted(*names: str) -> Mistake:
    def before(arguments: Named) -> Named:
        return arguments | {name: np.roll(arguments[name], 1, axis=0) for name in names}

    return Mistake("dropout.mask-of-step-before", before=before)


def _swapped(first: str, second: str) -> Mistake:
    def before(arguments: Named) -> Named:
        return arguments | {first: arguments[second], second: arguments[first]}

    return Mistake("dropout.masks-exchanged", before=before)


def _broadcast(key: str, index: Any) -> Mistake:
    def before(arguments: Named) -> Named:
        return arguments | {"draws": 0 * arguments["draws"] + arguments["draws"][index]}

    return Mistake(key, before=before)


def _inverted(*names: str) -> Mistake:
    return Mistake(
        "dropout.mask-inverted",
        before=lambda arguments: arguments | {name: 1 - arguments[name] for name in names},
    )


def _one_argument(key: str, name: str, change: Callable[[np.ndarray], np.ndarray]) -> Mistake:
    """Return the mistake of changing one of the given masks."""

    def before(arguments: Named) -> Named:
        return arguments | {name: change(arguments[name])}

    values = {"name": name}
    return Mistake(f"dropout.{key}", before=before, values=values, label=f"{key}-{name}", slip=True)


def _one_mask(key: str, name: str, change: Change) -> Mistake:
    """Return the mistake of changing one of the masks that are used."""
    label = f"{key}-{name}"
    return replace(_masks(f"dropout.{key}", change), values={"name": name}, label=label, slip=True)


def _first(array: np.ndarray) -> np.ndarray:
    return 0 * array + array[:1]


def _batch_first(array: np.ndarray) -> np.ndarray:
    return 0 * array + array[:, :1]


def single_masks(**names: str) -> tuple[Mistake, ...]:
    """Return mistakes in one of several masks; `names` are the given masks by their site."""
    found = []
    for site, name in names.items():
        found += [
            _one_argument("mask-inverted-at", name, lambda array: 1 - array),
            _one_argument("per-sequence-mask-at", name, _first),
            _one_argument("mask-shared-at", name, _batch_first),
            _one_argument("mask-of-step-before-at", name, lambda array: np.roll(array, 1, axis=0)),
        ]
        if site == "y":
            continue
        kept = site.startswith("keep")
        if not kept:
            found.append(_one_mask("per-step-mask-at", name, _draws_of(**{site: name})))
            found.append(_one_mask("shrunk-at", name, _in_evaluation(site, lambda rate: 1 - rate)))
            found.append(_one_mask("on-in-evaluation-at", name, _as_in_training(site, name)))
        found.append(_one_mask("no-mask-in-training-at", name, _dropped(site)))
    return tuple(found)


def _dropped(site: str) -> Change:
    return _in_training(lambda masks, _: masks._replace(**{site: None}))


def _in_evaluation(site: str, factor: Callable[[float], float]) -> Change:
    def change(masks: Masks, output: Any, arguments: Named) -> tuple[Masks, Any]:
        if arguments["training"]:
            return masks, output
        shape = (len(arguments["x"]), *arguments["h0"].shape)
        array = arguments["x"] if site == "x" else np.empty(shape)
        here: dict[str, Any] = {site: np.full_like(array, factor(arguments["rate"]))}
        return masks._replace(**here), output

    return change


def _as_in_training(site: str, name: str) -> Change:
    def change(masks: Masks, output: Any, arguments: Named) -> tuple[Masks, Any]:
        if arguments["training"]:
            return masks, output
        mask, scale = arguments[name], 1 / (1 - arguments["rate"])
        per_step = (site == "x" and "draws_y" in arguments) or site == "g"
        mask = mask if per_step or site == "W_hh" else _first(mask)
        return masks._replace(**{site: mask * scale}), output

    return change


ON_IN_EVALUATION = Mistake(
    "dropout.on-in-evaluation",
    before=lambda arguments: arguments | {"training": True},
    excludes="mode",
)
OFF_IN_TRAINING = Mistake(
    "dropout.off-in-training",
    before=lambda arguments: arguments | {"training": False},
    excludes="mode",
)
MODES_SWAPPED = Mistake(
    "dropout.modes-swapped",
    before=lambda arguments: arguments | {"training": not arguments["training"]},
    excludes="mode",
)
SCALING: tuple[Mistake, ...] = (
    _masks(
        "dropout.scaling-missing",
        _scaled(lambda rate: 1 - rate),
    ),
    _masks(
        "dropout.scaling-doubled",
        _scaled(lambda rate: 1 / (1 - rate)),
    ),
    _masks(
        "dropout.scaling-inverted",
        _scaled(lambda rate: (1 - rate) ** 2),
    ),
    _masks(
        "dropout.scaled-by-rate",
        _scaled(lambda rate: (1 - rate) / rate),
    ),
)


def _scaled_in_evaluation(*sites: str) -> tuple[Mistake, ...]:
    """Return the mistakes with a factor in evaluation, at sites of Masks or at the "output"."""

    def by(factor: Callable[[float], float]) -> Change:
        def change(masks: Masks, output: Any, arguments: Named) -> tuple[Masks, Any]:
            if arguments["training"]:
                return masks, output
            left, T = factor(arguments["rate"]), len(arguments["x"])
            states = np.full((T, *arguments["h0"].shape), left)
            at = {
                "x": np.full_like(arguments["x"], left),
                "W_hh": np.full_like(arguments["W_hh"], left),
                "h": states,
                "g": states,
                "y": left,
            }
            here = {site: at[site] for site in sites if site != "output"}
            return masks._replace(**here), states if "output" in sites else output

        return change

    return (
        _masks(
            "dropout.scaled-in-evaluation",
            by(lambda rate: 1 / (1 - rate)),
        ),
        _masks(
            "dropout.shrunk-in-evaluation",
            by(lambda rate: 1 - rate),
        ),
    )


def _per_step(**sites: str) -> Mistake:
    return _masks(
        "dropout.per-step-mask",
        _draws_of(**sites),
    )


def _per_sequence(*sites: str) -> Mistake:
    return _masks(
        "dropout.per-sequence-mask",
        _first_step(*sites),
    )


def _without(site: str) -> Mistake:
    return _masks(
        f"dropout.no-mask-on-{site}",
        lambda masks, output, _: (
            (masks, None) if site == "y" else (masks._replace(**{site: None}), output)
        ),
    )


_SWITCH = (ON_IN_EVALUATION, OFF_IN_TRAINING, MODES_SWAPPED)
_NETWORK = (ANY_CELL[0], *lstm.FORWARD)
_COMMON = (*_SWITCH, *SCALING, *_NETWORK)

NON_RECURRENT: tuple[Mistake, ...] = (
    *_COMMON,
    *_scaled_in_evaluation("x", "output"),
    _inverted("draws_x", "draws_y"),
    *(*_at("x"), *_at("output"), _shared("draws_x", "draws_y"), _shifted("draws_x", "draws_y")),
    Mistake("non_recurrent_dropout.h-of-output", after=lambda r: r | {"h_T": r["y"][-1]}),
    _per_sequence("x"),
    _without(
        "x",
    ),
    _without(
        "y",
    ),
    _masks(
        "non_recurrent_dropout.mask-on-recurrence",
        lambda masks, output, _: (
            (masks, None) if output is None else (masks._replace(**_recurrent(output)), output)
        ),
    ),
)


def _recurrent(output: Any) -> dict[str, Any]:
    """Return the output's mask as a mask of h_{t−1}: from step t − 1, none at the first."""
    return {"h": np.concatenate([np.ones_like(output[:1]), output[:-1]])}


def _scaled_twice(masks: Masks, arguments: Named) -> Masks:
    return masks._replace(c=masks.c / (1 - arguments["rate"]))


def _scaled_in_c(masks: Masks, arguments: Named) -> Masks:
    return masks._replace(c=masks.c / (1 - arguments["rate"]), y=None)


_NEW_C = ("lstm.step", "c", "dropped(f * c_prev + dropped(i * g, masks.g), masks.c)")

RNNDROP: tuple[Mistake, ...] = (
    *_COMMON,
    *_scaled_in_evaluation("y"),
    _inverted("draws"),
    *(_per_step(c="draws"), _shared("draws")),
    edit("rnndrop.mask-after-h", ("lstm.step", "tanh_c", "tanh(c)", "tanh(f * c_prev + i * g)")),
    _masks(
        "rnndrop.scaled-inside-memory",
        _in_training(_scaled_in_c),
    ),
    _masks(
        "rnndrop.only-y-scaled",
        lambda masks, output, arguments: (
            masks._replace(y=None),
            np.full_like(arguments["draws"], masks.y) if arguments["training"] else None,
        ),
    ),
    _masks("rnndrop.scaled-in-both", _in_training(_scaled_twice)),
    _masks(
        "rnndrop.mask-on-candidate",
        _moved("c", "g"),
    ),
    edit("rnndrop.mask-on-old-c", (*_NEW_C, "f * dropped(c_prev, masks.c) + i * g")),
    edit("rnndrop.mask-not-carried", ("lstm.step", "return", "(h, c)", "(h, f * c_prev + i * g)")),
    _masks("rnndrop.mask-on-hidden-too", _in_training(lambda masks, _: masks._replace(h=masks.c))),
    _masks(
        "rnndrop.mask-on-hidden",
        _in_training(lambda masks, _: masks._replace(h=masks.c, c=None)),
    ),
)

VARIATIONAL: tuple[Mistake, ...] = (
    _masks(
        "variational_dropout.mask-on-y",
        lambda masks, _, arguments: (masks, masks.h if arguments["training"] else None),
    ),
    *_COMMON,
    *_scaled_in_evaluation("x", "h"),
    _inverted("draws_x", "draws_h"),
    *(*_at("x"), *_at("h"), _shared("draws_x", "draws_h")),
    _per_step(x="draws_x", h="draws_h"),
    _without(
        "x",
    ),
    _without(
        "h",
    ),
    _masks(
        "variational_dropout.mask-on-cell",
        _moved("h", "c"),
    ),
    edit(
        "variational_dropout.mask-on-new-h",
        ("lstm.step", "", _RECURRENT_PRODUCT, "h_prev @ params.W_hh.T"),
        (_MASKED_STEP, "return", "new", "h_masked(new, masks)"),
    ),
)


def _first_block(masks: Masks, arguments: Named) -> Masks:
    mask = np.array(masks.W_hh)
    mask[len(mask) // 4 :] = 1
    return masks._replace(W_hh=mask)


def _reshaped(arguments: Named) -> Named:
    draws = arguments["draws"]
    return arguments | {"draws": draws.reshape(draws.shape[::-1]).T}


def _all_weights_scaled(arguments: Named) -> Named:
    if not arguments["training"]:
        return arguments
    kept = 1 - arguments["rate"]
    return arguments | {name: arguments[name] / kept for name in ("W_ih", "b")}


WEIGHT_DROP: tuple[Mistake, ...] = (
    *_COMMON,
    *_scaled_in_evaluation("W_hh"),
    _inverted("draws"),
    _broadcast("weight_drop.whole-columns", np.s_[:1]),
    _broadcast("weight_drop.whole-rows", np.s_[:, :1]),
    _masks("weight_drop.first-block-only", _in_training(_first_block)),
    Mistake("weight_drop.mask-reshaped", before=_reshaped),
    Mistake("weight_drop.everything-scaled", before=_all_weights_scaled),
)


def _one_step_late(masks: Masks, arguments: Named) -> Masks:
    mask = np.roll(np.array(masks.g), 1, axis=0)
    mask[0] = 1
    return masks._replace(g=mask)


RECURRENT: tuple[Mistake, ...] = (
    *_COMMON,
    *_scaled_in_evaluation("g"),
    *(_inverted("draws"), _shared("draws"), _shifted("draws")),
    _per_sequence("g"),
    edit(
        "recurrent_dropout.mask-inside-tanh",
        ("lstm.step", "g", "tanh(a_g)", "tanh(dropped(a_g, masks.g))"),
        ("lstm.step", "c", "dropped(i * g, masks.g)", "i * g"),
    ),
    _masks("recurrent_dropout.no-mask-at-first-step", _in_training(_one_step_late)),
    _masks(
        "recurrent_dropout.mask-on-cell",
        _moved("g", "c"),
    ),
    _masks(
        "recurrent_dropout.mask-on-hidden",
        _moved("g", "h"),
    ),
)


def _shares_exchanged(site: str) -> Mistake:
    def change(masks: Masks, output: Any, arguments: Named) -> tuple[Masks, Any]:
        keep = getattr(masks, site)
        other = np.logical_not(keep) if np.ndim(keep) else 1 - keep
        return masks._replace(**{site: other}), output

    label = f"shares-exchanged-at-{site}"
    made = _masks("zoneout.shares-exchanged-at", change)
    return replace(made, values={"name": site}, label=label, excludes="shares")


def _copied(name: str, other: str) -> Mistake:
    def before(arguments: Named) -> Named:
        return arguments | {name: arguments[other]}

    values, label = {"name": other}, f"one-mask-{other}"
    return Mistake("zoneout.one-mask", before=before, values=values, label=label)


_SELECTED = ("masks._kept", "return", "array_namespace(keep).where(keep, old, new)")

ZONEOUT: tuple[Mistake, ...] = (
    *_SWITCH,
    *_NETWORK,
    *(_inverted("keep_h", "keep_c"), _shared("keep_h", "keep_c"), _shifted("keep_h", "keep_c")),
    _swapped("keep_h", "keep_c"),
    _shares_exchanged("keep_h"),
    _shares_exchanged("keep_c"),
    _copied("keep_h", "keep_c"),
    _copied("keep_c", "keep_h"),
    edit("zoneout.y-before", ("scan.forward", "", "state[0]", "cache.o * cache.tanh_c")),
    edit("zoneout.zero-for-kept", (_MASKED_STEP, "return", "state", "tuple(0 * s for s in state)")),
    edit(
        "zoneout.zero-in-training",
        (*_SELECTED, "array_namespace(keep).where(keep, 0 * new, new)"),
    ),
    _per_sequence("keep_h", "keep_c"),
    _without(
        "keep_h",
    ),
    _without(
        "keep_c",
    ),
    _masks(
        "zoneout.no-expectation",
        lambda masks, output, arguments: (
            masks if arguments["training"] else Masks(),
            output,
        ),
    ),
    _masks(
        "zoneout.expectation-inverted",
        lambda masks, output, arguments: (
            masks
            if arguments["training"]
            else Masks(keep_h=1 - arguments["rate"], keep_c=1 - arguments["rate"]),
            output,
        ),
    ),
    edit(
        "zoneout.h-from-kept-c",
        (_MASKED_STEP, "return", "new", "h_from(renew(state, new, masks)[1], cache, new)"),
    ),
)
