"""What a report says, in Korean and in English, side by side.

Behind a name that is filled in stands no Korean particle whose form depends on its last letter.
"""

from __future__ import annotations

import locale
import os
from typing import Any

from lessons_lib._check import arguments as validation
from lessons_lib.verify import diagnosis

_LANGUAGES = {"ko": 0, "en": 1}

#: By kind of finding: Korean, English.
FINDINGS: dict[str, tuple[str, str]] = {
    "passed": ("맞습니다. 경우 {cases}개에서 모두 통과했습니다.", "right, in all {cases} cases."),
    "not_passed": ("아직 맞지 않습니다.", "not right yet."),
    "not_callable": (
        "함수가 아니라 {kind} 값을 받았습니다. 괄호 없이 함수의 이름만 넘기십시오.",
        "expected a function, got a value of type {kind}. Hand over its name, without parentheses.",
    ),
    "signature": (
        "함수의 인자가 맞지 않습니다. 여러분의 함수: {came}. 필요한 인자: {expected}. 이름은 "
        "달라도 되지만 개수와 차례는 같아야 합니다.",
        "its arguments do not fit. Yours: {came}. Needed: {expected}. Names may differ; their "
        "number and order may not.",
    ),
    "not_written": ("아직 쓰지 않은 함수입니다.", "not written yet."),
    "too_slow": (
        "{seconds}초 안에 끝나지 않아 멈추었습니다. 끝나지 않는 반복문이 있는지 보십시오.",
        "stopped after {seconds} seconds. Is there a loop that does not end?",
    ),
    "raised": (
        "실행하다가 오류가 났습니다. {error}",
        "it raised an error. {error}",
    ),
    "given": ("{text} (받은 값: {given})", "{text} (it was given {given})"),
    "raised_at": (
        "{number}번째 줄 `{line}`에서 오류가 났습니다. {error}",
        "line {number}, `{line}`, raised an error. {error}",
    ),
    "nothing_returned": (
        "아무것도 돌려주지 않습니다. return이 빠졌는지 보십시오. 돌려줄 값: {names}.",
        "it returns nothing. Is the return missing? Expected: {names}.",
    ),
    "how_many": (
        "돌려준 값이 {came}개입니다. 필요한 값은 차례대로 {names}입니다.",
        "the number of values returned is {came}. Expected, in this order: {names}.",
    ),
    "not_array": (
        "{name}의 자리에 배열이 아닌 {kind} 값이 왔습니다.",
        "{name}: got a value of type {kind}, expected an array.",
    ),
    "dtype": (
        "{name}의 자료형(dtype)이 {kind}입니다. 실수의 배열이어야 합니다.",
        "{name}: got dtype {kind}, expected a floating-point one.",
    ),
    "wrong_shape": (
        "{name}의 모양이 {came}입니다. {shape}이어야 합니다 ({sizes}).",
        "{name}: got shape {came}, expected {shape} ({sizes}).",
    ),
    "not_finite_at": (
        "{name}에 유한하지 않은 값이 있습니다. {index}의 값이 {came}입니다 ({sizes}).",
        "{name}: not finite; at {index} it is {came} ({sizes}).",
    ),
    "wrong": (
        "{name}: 원소 {all}개 가운데 {wrong}개가 다릅니다. 가장 크게 다른 곳은 {index}이며, 나온 "
        "값은 {came}, 기대한 값은 {expected}입니다 ({sizes}).",
        "{name}: {wrong} of {all} elements are wrong. Farthest off at {index}: got {came}, "
        "expected {expected} ({sizes}).",
    ),
    "right": ("맞은 것: {names}.", "right: {names}."),
    "mistake": ("진단: {text}", "diagnosis: {text}"),
    "or_else": (
        "또는, 숫자로는 구별되지 않으므로: {text}",
        "or, which no number can tell from it: {text}",
    ),
    "unknown": (
        "{name}: 원인은 알아내지 못했습니다. 알려진 실수 가운데 이 값을 내는 것이 없습니다.",
        "{name}: the cause is not recognised. No known mistake gives these numbers.",
    ),
    "observed": (
        "{name}: 알려진 실수는 아니지만, 값을 보면 {text}",
        "{name}: no known mistake, but the numbers show: {text}",
    ),
    "changed": (
        "인자의 값을 바꿉니다: {names}. 받은 배열은 그대로 두고 새 배열을 만드십시오. +=와 [...] "
        "=를 찾아보십시오.",
        "it changes its arguments: {names}. Leave the arrays that you are given as they are and "
        "make new ones; look for += and [...] =.",
    ),
    "imprecise": (
        "{names}: 식은 맞지만 정밀도를 잃었습니다(자료형 {dtypes}). 계산 도중에 float32로 바뀌는 "
        "곳이 있는지 보십시오. 인자는 float64입니다.",
        "{names}: right, but with too few digits (dtype {dtypes}). Does something turn into "
        "float32 on the way? The arguments are float64.",
    ),
    "not_there": ("파일에 이 함수가 없습니다.", "the file has no such function."),
    "none_there": (
        "{file}에 확인할 함수가 없습니다. 확인할 수 있는 이름: {names}",
        "{file}: no function to check. Names that can be checked: {names}",
    ),
    "total": ("{all}개 가운데 {right}개가 맞습니다.", "{right} of {all} right."),
    "printed": (
        "참고: 함수가 다음을 출력했습니다. {text}",
        "note: the function prints. {text}",
    ),
}

