"""For the chapters before dropout: a function's source as it reads without masks.

Dropout's masks run through every equation of the library. A lesson that comes before dropout shows
the same source without them: arguments that are masks are left out, and a call that does nothing
without a mask becomes what it returns. The text is edited at the places that the syntax tree gives,
so that comments and line breaks stay as they are written; only parentheses that lose a mask and
then fit in one line are joined.
"""

from __future__ import annotations

import ast
import inspect
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from .. import masks as library
from .source_text import Edit, Item, SourceText

#: Parameters that hold masks whatever their annotation.
PARAMETERS = {"mask", "masks"}

Assignment = ast.Assign | ast.AnnAssign | ast.AugAssign
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def without_masks(text: str, names: Mapping[str, Any]) -> str:
    """Return the source of a function or class as it reads without masks.

    Parameters
    ----------
    text : str
        Source of one function or class.
    names : mapping
        The global names that the source can use.

    Raises
    ------
    ValueError
        The source does something with masks that cannot be left out; the message quotes it.
    """
    reader = _Reader(text, names)
    while edits := next(filter(None, reader.edits()), None):
        reader.apply(edits)
    reader.check()
    return reader.source.text.rstrip()


class _Reader:
    """Find what to leave out of a source: one edit, or a few that belong together, at a time."""

    def __init__(self, text: str, names: Mapping[str, Any]) -> None:
        self.source, self.names = SourceText(text), names
        nodes = [*ast.walk(self.source.tree)]
        self.local = {node.arg for node in nodes if isinstance(node, ast.arg)}
        self.local |= {n.id for n in nodes if isinstance(n, ast.Name) and not _is_load(n)}
        self.masks = {n.arg for n in nodes if isinstance(n, ast.arg) and self._is_declared(n)}
        self.masks |= PARAMETERS & self.local
        pairs = [pair for node in nodes for pair in _pairs(node)]
        bound = Counter(n.id for n in nodes if isinstance(n, ast.Name) and not _is_load(n))
        for _ in pairs:  # each round may find one more, from which another is made
            found = [t.id for t, v in pairs if isinstance(t, ast.Name) and self._is_mask(v)]
            self.masks |= {name for name in found if found.count(name) == bound[name]}
        #: Names bound to the result of a function of masks; they may be aliases.
        self.given = {t.id for t, v in pairs if isinstance(t, ast.Name) and self._expression(v)}

    def edits(self) -> Iterator[list[Edit]]:
        """Yield edits of the present text, empty lists among them."""
        nodes = [*ast.walk(self.source.tree)]
        for node in nodes:  # whole statements first, while it is visible that they concern masks
            if isinstance(node, ast.Assign | ast.AnnAssign):
                yield self._statement(node)
        for node in nodes:
            if isinstance(node, ast.FunctionDef):
                yield self._parameters(node)
            elif isinstance(node, ast.Call):
                yield self._arguments(node)
                yield self._call(node)

    def apply(self, edits: Iterable[Edit]) -> None:
        """Make the edits, from the end of the text on."""
        text = self.source.text
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        try:
            self.source = SourceText(text)
        except SyntaxError as error:
            raise ValueError(
                f"masks: got source that leaves {error.text!r} empty without masks, "
                f"expected another statement there:\n{self.source.text}"
            ) from error

    def check(self) -> None:
        """Raise if the text still does something with masks."""
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.expr | ast.arg) and self._speaks_of_masks(node):
                line = self.source.lines[node.lineno - 1].strip()
                raise ValueError(
                    f"masks: got {line!r}, from which {self.source.code(node)!r} cannot be left "
                    "out, expected parameters, arguments and assignments of masks, and calls of "
                    "the functions in masks.WITHOUT_MASKS"
                )

    def _speaks_of_masks(self, node: ast.AST) -> bool:
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) if name in self.masks:
                return True
            case ast.Attribute(attr="masks"):
                return True
            case ast.Name() | ast.Attribute():
                return _is_of_masks(self._resolve(node))
        return False

    def _resolve(self, node: ast.AST) -> Any:
        """Return what a name of the source's module is bound to, or an attribute of a module."""
        match node:
            case ast.Name(id=name) if name not in self.local:
                return self.names.get(name)
            case ast.Attribute(value=value, attr=attr):
                owner = self._resolve(value)
                return getattr(owner, attr, None) if inspect.ismodule(owner) else None
        return None

    def _expression(self, node: ast.AST | None) -> str | None:
        """Return a call's expression without masks, if its function has masks."""
        if not isinstance(node, ast.Call):
            return None
        function = self._resolve(node.func)
        return next((text for key, text in library.WITHOUT_MASKS.items() if key is function), None)

    def _is_declared(self, node: ast.arg | ast.AnnAssign) -> bool:
        if node.annotation is None:
            return False
        return any(_is_of_masks(self._resolve(part)) for part in ast.walk(node.annotation))

    def _is_mask(self, node: ast.AST | None) -> bool:
        match node:
            case ast.Name(id=name):
                return name in self.masks or self._resolve(node) is library.NO_MASKS
            case ast.Attribute(value=value, attr=attr):
                return (attr == "masks" and self._resolve(node) is None) or self._is_mask(value)
            case ast.Subscript(value=value) | ast.Starred(value=value):
                return self._is_mask(value)
            case ast.BoolOp(values=values):
                return any(map(self._is_mask, values))
            case ast.IfExp(body=body, orelse=orelse):
                return self._is_mask(body) or self._is_mask(orelse)
            case ast.Call(func=ast.Attribute(value=value)) if self._is_mask(value):
                return True
            case ast.Call(func=func, args=args) if _is_of_masks(self._resolve(func)):
                return self._expression(node) is None and any(map(self._is_mask, args))
        return False

    def _parameters(self, node: ast.FunctionDef) -> list[Edit]:
        a = node.args
        parameters = [*a.posonlyargs, *a.args, a.vararg, *a.kwonlyargs, a.kwarg]
        gone = [p for p in parameters if p is not None and p.arg in self.masks]
        if not gone:
            return []
        name = self.source.text.index(node.name, self.source.span(node)[0])
        brackets = self.source.bracketed(name)
        items, number = brackets.items, self._number(brackets.items, gone[0])
        bare_star = number > 0 and self.source.code_of(items[number - 1]) == "*"
        if bare_star and number == len(items) - 1:  # nothing is left behind it
            star = self.source.without(items[:number], number - 1)
            return [Edit(star.start, self.source.without(items, number).end)]
        return [self.source.shorter(brackets, number)]

    def _arguments(self, node: ast.Call) -> list[Edit]:
        keywords = [k for k in node.keywords if k.arg in PARAMETERS or self._is_mask(k.value)]
        gone = [*keywords, *filter(self._is_mask, node.args)]
        before_others = any(
            self._is_mask(a) for a, b in pairwise(node.args) if not self._is_mask(b)
        )
        if not gone or (before_others and self._expression(node)):  # `_call` tells by position
            return []
        brackets = self.source.bracketed(self.source.span(node.func)[1])
        return [self.source.shorter(brackets, self._number(brackets.items, gone[-1]))]

    def _call(self, node: ast.Call) -> list[Edit]:
        expression = self._expression(node)
        if expression is None:
            return []
        parameters = inspect.signature(self._resolve(node.func)).parameters
        given = dict(zip(parameters, node.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        if len(given) == 1 and expression in given and (edits := self._brackets_alone(node)):
            return edits
        return [self._filled(node, expression, given)]

    def _brackets_alone(self, node: ast.Call) -> list[Edit]:
        """Keep the parentheses of a call of one argument if they hold comments."""
        start, end = self.source.span(node.func)
        (item,) = self.source.bracketed(end).items
        behind = [token for token in item.tokens if self.source.at(token) >= item.end]
        if all(token.type != tokenize.COMMENT for token in item.tokens):
            return []
        commas = [self.source.at(token) for token in behind if token.string == ","]
        return [Edit(start, end), *(Edit(comma, comma + 1) for comma in commas)]

    def _filled(self, node: ast.Call, expression: str, given: Mapping[str, ast.expr]) -> Edit:
        """Write arguments into an expression, in parentheses if they change its meaning."""
        form, place = SourceText(expression), self.source.span(node)
        holes = sorted(
            (*form.span(name), self.source.code(given[name.id]))
            for name in ast.walk(form.tree)
            if isinstance(name, ast.Name) and name.id in given
        )

        def written(brackets: Sequence[bool]) -> Edit:
            parts, end = [], 0
            for (start, stop, code), bracket in zip(holes, brackets, strict=False):
                parts += [expression[end:start], f"({code})" if bracket else code]
                end = stop
            text = "".join([*parts, expression[end:]])
            return Edit(*place, f"({text})" if brackets[-1] else text)

        brackets = [True] * (len(holes) + 1)
        meant = self._dump(written(brackets))
        for k in range(len(brackets)):
            fewer = [*brackets[:k], False, *brackets[k + 1 :]]
            if self._dump(written(fewer)) == meant:
                brackets = fewer
        return written(brackets)

    def _dump(self, edit: Edit) -> str:
        text = self.source.text
        try:
            return ast.dump(ast.parse(text[: edit.start] + edit.new + text[edit.end :]))
        except SyntaxError:
            return ""

    def _statement(self, node: ast.Assign | ast.AnnAssign) -> list[Edit]:
        pairs, source = _pairs(node), self.source
        if not pairs:
            return self._unpacking(node)
        for number, (target, value) in enumerate(pairs):
            if not isinstance(target, ast.Name):
                continue
            renamed = self._renamed(node, target.id, value)
            declared = isinstance(node, ast.AnnAssign) and self._is_declared(node)
            is_mask = target.id in self.masks and self._is_mask(value)
            if not (declared or is_mask or renamed or self._is_itself(target, value)):
                continue
            if len(pairs) == 1:
                return [*renamed, source.whole_lines(*source.span(node))]
            assert isinstance(node, ast.Assign)  # an annotation has one target
            sides = (node.targets[0], node.value)
            return [
                *renamed,
                *(
                    source.without(source.elements(side), number)
                    for side in sides
                    if isinstance(side, ast.Tuple)
                ),
            ]
        return []

    def _unpacking(self, node: ast.Assign | ast.AnnAssign) -> list[Edit]:
        """Write _ for a name that receives masks from a tuple."""
        targets = [t for target in getattr(node, "targets", []) for t in ast.walk(target)]
        names = [t for t in targets if isinstance(t, ast.Name) and t.id in self.masks]
        return [Edit(*self.source.span(name), "_") for name in names]

    def _is_itself(self, target: ast.Name, value: ast.AST | None) -> bool:
        return isinstance(value, ast.Name) and value.id == target.id in self.given

    def _renamed(self, node: ast.stmt, alias: str, value: ast.AST | None) -> list[Edit]:
        """Return the edits that say `value` for each use of an alias; none if that is not safe."""
        if not isinstance(value, ast.Name) or alias not in self.given or alias == value.id:
            return []
        scopes = (s for s in self._scopes() if node in s.body or node in _of_loops(s))
        if (scope := next(scopes, None)) is None:
            return []
        end = self.source.span(node)[1]
        uses = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == alias]
        loads = [self.source.span(n) for n in uses if _is_load(n)]
        inner = [n for s in _inner_scopes(scope) for n in ast.walk(s)]
        last = max((place for place, _ in loads), default=end)
        if (
            len(uses) - len(loads) != 1
            or any(place < end for place, _ in loads)
            or any(isinstance(n, ast.Name) and n.id == alias for n in inner)
            or any(end < place < last for place in self._bound(scope, value.id))
        ):
            return []
        return [Edit(*span, value.id) for span in loads]

    def _scopes(self) -> list[ast.FunctionDef]:
        return [n for n in ast.walk(self.source.tree) if isinstance(n, ast.FunctionDef)]

    def _bound(self, scope: ast.AST, name: str) -> list[int]:
        """Return the place from which a name may mean something else."""
        found: dict[int, int] = {}
        for node in ast.walk(scope):  # inner statements come later
            for part in ast.walk(node) if isinstance(node, Assignment | Comprehension) else [node]:
                if isinstance(part, ast.Name) and part.id == name and not _is_load(part):
                    start, end = self.source.span(node)
                    place = self.source.span(part)[0]
                    found.setdefault(place, end if isinstance(node, Assignment) else start)
        return list(found.values())

    def _number(self, items: Sequence[Item], node: Any) -> int:
        start, end = self.source.span(node)
        return next(i for i, item in enumerate(items) if item.start <= start and end <= item.end)


def _is_load(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _is_of_masks(thing: Any) -> bool:
    return getattr(thing, "__module__", None) == library.__name__ or thing is library


def _pairs(node: ast.AST) -> list[tuple[ast.AST, ast.AST | None]]:
    """Return what an assignment gives to what; nothing if it takes a tuple apart."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            return [*zip(targets, values, strict=True)] if len(targets) == len(values) else []
        case ast.Assign(targets=[ast.Tuple()]):
            return []
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=value):
            return [(target, value)]
    return []


def _of_loops(scope: ast.FunctionDef) -> list[ast.stmt]:
    """Return the statements that run once in each round of a function's loops."""
    loops = [n for n in ast.walk(scope) if isinstance(n, ast.For | ast.While)]
    return [statement for loop in loops for statement in loop.body]


def _inner_scopes(scope: ast.AST) -> list[ast.AST]:
    inner = (ast.FunctionDef, ast.Lambda)
    return [node for node in ast.walk(scope) if isinstance(node, inner) and node is not scope]
