"""Mistakes in dropout: in the masks, which are values and can be changed as such."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lessons_lib.masks import Masks

from ..mistake import Mistake, Named, edit
from . import lstm
from .sequence import ANY_CELL

#: Takes a run's masks, that of the output, and the arguments; returns the two.
Change = Callable[[Masks, Any, Named], tuple[Masks, Any]]


def unchanged(masks: Masks, output: Any, arguments: Named) -> tuple[Masks, Any]:
    """Leave the masks as they are."""
    return masks, output


def _masks(name: str, change: Change, ko: str, en: str) -> Mistake:
    def before(arguments: Named) -> Named:
        earlier = arguments.get("change", unchanged)

        def both(masks: Masks, output: Any, arguments: Named) -> tuple[Masks, Any]:
            masks, output = earlier(masks, output, arguments)
            return change(masks, output, arguments)

        return arguments | {"change": both}

    return Mistake(name, ko, en, before=before)


def _in_training(change: Callable[[Masks, Named], Masks]) -> Change:
    return lambda masks, output, arguments: (
        change(masks, arguments) if arguments["training"] else masks,
        output,
    )


def _scaled(factor: Callable[[float], float]) -> Change:
    """Multiply all factors of a run in training, the masks' and the hidden state's."""

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
    """Put the numbers given for each step in the place of one mask for the sequence."""

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


def _inverted(*names: str) -> Mistake:
    return Mistake(
        "mask-inverted",
        "마스크의 0과 1이 거꾸로입니다. 남길 것을 없애고 없앨 것을 남겼습니다.",
        "0 and 1 of the mask are exchanged: what is to stay is dropped and the other way round.",
        before=lambda arguments: arguments | {name: 1 - arguments[name] for name in names},
    )


ON_IN_EVALUATION = Mistake(
    "on-in-evaluation",
    "평가할 때에도 드롭아웃이 켜져 있습니다. training이 거짓이면 마스크를 쓰지 않습니다.",
    "Dropout is on in evaluation. Where training is false no mask is used.",
    before=lambda arguments: arguments | {"training": True},
    excludes="mode",
)
OFF_IN_TRAINING = Mistake(
    "off-in-training",
    "학습할 때 드롭아웃이 꺼져 있습니다. training을 보는 조건을 살피십시오.",
    "Dropout is off in training. Look at the condition on training.",
    before=lambda arguments: arguments | {"training": False},
    excludes="mode",
)
MODES_SWAPPED = Mistake(
    "modes-swapped",
    "학습과 평가가 뒤바뀌었습니다. 평가할 때 드롭아웃이 켜지고 학습할 때 꺼집니다.",
    "Training and evaluation are exchanged: dropout is on in evaluation and off in training.",
    before=lambda arguments: arguments | {"training": not arguments["training"]},
    excludes="mode",
)
SCALING: tuple[Mistake, ...] = (
    _masks(
        "scaling-missing",
        _scaled(lambda rate: 1 - rate),
        "남은 것을 키우지 않아 평균이 작아졌습니다. 없앤 몫을 학습할 때 어떻게 메우는지 보십시오.",
        "What is left is not scaled, so that the mean shrinks. How does training make up for what "
        "is dropped?",
    ),
    _masks(
        "scaling-doubled",
        _scaled(lambda rate: 1 / (1 - rate)),
        "남은 것을 두 번 키웠습니다. 한 번이면 됩니다.",
        "What is left is scaled twice; once is enough.",
    ),
    _masks(
        "scaling-inverted",
        _scaled(lambda rate: (1 - rate) ** 2),
        "나누어야 할 1 − rate를 곱했습니다.",
        "It is multiplied by 1 − rate, by which it should be divided.",
    ),
    _masks(
        "scaled-by-rate",
        _scaled(lambda rate: (1 - rate) / rate),
        "남는 비율이 아니라 없애는 비율 rate로 나누었습니다.",
        "It is divided by the rate of what is dropped, not of what is left.",
    ),
)


def _scaled_in_evaluation(*sites: str) -> tuple[Mistake, ...]:
    """Return the mistakes of a factor in evaluation, at sites of Masks or at the "output"."""

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
            "scaled-in-evaluation",
            by(lambda rate: 1 / (1 - rate)),
            "평가할 때에도 1 − rate로 나누었습니다. 평가할 때에는 없앤 것이 없으므로 메울 것도 "
            "없습니다.",
            "It is divided by 1 − rate in evaluation too, where nothing is dropped and so nothing "
            "has to be made up for.",
        ),
        _masks(
            "shrunk-in-evaluation",
            by(lambda rate: 1 - rate),
            "평가할 때 1 − rate를 곱했습니다. 여기서는 없앤 몫을 학습할 때 메웁니다.",
            "It is multiplied by 1 − rate in evaluation. Here it is training that makes up for "
            "what is dropped.",
        ),
    )


def _per_step(**sites: str) -> Mistake:
    return _masks(
        "per-step-mask",
        _draws_of(**sites),
        "시점마다 다른 마스크를 썼습니다. 이 방법은 시퀀스 하나에 마스크 하나를 끝까지 씁니다.",
        "There is another mask at each step. This variant has one for the whole sequence.",
    )


def _per_sequence(*sites: str) -> Mistake:
    return _masks(
        "per-sequence-mask",
        _first_step(*sites),
        "모든 시점에 같은 마스크를 썼습니다. 이 방법은 시점마다 마스크를 새로 씁니다.",
        "All steps have the same mask. This variant has a fresh one at each step.",
    )


def _without(site: str, ko: str, en: str) -> Mistake:
    return _masks(
        f"no-mask-on-{site}",
        lambda masks, output, _: (
            (masks, None) if site == "y" else (masks._replace(**{site: None}), output)
        ),
        ko,
        en,
    )


_SWITCH = (ON_IN_EVALUATION, OFF_IN_TRAINING, MODES_SWAPPED)
_NETWORK = (ANY_CELL[0], *lstm.FORWARD)
_COMMON = (*_SWITCH, *SCALING, *_NETWORK)

NON_RECURRENT: tuple[Mistake, ...] = (
    *_COMMON,
    *_scaled_in_evaluation("x", "output"),
    _inverted("draws_x", "draws_y"),
    _per_sequence("x"),
    _without(
        "x",
        "입력에 마스크가 걸리지 않았습니다.",
        "There is no mask on the input.",
    ),
    _without(
        "y",
        "마지막 출력에 마스크가 걸리지 않았습니다.",
        "There is no mask on the last output.",
    ),
    _masks(
        "mask-on-recurrence",
        lambda masks, output, _: (
            (masks, None) if output is None else (masks._replace(**_recurrent(output)), output)
        ),
        "마스크가 다음 시점이 읽는 은닉 상태에도 걸렸습니다. 이 방법은 순환 연결을 건드리지 "
        "않습니다.",
        "The mask is also on the hidden state that the next step reads. This variant leaves the "
        "recurrent connections alone.",
    ),
)


def _recurrent(output: Any) -> dict[str, Any]:
    """Return the output's mask as one of h_{t−1}: that of step t − 1, none at the first step."""
    return {"h": np.concatenate([np.ones_like(output[:1]), output[:-1]])}


