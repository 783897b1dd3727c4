"""Draw what imports what, from the code, into ARCHITECTURE.md: ``make architecture``.

Two drawings in Mermaid's text form, which GitHub shows as pictures: the parts of the project, and
the modules of the library's core. An arrow leads from the importing to the imported part. Imports
inside functions and for type-checking count too. The package's own `__init__` and the tests are
left out, since they import everything.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "ARCHITECTURE.md"
LIBRARY = "lessons_lib"
CORE = "core"
#: What a part may need beside NumPy; a box names it.
HEAVY = ("torch", "matplotlib", "llvmlite")
#: Parts outside the library: where their files are.
OUTSIDE = {
    "chapters": ["book/*.ipynb", "book/appendix/*.ipynb"],
    "assignments": ["assignments/*.ipynb", "assignments/*.py"],
    "benchmarks": ["benchmarks/*.py"],
}

Edges = set[tuple[str, str]]


def library_files(root: Path) -> dict[str, Path]:
    """Return the library's modules by their dotted name."""
    source = root / "src"
    return {
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted((source / LIBRARY).rglob("*.py"))
    }


def imports_of(tree: ast.AST, package: str) -> Iterator[str]:
    """Yield the dotted names that a module of ``package`` imports, submodules or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: -node.level + 1 or None] if node.level else []
            base = ".".join([*parts, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def module_edges(root: Path) -> Edges:
    """Return which module of the library imports which module or outside package."""
    modules = library_files(root)
    edges = set()
    for name, path in modules.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for imported in imports_of(ast.parse(path.read_text("utf-8")), package):
            edges.add((name, _module(imported, modules)))
    return {(importing, imported) for importing, imported in edges if importing != imported}


def outside_edges(root: Path) -> Edges:
    """Return which modules of the library the parts outside it import."""
    modules = library_files(root)
    return {
        (part, _module(name, modules))
        for part, patterns in OUTSIDE.items()
        for pattern in patterns
        for path in root.glob(pattern)
        for code in _code_of(path)
        for name in imports_of(ast.parse(code), "")
    }


def part_of(module: str) -> str:
    """Return the part that a module belongs to: its package in the library, or the core."""
    top, *rest = module.split(".")
    if top != LIBRARY:
        return top
    package = bool(rest) and (ROOT / "src" / LIBRARY / rest[0]).is_dir()
    return rest[0] if package and rest[0] != "_check" else CORE


def parts(root: Path) -> Edges:
    """Return which part of the project imports which; heavy packages are parts of their own."""
    edges = module_edges(root) | outside_edges(root)
    by_part = {(part_of(a), part_of(b)) for a, b in edges if LIBRARY not in (a, b)}
    known = {part for part, _ in by_part} | set(HEAVY)
    return {(a, b) for a, b in by_part if a != b and b in known}


def core_modules(root: Path) -> Edges:
    """Return which module of the core imports which, without the checks of arguments."""
    return {
        (a.removeprefix(f"{LIBRARY}."), b.removeprefix(f"{LIBRARY}."))
        for a, b in module_edges(root)
        if part_of(a) == part_of(b) == CORE and LIBRARY not in (a, b)
        if "._check" not in a + b
    }


def circles(edges: Edges) -> list[set[str]]:
    """Return the sets of modules that import each other, directly or not."""
    after: dict[str, set[str]] = {}
    for a, b in edges:
        after.setdefault(a, set()).add(b)

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        ahead = [start]
        while ahead:
            for name in after.get(ahead.pop(), set()) - seen:
                seen.add(name)
                ahead.append(name)
        return seen

    reached = {name: reach(name) for name in after}
    found = [{b for b in reached[a] if a in reached.get(b, set())} for a in reached]
    return [one for k, one in enumerate(found) if one and one not in found[:k]]


def reduced(edges: Edges) -> Edges:
    """Leave out each arrow that a longer way already implies; edges have no circles."""
    after: dict[str, set[str]] = {}
    for a, b in edges:
        after.setdefault(a, set()).add(b)

    def below(name: str) -> set[str]:
        return {name}.union(*(below(other) for other in after.get(name, ())))

    return {(a, b) for a, b in edges if not any(b in below(c) for c in after[a] - {b})}


def drawing(edges: Edges) -> str:
    """Return a Mermaid flowchart; a box names the heavy packages that its part imports."""
    needs = {(a, b) for a, b in edges if b in HEAVY}
    arrows = edges - needs
    if not circles(arrows):
        arrows = reduced(arrows)
    lines = ["flowchart TD"]
    for name in sorted({name for edge in edges - needs for name in edge}):
        label = " · ".join([name, *sorted(b for a, b in needs if a == name)])
        lines.append(f'  {_id(name)}["{label}"]')
    lines += [f"  {_id(a)} --> {_id(b)}" for a, b in sorted(arrows)]
    return "\n".join(["```mermaid", *lines, "```", ""])


def renewed(page: str, root: Path) -> str:
    """Return the page with its drawings as the code is now."""
    for name, edges in {"parts": parts(root), "core": core_modules(root)}.items():
        block = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- end -->)", re.DOTALL)
        if page.count(f"<!-- {name} -->\n") != 1:
            raise ValueError(f"expected '<!-- {name} -->' and '<!-- end -->' once on the page")
        before, after = block.split(page, maxsplit=1)
        page = before + drawing(edges) + after
    return page


def _module(name: str, modules: Iterable[str]) -> str:
    """Return the module of the library that holds a name, or the outside package."""
    while name.split(".")[0] == LIBRARY and name not in modules:
        name = name.rpartition(".")[0]
    return name if name.split(".")[0] == LIBRARY else name.split(".")[0]


def _code_of(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        yield text
        return
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and not source.lstrip().startswith(("%", "!")):
            yield source


def _id(name: str) -> str:
    """Return a name that Mermaid takes for a box; some words, as ``end``, have a meaning there."""
    return f"m_{name.replace('.', '_')}"


def main() -> int:
    """Renew the drawings."""
    page = PAGE.read_text("utf-8")
    PAGE.write_text(renewed(page, ROOT), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
