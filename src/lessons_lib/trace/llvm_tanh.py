"""tanh of a vector, in LLVM's language: no branch, no table.

    tanh |x| = e / (e + 2),  e = exp(2|x|) − 1 = 2ⁿ (exp(r) − 1) + (2ⁿ − 1),  2|x| = n ln 2 + r

exp(r) − 1 for |r| ≤ ln 2 / 2 is the series r + r²/2! + …; ln 2 is subtracted in two parts, so that
r keeps its digits. The sign is that of x. Within 2.5 units in the last place; ±0, infinities and
NaN as in torch, and no flag of fast math.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from .llvm_text import Text, Vectors


class _Format(NamedTuple):
    """Constants that depend on the element type.

    Attributes
    ----------
    rounding : float
        Added to a number, it leaves the nearest integer in the last bits.
    ln2_high, ln2_low : float
        Their sum is ln 2; a multiple of the first is exact.
    terms : int
        Of the series.
    mantissa, bias : int
        Of the representation of numbers.
    top : float
        From this value on, tanh is 1.
    """

    rounding: float
    ln2_high: float
    ln2_low: float
    terms: int
    mantissa: int
    bias: int
    top: float


_FORMATS = {
    "float": _Format(12582912.0, 0.693359375, -2.12194440e-4, 7, 23, 127, 36.0),
    "double": _Format(
        6755399441055744.0, 0.693147180369123816490, 1.90821492927058770002e-10, 13, 52, 1023, 80.0
    ),
}


def tanh(vectors: Vectors) -> str:
    """Return the function ``@tanh`` of a vector."""
    form, text, V = _FORMATS[vectors.element], Text(), vectors.type
    constant, integers = vectors.constant, f"<{vectors.lanes} x {vectors.integer}>"

    def fma(a: str, b: str, c: str) -> str:
        return text.value(f"call {V} @llvm.fmuladd.{vectors.suffix}({V} {a}, {V} {b}, {V} {c})")

    def operation(name: str, a: str, b: str) -> str:
        return text.value(f"{name} {V} {a}, {b}")

    size = text.value(f"call {V} @llvm.fabs.{vectors.suffix}({V} %x)")
    double = operation("fadd", size, size)
    above = text.value(f"fcmp ogt {V} {double}, {constant(form.top)}")  # false for NaN
    y = text.value(f"select {vectors.truth} {above}, {V} {constant(form.top)}, {V} {double}")
    shifted = fma(y, constant(1 / math.log(2)), constant(form.rounding))
    n = operation("fsub", shifted, constant(form.rounding))
    r = fma(n, constant(-form.ln2_high), y)
    r = fma(n, constant(-form.ln2_low), r)
    series = constant(1 / math.factorial(form.terms))
    for k in range(form.terms - 1, 1, -1):
        series = fma(r, series, constant(1 / math.factorial(k)))
    small = fma(operation("fmul", r, r), series, r)  # exp(r) − 1
    bits = text.value(f"bitcast {V} {shifted} to {integers}")
    exponent = text.value(f"shl {integers} {bits}, {vectors.integers(form.mantissa)}")
    biased = text.value(
        f"add {integers} {exponent}, {vectors.integers(form.bias << form.mantissa)}"
    )
    power = text.value(f"bitcast {integers} {biased} to {V}")  # 2ⁿ
    e = fma(power, small, operation("fsub", power, constant(1.0)))
    quotient = operation("fdiv", e, operation("fadd", e, constant(2.0)))
    result = text.value(f"call {V} @llvm.copysign.{vectors.suffix}({V} {quotient}, {V} %x)")
    return f"define internal {V} @tanh({V} %x) #1 {{\n{text}\n  ret {V} {result}\n}}"