def _scaled_in_c(masks: Masks, arguments: Named) -> Masks:
    return masks._replace(c=masks.c / (1 - arguments["rate"]), y=None)


RNNDROP: tuple[Mistake, ...] = (
    *_COMMON,
    *_scaled_in_evaluation("y"),
    _inverted("draws"),
    _per_step(c="draws"),
    _masks(
        "scaled-inside-memory",
        _in_training(_scaled_in_c),
        "셀 상태를 시점마다 키웠습니다. 같은 수를 거듭 곱하게 되어 셀 상태가 폭발합니다.",
        "The cell state is scaled at each step. The same factor is applied again and again, and "
        "the cell state explodes.",
    ),
    _masks(
        "mask-on-candidate",
        _moved("c", "g"),
        "마스크가 새로 더해지는 것에만 걸렸습니다. RNNDrop은 셀 상태 전체에 겁니다.",
        "The mask is only on what is added. RNNDrop has it on the whole cell state.",
    ),
    _masks(
        "mask-on-hidden",
        _in_training(lambda masks, _: masks._replace(h=masks.c, c=None)),
        "마스크가 셀 상태가 아니라 앞 은닉 상태에 걸렸습니다.",
        "The mask is on the hidden state before the step, not on the cell state.",
    ),
)

VARIATIONAL: tuple[Mistake, ...] = (
    *_COMMON,
    *_scaled_in_evaluation("x", "h"),
    _inverted("draws_x", "draws_h"),
    _per_step(x="draws_x", h="draws_h"),
    _without(
        "x",
        "입력에 마스크가 걸리지 않았습니다.",
        "There is no mask on the input.",
    ),
    _without(
        "h",
        "앞 은닉 상태에 마스크가 걸리지 않았습니다.",
        "There is no mask on the hidden state before the step.",
    ),
    _masks(
        "mask-on-cell",
        _moved("h", "c"),
        "마스크가 앞 은닉 상태가 아니라 셀 상태에 걸렸습니다.",
        "The mask is on the cell state, not on the hidden state before the step.",
    ),
    edit(
        "mask-on-new-h",
        [
            ("lstm.step", "read(h_prev, masks.h)", "h_prev"),
            (
                "scan.step",
                "    return renew(state, new, *masks), cache",
                "    new = (new[0] if masks[0].h is None else new[0] * masks[0].h, *new[1:])\n"
                "    return renew(state, new, *masks), cache",
            ),
        ],
        "마스크가 새 은닉 상태 자체에 걸려 출력까지 가려졌습니다. 마스크는 앞 은닉 상태를 읽는 "
        "곳에만 걸립니다.",
        "The mask is on the new hidden state itself, and so on the output. It belongs only where a "
        "step reads the state before it.",
    ),
)

