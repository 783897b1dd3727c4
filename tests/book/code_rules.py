"""Rules for a notebook's code cells: executed, used, and the same in both languages."""

from __future__ import annotations

import ast
import re
import symtable

from _ext.plain.execution import complaints
from IPython.core.inputtransformer2 import TransformerManager
from pair_rules import Cell, Notebook, Problems, Rule, twins

MOST_LINES = 15
FOLDED = {"setup", "plot", "check"}  # tags of cells that the site folds
_OPT_OUT = re.compile(r"(nbval|pytest_validate)[-_]", re.IGNORECASE)


def code_cells(notebook: Notebook) -> list[Cell]:
    """Return the notebook's code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def executed(notebook: Notebook) -> Problems:
    """Every code cell was executed, in order, and every output is compared."""
    for count, cell in enumerate(code_cells(notebook), start=1):
        if cell.execution_count is None:
            yield cell.id, "was never executed: `make execute`"
        elif cell.execution_count != count:
            yield cell.id, f"has execution count {cell.execution_count}, expected {count}"
        tags = [tag for tag in cell.metadata.get("tags", []) if tag != "remove-cell"]
        if any(_OPT_OUT.match(tag) or tag == "raises-exception" for tag in tags) or re.search(
            rf"#\s*{_OPT_OUT.pattern}", cell.source, re.IGNORECASE
        ):
            yield cell.id, "opts out of the comparison of its outputs"


def short(notebook: Notebook) -> Problems:
    """A cell that stays open on the site fits a phone's screen; solutions may be longer."""
    for cell in code_cells(notebook):
        lines = len(cell.source.splitlines())
        folded = FOLDED & set(cell.metadata.get("tags", []))
        solves = cell.id.startswith("sol-") or cell.metadata.get("nbgrader", {}).get("solution")
        if lines > MOST_LINES and not folded and not solves:
            yield cell.id, f"has {lines} lines, more than {MOST_LINES}: divide it, or tag it"


def clean_outputs(notebook: Notebook) -> Problems:
    """No stored errors, no stderr, figures as small SVG."""
    for cell in code_cells(notebook):
        for complaint in complaints(cell):
            yield cell.id, complaint


def plain_python(notebook: Notebook) -> Problems:
    """A code cell is not empty, and Python can read it."""
    for cell in code_cells(notebook):
        if not cell.source.strip():
            yield cell.id, "is empty"
        try:
            ast.parse(_as_python(cell))
        except SyntaxError as error:
            yield cell.id, f"is not Python: {error}"


def everything_used(notebook: Notebook) -> Problems:
    """Every name that a cell defines or imports is used, and not only in its own body."""
    defined: dict[str, str] = {}
    used: set[str] = set()
    for cell in code_cells(notebook):
        try:
            table = symtable.symtable(_as_python(cell), cell.id, "exec")
        except SyntaxError:
            continue  # `plain_python` says so
        for symbol in table.get_symbols():
            if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                defined.setdefault(symbol.get_name(), cell.id)
        used |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
        for inner in table.get_children():
            used |= _globals_of(inner) - {inner.get_name()}
    for name, where in defined.items():
        if name not in used and not name.startswith("_"):
            yield where, f"defines {name}, which no cell uses"


def _globals_of(table: symtable.SymbolTable) -> set[str]:
    names = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    return names.union(*(_globals_of(inner) for inner in table.get_children()))


def _as_python(cell: Cell) -> str:
    return TransformerManager().transform_cell(cell["source"])


def same_code(notebook: Notebook) -> Problems:
    """The cells of a pair differ only in string literals (and comments)."""
    for ko, en in twins(notebook):
        if ko.cell_type != "code":
            continue
        try:
            left, right = (_without_strings(_as_python(cell)) for cell in (ko, en))
        except SyntaxError:
            continue  # `plain_python` says so
        if left != right:
            yield f"{ko.id} / {en.id}", "differ in more than string literals"


def _without_strings(source: str) -> str:
    return ast.dump(_Blank().visit(ast.parse(source)))


class _Blank(ast.NodeTransformer):
    """Empty strings; keep the expressions of f-strings, in any order."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        shown = [ast.dump(part) for part in node.values if isinstance(part, ast.FormattedValue)]
        return ast.Constant(" ".join(sorted(shown)))


RULES: tuple[Rule, ...] = (
    executed,
    short,
    clean_outputs,
    plain_python,
    everything_used,
    same_code,
)
