"""Parse a cell's MyST Markdown into a tree of blocks, and reject markup that the book does not use.

The rules for parity compare such trees, and the plain-Markdown copies are written from them. Markup
that is not listed here is rejected, so that no copy can show raw markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it.renderer import RendererHTML
from markdown_it.tree import SyntaxTreeNode
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

ROLES = ("ref", "numref", "eq", "doc", "cite:t", "cite:p")


class MarkupError(ValueError):
    """Markup that the book does not use, or that leads nowhere."""


@dataclass(frozen=True)
class Form:
    """The form of a directive: its argument, its options, and the format of its body."""

    argument: str = ""  # "title" is prose, "path" and "label" are not; "" for no argument
    body: str = ""  # "markdown", "tex"; "" for no body
    options: tuple[str, ...] = ()


_NAMED = ("name", "class")
_EXERCISE = ("label", "class")
DIRECTIVES = {
    "figure": Form("path", "markdown", ("name", "alt", "width", "align")),
    "admonition": Form("title", "markdown", _NAMED),
    "note": Form("", "markdown", _NAMED),
    "tip": Form("", "markdown", _NAMED),
    "warning": Form("", "markdown", _NAMED),
    "important": Form("", "markdown", _NAMED),
    "math": Form("", "tex", ("label",)),
    "exercise": Form("title", "markdown", _EXERCISE),
    "exercise-start": Form("title", "", _EXERCISE),
    "exercise-end": Form(),
    "solution": Form("label", "markdown", _EXERCISE),
    "solution-start": Form("label", "", _EXERCISE),
    "solution-end": Form(),
    "list-table": Form("title", "markdown", ("header-rows", "name", "widths", "align", "class")),
    "bibliography": Form("", "", ("filter", "all", "cited", "style")),
}
_LISTS = ("bullet_list", "ordered_list", "list_item")
_TABLES = ("table", "thead", "tbody", "tr", "th", "td")
_BLOCKS = ("heading", "paragraph", "blockquote", "hr", *_LISTS, *_TABLES)
_SPANS = ("text", "text_special", "softbreak", "hardbreak", "em", "strong")


@dataclass(frozen=True)
class Span:
    """A piece of running text: kind is text, code, math, link or role."""

    kind: str
    value: str
    name: str = ""


@dataclass
class Block:
    """A heading, a paragraph, a list, a directive …, from one line up to another, from 0."""

    kind: str
    name: str = ""
    label: str = ""
    argument: str = ""
    options: dict[str, str] = field(default_factory=dict)
    source: str = ""
    lines: tuple[int, int] = (0, 0)
    spans: list[Span] = field(default_factory=list)
    children: list[Block] = field(default_factory=list)

    def walk(self) -> Iterator[Block]:
        """Yield this block and all blocks inside it, in the order of the page."""
        yield self
        for child in self.children:
            yield from child.walk()


def parse(text: str, first_line: int = 1) -> list[Block]:
    """Return the blocks of one cell's Markdown.

    Raises
    ------
    MarkupError
        The text holds markup that the book does not use; the message gives the line.
    """
    return [_block(node, first_line) for node in SyntaxTreeNode(_PARSER.parse(text)).children]


def walk(blocks: list[Block]) -> Iterator[Block]:
    """Yield all blocks and the blocks inside them, in the order of the page."""
    for block in blocks:
        yield from block.walk()


def role_target(span: Span) -> str:
    """Return the label of a role: ``eq-3`` for ``text <eq-3>`` and for ``eq-3``."""
    match = re.search(r"<([^<>]+)>\s*$", span.value)
    return (match.group(1) if match else span.value).strip()


def role_text(span: Span) -> str:
    """Return the explicit text of a role, ``""`` if it has none."""
    match = re.search(r"^(.*?)\s*<[^<>]+>\s*$", span.value, re.DOTALL)
    return match.group(1).strip() if match else ""


def _parser():
    # Syntax that the site has switched off is parsed here too, so that it can be rejected by name.
    extensions = {"dollarmath", "amsmath", "colon_fence", "substitution", "deflist", "tasklist"}
    return create_md_parser(MdParserConfig(enable_extensions=extensions), RendererHTML)


_PARSER = _parser()


def _block(node: SyntaxTreeNode, first_line: int) -> Block:
    lines = (node.map[0], node.map[1]) if node.map else (0, 0)
    where = f"line {first_line + lines[0]}"
    if node.type == "fence" and node.info.startswith("{"):
        return _directive(node, lines, first_line)
    if node.type == "myst_target":
        return Block("target", label=node.content, lines=lines)
    if node.type == "myst_line_comment":
        return Block("comment", lines=lines)
    if node.type in ("math_block", "math_block_label"):
        return Block("math", label=node.info, source=node.content.strip(), lines=lines)
    if node.type in ("fence", "code_block"):
        return Block("code", name=node.info.strip(), source=node.content, lines=lines)
    if node.type not in _BLOCKS:
        raise MarkupError(f"{where}: {node.type} is not used in this book")
    block = Block(node.type, lines=lines)
    if node.type == "heading":
        block.name = node.tag
    for child in node.children:
        if child.type == "inline":
            block.source = child.content
            block.spans = list(_spans(child, where))
        else:
            block.children.append(_block(child, first_line))
    return block


def _spans(inline: SyntaxTreeNode, where: str) -> Iterator[Span]:
    for node in inline.walk(include_self=False):
        if node.type == "myst_role":
            name = node.meta["name"]
            if name not in ROLES:
                raise MarkupError(f"{where}: role {{{name}}} is not one of {', '.join(ROLES)}")
            yield Span("role", node.content, name)
        elif node.type == "link":
            yield Span("link", str(node.attrs["href"]))
        elif node.type.startswith("text") and "```" in node.content:
            raise MarkupError(f"{where}: a directive's title with backticks wants a fence of ~~~")
        elif node.type in ("code_inline", "math_inline"):
            yield Span(node.type.removesuffix("_inline"), node.content)
        elif node.type in _SPANS:
            yield Span("text", "\n" if node.type.endswith("break") else node.content)
        else:
            raise MarkupError(f"{where}: {node.type} is not used in this book: {node.content!r}")


def _directive(node: SyntaxTreeNode, lines: tuple[int, int], first_line: int) -> Block:
    where = f"line {first_line + lines[0]}"
    match = re.match(r"\{([^}]*)\}\s*(.*)$", node.info.strip())
    name, argument = match.groups() if match else (node.info, "")
    if name not in DIRECTIVES:
        raise MarkupError(f"{where}: directive {{{name}}} is not one of {', '.join(DIRECTIVES)}")
    form = DIRECTIVES[name]
    if argument and not form.argument:
        raise MarkupError(f"{where}: {{{name}}} takes no argument, got {argument!r}")
    options: dict[str, str] = {}
    body = node.content.split("\n")
    while body and (option := re.match(r"\s*:([\w-]+):\s*(.*)$", body[0])):
        options[option.group(1)] = option.group(2).strip()
        body.pop(0)
    if unknown := [key for key in options if key not in form.options]:
        raise MarkupError(f"{where}: {{{name}}} takes no option :{unknown[0]}:")
    source = "\n".join(body).strip("\n")
    if source.strip() and not form.body:
        raise MarkupError(f"{where}: {{{name}}} holds no text, got {source!r}")
    label = options.get("label", "") or options.get("name", "")
    if name == "math":
        return Block("math", label=label, source=source.strip(), lines=lines)
    body_line = first_line + lines[0] + 1 + len(options)
    children = parse(source, body_line) if form.body == "markdown" else []
    return Block("directive", name, label, argument.strip(), options, source, lines, [], children)
