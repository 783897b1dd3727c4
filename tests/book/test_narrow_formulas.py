"""Formulas for narrow screens have the same parts, one below the other."""

import pytest
from _ext.plain.narrow_formulas import breakable, one_column


@pytest.mark.parametrize(
    ("tex", "narrow"),
    [
        (
            r"\begin{aligned} a &= b, & c &= d \\[1ex] e &= \frac{f}{g} & & \end{aligned}.",
            r"\begin{aligned} a & = b, \\ c & = d \\ e & = \frac{f}{g} \end{aligned}.",
        ),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", None),  # one column already
        (
            r"\begin{aligned} a &= \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} & b &= {c & d} "
            r"\end{aligned}",
            r"\begin{aligned} a & = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \\ "
            r"b & = {c & d} \end{aligned}",
        ),
        (r"\begin{aligned} a & b & c \end{aligned} \quad \begin{aligned} d \end{aligned}", None),
        ("a = b", None),
        (
            r"\begin{aligned} a &= " + "b + " * 20 + r"c = d \\ e &= f \end{aligned}",
            r"\begin{aligned} & a \\ & \quad = " + "b + " * 20 + r"c \\ & \quad = d \\ & e = f "
            r"\end{aligned}",
        ),
    ],
)
def test_columns_are_put_below_each_other(tex, narrow):
    assert one_column(tex) == narrow


def test_lines_may_break_between_the_parts_of_a_formula():
    assert (
        breakable(r"a = b, \qquad c \quad d") == r"a = b, \qquad\allowbreak  c \quad\allowbreak  d"
    )
    inside = r"\frac{a \qquad b}{c} \begin{aligned} d \qquad e \end{aligned}"
    assert breakable(inside) == inside
