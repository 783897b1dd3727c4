"""The pages of the built site as chapters of a book, without what only a screen can do.

Computed figures and the stills of moving figures become drawings in the text, folded code is open,
quick questions are plain lists, and hints, solutions and answers are collected at the end.
"""

from __future__ import annotations

import re
from copy import copy
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from xml.etree import ElementTree

from bs4 import BeautifulSoup, Tag

from ..hooks import diagrams
from ..plain.book_index import pages_of
from ..plain.chapters import chapter_numbers
from ..texts import texts

#: What only a screen needs: controls, permanent links, the narrow form of wide formulas.
ON_SCREEN = (
    ".headerlink, script, button, .about, .sections-here, .linked, .formula.narrow, .twin, "
    ".take-sheet"
)
SOLUTIONS = "solutions"
#: Attributes for scripts and for the keyboard.
_FOR_SCRIPTS = re.compile(r"data-|tabindex$|loading$")
_ELSEWHERE = re.compile(r"[a-z]+:")
#: HTML's parser writes names in small letters; those of SVG in its own spelling.
SVG_NAMES = {
    name.lower(): name
    for name in (
        *("viewBox", "preserveAspectRatio", "clipPath", "clipPathUnits", "textLength"),
        *("markerWidth", "markerHeight", "markerUnits", "refX", "refY", "lengthAdjust"),
    )
}


class Chapter(NamedTuple):
    """A page of the book.

    Attributes
    ----------
    name : str
        The page's short name, such as ``lstm``; all ids in it begin with it and two hyphens.
    title : str
        With the chapter's number, without formulas.
    body : bs4.Tag
        A section of class ``chapter`` that has the name as its id.
    """

    name: str
    title: str
    body: Tag


def anchor(name: str, place: str = "") -> str:
    """Return the id in the book of a place on a page, or of the page itself."""
    return f"{name}--{place.replace('/', '-')}" if place else name


def pages_of_book(root: Path) -> list[str]:
    """Return the pages that are in the book: notebooks, without the library's reference pages."""
    return [page for page in pages_of(root) if (root / f"{page}.ipynb").exists()]


def read_book(root: Path, site: Path, language: str, address: str = "") -> list[Chapter]:
    """Return the chapters of one language, the last of which has the hints and solutions.

    Parameters
    ----------
    root : Path
        The book's source.
    site : Path
        The folder of the built site, with a folder for each language.
    language : str
    address : str
        Where the site is published. Links to pages that are not in the book lead there; without it
        they become plain text.
    """
    pages = pages_of_book(root)
    names = {page: PurePosixPath(page).name for page in pages}
    numbers, said = chapter_numbers(root), texts(language)["printed"]
    chapters, solved = [], []
    for page in pages:
        soup = BeautifulSoup((site / language / f"{page}.html").read_text("utf-8"), "html.parser")
        article = soup.article
        if article is None or not (body := article.find("section")):
            raise ValueError(f"{page}.html of the site: got no <article><section>, expected both")
        assert isinstance(body, Tag)
        for control in article.select(ON_SCREEN):
            control.decompose()
        _draw(body, site / language / f"{page}.html")
        _name_places(body, names[page])
        _lead(body, page, names, f"{address}/{language}" if address else "")
        _open_code(body)
        number = str(numbers.get(page, ""))
        solutions = [
            *_ask_plainly(body, names[page], number, said),
            *_take_solutions(body, said),
        ]
        _plain_attributes(body)
        chapter = _new(f"<section class='chapter' id='{anchor(names[page])}'></section>")
        chapter.append(body)
        assert chapter.h1
        chapters.append(Chapter(names[page], title_of(chapter.h1), chapter))
        if solutions:
            solved.append((*chapters[-1][:2], solutions))
    return [*chapters, _solutions(solved, said)] if solved else chapters


def title_of(heading: Tag) -> str:
    """Return a heading's words; a formula is in the words of its letters."""
    shown = copy(heading)
    for hidden in shown.select(".katex-mathml"):
        hidden.decompose()
    return " ".join(shown.get_text().split())


def _new(markup: str) -> Tag:
    """Return an element from its markup."""
    tag = BeautifulSoup(markup, "html.parser").find(True)
    assert isinstance(tag, Tag)
    return tag.extract()


def _draw(body: Tag, page: Path) -> None:
    """Replace images by their drawings."""
    for number, image in enumerate(body.select("img")):
        path = (page.parent / str(image["src"]).partition("?")[0]).resolve()
        if path.suffix != ".svg":
            raise ValueError(f"{page.name}: got the image {path.name}, expected an SVG drawing")
        svg = ElementTree.parse(path).getroot()
        drawing = diagrams.inline(svg, str(image["alt"]), f"{path.stem}-{number}-")
        image.replace_with(_new(drawing))
    for svg in body.select("svg"):
        del svg["style"]  # the least width on a phone


def _name_places(body: Tag, name: str) -> None:
    """Let all ids and what refers to them begin with the page's name."""
    for element in [body, *body.find_all(True)]:
        for attribute, value in list(element.attrs.items()):
            if attribute == "id":
                element["id"] = anchor(name, str(value))
            elif attribute in ("aria-labelledby", "aria-describedby", "for"):
                del element[attribute]
            elif element.name == "use" and attribute == "href":
                element["href"] = "#" + anchor(name, str(value).removeprefix("#"))
            elif isinstance(value, str) and "url(#" in value:
                element[attribute] = re.sub(
                    r"url\(#([^)]*)\)", lambda place: f"url(#{anchor(name, place[1])})", value
                )