WEIGHT_DROP: tuple[Mistake, ...] = (
    *_COMMON,
    *_scaled_in_evaluation("W_hh"),
    _inverted("draws"),
)

RECURRENT: tuple[Mistake, ...] = (
    *_COMMON,
    *_scaled_in_evaluation("g"),
    _inverted("draws"),
    _per_sequence("g"),
    _masks(
        "mask-on-cell",
        _moved("g", "c"),
        "마스크가 셀 상태 전체에 걸려 기억이 지워집니다. 새로 더해지는 것에만 걸어야 합니다.",
        "The mask is on the whole cell state and wipes out memory. It belongs on what is added.",
    ),
    _masks(
        "mask-on-hidden",
        _moved("g", "h"),
        "마스크가 앞 은닉 상태에 걸렸습니다. 이 방법은 새로 더해지는 것에 겁니다.",
        "The mask is on the hidden state before the step. Here it belongs on what is added.",
    ),
)


ZONEOUT: tuple[Mistake, ...] = (
    *_SWITCH,
    *_NETWORK,
    _inverted("keep_h", "keep_c"),
    _per_sequence("keep_h", "keep_c"),
    _without(
        "keep_h",
        "은닉 상태에는 존아웃이 걸리지 않았습니다.",
        "There is no zoneout on the hidden state.",
    ),
    _without(
        "keep_c",
        "셀 상태에는 존아웃이 걸리지 않았습니다.",
        "There is no zoneout on the cell state.",
    ),
    _masks(
        "no-expectation",
        lambda masks, output, arguments: (
            masks if arguments["training"] else Masks(),
            output,
        ),
        "평가할 때 새 상태를 그대로 썼습니다. 존아웃은 평가할 때 앞 상태와 새 상태의 기댓값을 "
        "씁니다.",
        "In evaluation the new state is taken as it is. Zoneout then takes the expectation of the "
        "old and the new one.",
    ),
    _masks(
        "expectation-inverted",
        lambda masks, output, arguments: (
            masks
            if arguments["training"]
            else Masks(keep_h=1 - arguments["rate"], keep_c=1 - arguments["rate"]),
            output,
        ),
        "평가할 때 앞 상태와 새 상태의 비율이 뒤바뀌었습니다. rate는 앞 상태가 남는 비율입니다.",
        "In evaluation the shares of old and new are exchanged. The rate is the share of the old.",
    ),
    edit(
        "h-from-kept-c",
        [
            (
                "scan.step",
                "    return renew(state, new, *masks), cache",
                "    _, kept = renew(state, new, *masks)\n"
                "    return renew(state, (cache.o * tanh(kept), new[1]), *masks), cache",
            )
        ],
        "h를 존아웃이 걸린 셀 상태에서 구했습니다. h는 걸리기 전의 새 셀 상태에서 나옵니다.",
        "h is made from the cell state after zoneout. It comes from the new one before it.",
    ),
)
