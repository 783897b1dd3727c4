"""Every diagram: one look for all, no words, no colours of its own, legible on a phone."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from _ext.hooks import diagrams
from _ext.plain.book_index import pages_of
from _ext.plain.moving import name_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "book" / "figures"
FIGURES = sorted(FOLDER.glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"

# Names that occur in equations or code (hn and in are the indices of a GRU's weights); all
# else is single letters, digits and these signs.
NAMES = {"AND", "OR", "tanh", "step", "torch", "nn", "hn", "in", "hh", "ih"}
SIGNS = set(" .,()+−–=·⊙∏∂∇′→✓✗⁰¹²³⁴⁵⁶⁷⁸⁹⁻")

# A column of a 390 px page; below 11 px a subscript cannot be read.
PHONE_COLUMN, SMALLEST_TEXT = 360, 11

figure = pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)


def read(path):
    return ElementTree.fromstring(path.read_text(encoding="utf-8"))


def tag(element):
    return element.tag.removeprefix(SVG)


def classes(element):
    return set(element.get("class", "").split())


def font_sizes():
    """Return the sizes of text, a subscript and small text, in the drawing's units."""
    css = (FOLDER / "figure.css").read_text(encoding="utf-8")
    full = re.search(r"\.diagram text \{\s*font: italic (\d+)px", css)
    sub = re.search(r"\.sub \{ font-size: (\d+)%", css)
    small = re.search(r"\.small \{ font-size: (\d+)px", css)
    assert full, "figure.css: no size for text"
    assert sub, "figure.css: no size for .sub"
    assert small, "figure.css: no size for .small"
    return int(full[1]), int(full[1]) * int(sub[1]) / 100, int(small[1])


def test_each_is_shown_on_a_page_and_none_is_missing():
    """In both languages alike, which `test_parity` compares; the site's icon is on every page."""
    shown: set[str] = set()
    for page in pages_of(ROOT):
        text = (ROOT / f"{page}.ipynb").read_text("utf-8")
        shown |= set(re.findall(r"\{figure\} (?:\.\./)?figures/([\w.-]+)", text))
    assert shown == {f"{name_of(path)}.svg" for path in FIGURES} - {"favicon.svg"}


@figure
def test_file_is_small_and_starts_with_the_drawing(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<svg "), f"{path.name}: begins with {text[:20]!r}, not with <svg"
    assert len(text.encode()) < 20_000, f"{path.name}: {len(text.encode())} bytes, at most 20000"


@figure
def test_root_names_its_size(path):
    root = read(path)
    assert root.get("class") == "diagram", f"{path.name}: the root's class is not diagram"
    size = root.get("width"), root.get("height")
    box = root.get("viewBox")
    assert box == f"0 0 {size[0]} {size[1]}", f"{path.name}: viewBox {box!r} is not 0 0 and {size}"


@figure
def test_style_is_the_shared_one(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("<style") == 1, f"{path.name}: one <style> expected"
    assert tag(read(path)[0]) == "style", f"{path.name}: <style> is not the first child"
    assert text == diagrams.with_style(text, diagrams.own_style()), (
        f"{path.name}: run `make figures`"
    )


@figure
def test_drawing_leaves_its_look_to_classes(path):
    found = diagrams.faults(read(path))
    assert not found, f"{path.name}: " + "; ".join(found)


@figure
def test_classes_are_in_the_shared_style(path):
    known = set(re.findall(r"\.([a-z][a-z-]*)", (FOLDER / "figure.css").read_text("utf-8")))
    used = set().union(*(classes(element) for element in read(path).iter()))
    assert used <= known, f"{path.name}: not in figure.css: {sorted(used - known)}"


@figure
def test_ids_are_unique_and_used(path):
    text = path.read_text(encoding="utf-8")
    ids = re.findall(r'\bid="([^"]*)"', text)
    referenced = set(re.findall(r'(?:url\(|href=")#([^")]*)', text))
    assert len(ids) == len(set(ids)), f"{path.name}: an id twice in {sorted(ids)}"
    assert set(ids) == referenced, f"{path.name}: defined {sorted(ids)}, used {sorted(referenced)}"


@figure
def test_used_shapes_carry_the_class_their_rules_ask_for(path):
    # `.diagram .a` is matched inside the clone that <use> makes, where the root is not above it.
    root = read(path)
    targets = {use.get("href", "").removeprefix("#") for use in root.iter(f"{SVG}use")}
    for element in root.iter():
        if element.get("id") in targets:
            name = element.get("id")
            assert tag(element) == "g", f"{path.name}: #{name} is not a <g>"
            assert "diagram" in classes(element), f"{path.name}: #{name} lacks diagram"


@figure
def test_text_has_no_words(path):
    for element in read(path).iter(f"{SVG}text"):
        for piece in element.itertext():
            if len(piece) == 1 and element.get("data-part"):
                continue  # a character that a reader types
            words = set(re.findall(r"[^\W\d_]{2,}", piece)) - NAMES
            assert not words, f"{path.name}: {sorted(words)} in {piece!r}: symbols only"
            other = {sign for sign in piece if not is_letter_or_digit(sign)} - SIGNS
            assert not other, f"{path.name}: {sorted(other)} in {piece!r}: not among the signs"


def is_letter_or_digit(character):
    """Return whether a character is a digit or a Latin or Greek letter."""
    return re.fullmatch(r"[0-9A-Za-zα-ωΑ-Ω]", character) is not None


@figure
def test_smallest_text_can_be_read_on_a_phone(path):
    root = read(path)
    scale = min(1, PHONE_COLUMN / float(root.get("width", "nan")))
    full, sub, small = font_sizes()
    for element in root.iter(f"{SVG}text"):
        factor = sub / full if any("sub" in classes(part) for part in element) else 1
        size = (small if "small" in classes(element) else full) * factor * scale
        shown = "".join(element.itertext())
        assert size >= SMALLEST_TEXT, f"{path.name}: {shown!r} is {size:.1f} px high on a phone"
