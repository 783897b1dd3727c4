"""Turn a cell's MyST into the Markdown that JupyterLab and Colab render, in one language.

Block by block, the lines with markup are replaced; all other lines stay unchanged.

No maintained library turns MyST directives and roles into Markdown that JupyterLab and Colab
render. Numbers are counted as in Sphinx; tests/site compares both on the real book.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import Path

from .book_index import BookIndex
from .chapters import numbered
from .moving import in_language, moves, place_on_site
from .myst_blocks import Block, MarkupError, parse
from .plain_roles import RoleWriter
from .quick_questions import RIGHT, is_question
from .skippable import is_mark
from .terms import GLOSSARY, label_of

_MEDIA = {".svg": "image/svg+xml", ".png": "image/png"}
# MathJax accepts an alignment only inside an environment; Sphinx adds one by itself.
_ALIGNED = re.compile(r"\\begin\{(aligned|alignedat|gathered|split|cases|array)\}.*\\end\{\1\}")


class CellWriter:
    """Write the cells of one page, in order.

    Parameters
    ----------
    page
        The page's name in the table of contents.
    index
        The labels of the book in the copy's language.
    folder
        The folder to which the paths of the page's figures are relative.
    drawings
        What code cells draw, by their ids, if figures are to show it themselves.

    Attributes
    ----------
    folding
        Whether the next cell belongs to a folded solution.
    """

    def __init__(
        self, page: str, index: BookIndex, folder: Path, drawings: Mapping[str, str] | None = None
    ):
        self.page = page
        self.index = index
        self.roles = RoleWriter(page, index)
        self.folder = folder
        self.drawings = drawings or {}
        self.images: list[str] = []
        self.folding = False

    def plain(self, text: str) -> str:
        """Return the cell's text as plain Markdown, ``""`` if nothing of it is visible.

        Raises
        ------
        MarkupError
            Markup that the book does not use, or that leads nowhere.
        """
        self.images = []
        folded = self.folding
        body = self._convert(text)
        if folded and self.folding and body:
            body = _folded(self.index.word("show"), body)
        # Data at the end of the cell keeps the prose readable for whoever edits it, and shows the
        # figure where there is no folder beside the notebook, as in Colab.
        return "\n".join([body, "", *self.images]) if self.images else body

    def _convert(self, text: str, quoted: bool = False) -> str:
        lines = text.split("\n")
        for start, end, new in reversed(list(self._rewrites(parse(text), lines, quoted))):
            lines[start:end] = new
        return "\n".join(lines).strip("\n")

    def _rewrites(self, blocks: list[Block], lines: list[str], quoted: bool):
        for block in blocks:
            start, end = block.lines
            if block.kind in ("heading", "paragraph", "table"):
                text = "\n".join(lines[start:end])
                if self.page == GLOSSARY and (term := label_of(block.source)):
                    text = text.replace("**", f"{_anchor(term).strip()}**", 1)
                if block.name == "h1":
                    number = self.index.numbers.get(self.page)
                    text = f"# {numbered(number, text.removeprefix('# '))}"
                yield start, end, self.roles.plain(text, block).split("\n")
            elif block.kind in ("target", "comment", "math", "directive"):
                prefix = re.match(r"[\s>]*", lines[start]).group()  # type: ignore[union-attr]
                new = self._block(block, quoted or ">" in prefix).split("\n")
                yield start, end, [(prefix + line).rstrip() for line in new]
            else:
                yield from self._rewrites(block.children, lines, quoted)

    def _block(self, block: Block, quoted: bool) -> str:
        if block.kind == "comment":
            return ""
        if block.kind == "target":
            return _anchor(block.label)
        if block.kind == "math":
            return self._math(block, quoted)
        if block.name in ("exercise-end", "solution-end"):
            self.folding = False
            return ""
        write = {
            "figure": self._figure,
            "list-table": self._table,
            "bibliography": self._works,
            "exercise": self._exercise,
            "exercise-start": self._exercise,
            "solution": self._solution,
            "solution-start": self._solution,
        }.get(block.name, self._admonition)
        return write(block)

    def _math(self, block: Block, quoted: bool) -> str:
        tex = block.source
        if r"\\" in tex and not _ALIGNED.fullmatch(tex.replace("\n", " ")):
            tex = f"\\begin{{aligned}}\n{tex}\n\\end{{aligned}}"
        if block.label:
            tex += f"\n\\tag{{{self.index.target(block.label).number}}}"
        # In a quotation JupyterLab would read the > of a second line as part of the formula.
        return f"$$ {' '.join(tex.split())} $$" if quoted else f"$$\n{tex}\n$$"

    def _figure(self, block: Block) -> str:
        caption, *legend = self._convert(block.source).split("\n\n")
        number = f"{self.index.numbered(block.label)}. " if block.label else ""
        parts = [f"*{number}{caption}*", *legend]
        if moves(block.argument):
            said = self.index.word("moving")
            place = place_on_site(self.page, block.label, self.index.language)
            parts.append(f"[{said}]({place})" if place else said)
        if picture := self._picture(block):
            parts.insert(0, picture)
        return _anchored(block, "\n\n".join(parts))

    def _picture(self, block: Block) -> str:
        """Return the picture that a figure shows, ``""`` if a cell's output shows it."""
        if block.argument.startswith("#"):
            drawing = self.drawings.get(block.argument.removeprefix("#"))
            if drawing is None:
                return ""
            form, content = _MEDIA[".svg"], drawing.encode()
        else:
            path = in_language(self.folder / block.argument, self.index.language)
            if not path.is_file() or path.suffix not in _MEDIA:
                raise MarkupError(
                    f"figure {block.argument} is not an SVG or PNG file beside the notebook"
                )
            form, content = _MEDIA[path.suffix], path.read_bytes()
        name = block.label or Path(block.argument).stem
        definition = f"[{name}]: data:{form};base64,{base64.b64encode(content).decode('ascii')}"
        if definition not in self.images:
            self.images.append(definition)
        alt = re.sub(r"([\[\]])", r"\\\1", block.options.get("alt", ""))
        return f"![{alt}][{name}]"

    def _question(self, block: Block) -> str:
        """Write a quick question as lists: the answers, and folded below them the reasons."""
        *asked, answers = block.children
        lines = block.source.split("\n")
        question = self._convert("\n".join(lines[: asked[-1].lines[1]]))
        chosen, reasons = [], []
        for number, item in enumerate(answers.children, start=1):
            answer, *why = (
                self._convert("\n".join(line.strip() for line in lines[slice(*part.lines)]))
                for part in item.children
            )
            answer = re.sub(r"^\d+\.\s+", "", answer)
            is_right = answer.startswith(RIGHT)
            verdict = self.index.word("answer_right" if is_right else "answer_wrong")
            chosen.append(f"{number}. {answer.removeprefix(RIGHT)}")
            reasons.append(f"{number}. **{verdict}** " + "\n\n   ".join(why))
        title = f"**{self.roles.plain(block.argument)}**"
        folded = _folded(self.index.word("answers"), "\n".join(reasons))
        return _anchored(block, "\n\n".join([title, question, "\n".join(chosen), folded]))

    def _admonition(self, block: Block) -> str:
        if is_question(block):
            return self._question(block)
        word = "may_be_skipped" if is_mark(block) else block.name
        name = self.roles.plain(block.argument) if block.argument else self.index.word(word)
        if "dropdown" in block.options.get("class", ""):
            return _anchored(block, _folded(name, self._convert(block.source)))
        body = _anchored(block, f"**{name}**\n\n{self._convert(block.source, True)}")
        return "\n".join(f"> {line}".rstrip() for line in body.split("\n"))

    def _exercise(self, block: Block) -> str:
        head = self.index.numbered(block.label)
        if block.argument:
            head += f" ({self.roles.plain(block.argument)})"
        return _anchored(block, f"**{head}**\n\n{self._convert(block.source)}")

    def _solution(self, block: Block) -> str:
        head = f"{self.index.word('solution')} {self.index.numbered(block.argument)}"
        if block.name == "solution":
            return _anchored(block, _folded(head, self._convert(block.source)))
        self.folding = "dropdown" in block.options.get("class", "")
        return _anchored(block, f"**{head}**")

    def _table(self, block: Block) -> str:
        rows = [[self._cell(item) for item in row] for row in _rows(block)]
        if block.options.get("header-rows", "0") == "0":
            rows.insert(0, [""] * len(rows[0]))
        rows.insert(1, ["---"] * len(rows[0]))
        number = f"{self.index.numbered(block.label)}. " if block.label else ""
        title = f"**{number}{self.roles.plain(block.argument)}**" if block.argument else ""
        grid = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        return _anchored(block, f"{title}\n\n{grid}")

    def _cell(self, item: Block) -> str:
        if any(block.kind != "paragraph" for block in item.children):
            raise MarkupError("a cell of a list-table holds more than a line of text")
        text = " ".join(self.roles.plain(block.source, block) for block in item.children)
        return text.replace("\n", " ").replace("|", r"\|")

    def _works(self, block: Block) -> str:
        cited = self.index.cited
        if "all" in block.options:
            return self.index.bibliography.listing()
        if "filter" in block.options:
            return self.index.bibliography.listing(cited[self.page])
        return self.index.bibliography.listing(key for keys in cited.values() for key in keys)


def _anchor(label: str) -> str:
    return f'<a id="{label}"></a>\n'  # after the empty line, Markdown starts again


def _anchored(block: Block, text: str) -> str:
    return f"{_anchor(block.label)}\n{text.strip()}" if block.label else text.strip()


def _folded(head: str, text: str) -> str:
    head = re.sub(r"`([^`]+)`", r"<code>\1</code>", head)  # no Markdown is rendered inside HTML
    return f"<details>\n<summary><b>{head}</b></summary>\n\n{text}\n\n</details>"


def _rows(table: Block) -> list[list[Block]]:
    outer = table.children
    inner = [item.children for item in outer[0].children] if len(outer) == 1 else []
    rows = [row[0].children for row in inner if [b.kind for b in row] == ["bullet_list"]]
    if not inner or len(rows) != len(inner) or len({len(row) for row in rows}) != 1:
        raise MarkupError("a list-table is one list of rows, each one list of as many cells")
    return rows
