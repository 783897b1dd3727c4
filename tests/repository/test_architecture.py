"""The drawing of what imports what is current, and the imports keep the layers apart."""

import ast

from architecture import (
    CORE,
    LIBRARY,
    PAGE,
    ROOT,
    circles,
    drawing,
    imports_of,
    parts,
    reduced,
    renewed,
)

PARTS = parts(ROOT)


def test_the_drawings_are_as_the_code_is():
    page = PAGE.read_text("utf-8")
    assert page == renewed(page, ROOT), "the imports have changed: make architecture"


def test_the_core_imports_no_other_part_and_nothing_heavy():
    assert not {imported for part, imported in PARTS if part == CORE}


def test_only_chapters_import_lab():
    assert {part for part, imported in PARTS if imported == "lab"} == {"chapters"}


def test_no_two_parts_import_each_other():
    assert not circles(PARTS)


def test_every_package_of_the_library_is_drawn():
    packages = {path.parent.name for path in (ROOT / "src" / LIBRARY).glob("*/__init__.py")}
    drawn = {name for edge in PARTS for name in edge}
    assert packages - {"_check"} <= drawn


def test_relative_imports_are_read_as_python_reads_them():
    code = "from . import a\nfrom .b import c\nfrom .. import d\nfrom ..e import f\nimport g.h"
    found = list(imports_of(ast.parse(code), "top.middle"))
    assert found == ["top.middle.a", "top.middle.b.c", "top.d", "top.e.f", "g.h"]


def test_circles_are_found_and_the_rest_is_not():
    assert circles({("a", "b"), ("b", "c"), ("c", "b")}) == [{"b", "c"}]
    assert not circles({("a", "b"), ("b", "c"), ("a", "c")})


def test_an_implied_arrow_is_left_out_and_a_need_is_named_in_the_box():
    edges = {("a", "b"), ("b", "c"), ("a", "c"), ("c", "torch")}
    assert reduced(edges - {("c", "torch")}) == {("a", "b"), ("b", "c")}
    lines = drawing(edges).splitlines()
    assert '  m_c["c · torch"]' in lines
    assert [line for line in lines if "-->" in line] == ["  m_a --> m_b", "  m_b --> m_c"]