_KOREAN_CAUSES = {
    "not_finite": "유한하지 않습니다.",
    "zero": "모두 0입니다. 아무것도 더해지지 않았습니다.",
    "sign": "부호가 반대입니다.",
    "factor": "모든 원소가 있어야 할 값의 {ratio:.4g}배입니다.",
    "transposed": "전치되어 있습니다.",
    "late": "한 시점 밀렸습니다. t에 있는 값이 t − 1의 값입니다.",
    "early": "한 시점 당겨졌습니다. t에 있는 값이 t + 1의 값입니다.",
    "backwards": "시간이 거꾸로입니다.",
    "one_step": "시점 {step}만 틀렸습니다.",
    "order": "블록이 {order} 순서로 놓여 있습니다.",
    "blocks": "블록 {gates} 가운데 {wrong}만 틀렸습니다.",
}
#: By kind of cause that the numbers of one result show: Korean, English.
CAUSES: dict[str, tuple[str, str]] = {
    **{kind: (text, diagnosis.TEXTS[kind]) for kind, text in _KOREAN_CAUSES.items()},
    # there a likely cause is named too; here only what is certain
    "last_step_right": ("마지막 시점만 맞습니다.", "only the last step is right."),
    "partner": (
        "같은 da로 만드는 db는 맞습니다.",
        "that of b, which is made of the same da, is right.",
    ),
    "another": ("이것은 {other}의 값입니다. 돌려주는 차례를 보십시오.",
                "this is {other}. Look at the order in which you return things."),
    "not_summed": (
        "축 {axis}에 걸쳐 더하지 않았습니다.",
        "it is not summed over axis {axis}.",
    ),
    "divided": (
        "{letter}로 나눈 값입니다. 평균이 아니라 합이어야 합니다.",
        "it is divided by {letter}: a mean where a sum is due.",
    ),
}  # fmt: skip


def say(kind: str, values: dict[str, Any], lang: str) -> str:
    """Return the text of a finding or a cause."""
    text = (FINDINGS | CAUSES)[kind][_LANGUAGES[lang]]
    return text.format(**values)


def language(lang: str | None) -> str:
    """Return a language, that of the locale if none is given: "ko" where it is Korean, or "en".

    Raises
    ------
    ValueError
        `lang` is neither "ko" nor "en".
    """
    if lang is not None:
        validation.check_word("lang", lang, _LANGUAGES)
        return lang
    named = [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    code = next(filter(None, named), None) or locale.getlocale()[0] or ""
    return "ko" if code.lower().startswith("ko") else "en"