def _lead(body: Tag, page: str, names: dict[str, str], address: str) -> None:
    """Let links lead to places in the book, or to the published site."""
    for link in body.select("a[href]"):
        href = str(link["href"])
        if _ELSEWHERE.match(href):
            continue
        path, _, place = href.partition("#")
        target = _resolve(page, path.removesuffix(".html")) if path else page
        if target in names:
            link["href"] = "#" + anchor(names[target], place)
        elif address:
            link["href"] = f"{address}/{target}{PurePosixPath(path).suffix}" + href[len(path) :]
        else:
            link.unwrap()


def _resolve(page: str, path: str) -> str:
    parts = list(PurePosixPath(page).parts[:-1])
    for part in PurePosixPath(path).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _open_code(body: Tag) -> None:
    """Unfold the code that is folded on the screen."""
    for folded in body.select("details.folded"):
        if folded.summary:
            folded.summary.decompose()
        folded.unwrap()


def _ask_plainly(body: Tag, page: str, number: str, said: dict[str, str]) -> list[Tag]:
    """Make each quick question a numbered list of answers; return what is right and why."""
    taken = []
    for count, box in enumerate(body.select(".quick-question"), start=1):
        name = f"{number}.{count}" if number else str(count)
        place = anchor(page, f"question-{count}")
        answers, reasons = _new("<ol class='answers'></ol>"), _new("<ol class='answers'></ol>")
        for answer in box.select("details.answer"):
            assert answer.summary
            reason = answer.select_one(".reason")
            answers.append(_new("<li></li>"))
            answers.contents[-1].extend(list(answer.summary.contents))
            reasons.append(_new("<li></li>"))
            reasons.contents[-1].extend(list(reason.contents) if reason else [])
            if not answers.parent:
                answer.insert_before(answers)
            answer.decompose()
        title = box.select_one(".admonition-title")
        assert title
        title.string = f"{title.get_text()} {name}"
        box["id"] = place
        box.append(_leads_to(f"{place}-answer", said["answer"]))
        heading = f"<h3><a href='#{place}'>{title.get_text()}</a></h3>"
        solved = _new(f"<section class='solved' id='{place}-answer'>{heading}</section>")
        solved.append(reasons)
        taken.append(solved)
    return taken


def _leads_to(place: str, word: str) -> Tag:
    """Return a line that says where something is; the PDF adds the number of its page."""
    return _new(f"<p class='leads-to'><a href='#{place}'>{word}</a></p>")


def _take_solutions(body: Tag, said: dict[str, str]) -> list[Tag]:
    """Take hints and solutions out of the page; return them, one section for each exercise."""
    taken: list[Tag] = []
    for box in body.select(".exercise, details.solution"):
        title = box.select_one(".admonition-title, summary")
        assert title
        if "solution" in box["class"]:
            if not taken or str(taken[-1]["data-exercise"]) not in title.get_text():
                raise ValueError(f"{title.get_text()}: expected its exercise right before it")
            title.decompose()
            box.name, box.attrs = "div", {"id": box["id"]}
            taken[-1].append(box.extract())
            continue
        number = title.select_one(".caption-number")
        assert number
        place = f"{box['id']}-solved"
        heading = _new(f"<h3><a href='#{box['id']}'></a></h3>")
        assert heading.a
        heading.a.extend(copy(title).contents)
        solved = _new(f"<section class='solved' id='{place}'></section>")
        solved["data-exercise"] = number.get_text().strip()
        solved.append(heading)
        for hint in box.select("details"):
            assert hint.summary
            hint.summary["class"] = "hint-title"
            hint.summary.name = "p"
            hint.name, hint.attrs = "div", {"class": "hint"}
            solved.append(hint.extract())
        box.append(_leads_to(place, said["solution"]))
        taken.append(solved)
    for details in body.select("details"):
        if details.summary:
            details.summary["class"] = "admonition-title"
            details.summary.name = "p"
        details.name = "div"
    return taken


def _plain_attributes(body: Tag) -> None:
    for element in [body, *body.find_all(True)]:
        for attribute in [name for name in element.attrs if _FOR_SCRIPTS.match(name)]:
            del element[attribute]
        if classes := element.get("class"):
            kept = [name for name in classes if not name.startswith(("pair-", "tag_"))]
            if kept:
                element["class"] = kept
            else:
                del element["class"]


def _solutions(solved: list[tuple[str, str, list[Tag]]], said: dict[str, str]) -> Chapter:
    """Return the chapter of hints, solutions and answers."""
    body = _new(f"<section class='chapter' id='{SOLUTIONS}'><h1>{said['solutions']}</h1></section>")
    for name, title, parts in solved:
        section = _new(f"<section id='{SOLUTIONS}--{name}'><h2></h2></section>")
        assert section.h2
        section.h2.string = title
        for part in parts:
            _plain_attributes(part)
            section.append(part)
        _plain_attributes(section)
        body.append(section)
    return Chapter(SOLUTIONS, said["solutions"], body)
