"""Record what functions of the library do with arrays, by running them on symbols.

    recorder = Recorder()
    x, y = recorder.array("x", ("N", "H")), recorder.array("y", ("N", "H"))
    z = recorder.run(function, x, y)
    print(recorder.recording(z=z))

A symbol follows the array-API protocol, so the equations run on it unchanged; it knows a shape of
letters and no elements. Equal operations are recorded once. What cannot be recorded raises
`RecordingError`, which names the operation, the line and the variables.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable, Iterator, Sequence
from math import prod
from numbers import Real
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from .. import arrays
from .recording import Place, Recording, Value
from .sizes import Size

_HERE = str(Path(__file__).parent)


class RecordingError(TypeError):
    """A function does something with its arrays that cannot be recorded."""


class _NoAttributeError(RecordingError, AttributeError):
    """An attribute that arrays have and symbols lack, so that `hasattr` is false."""


class Number(arrays.Symbol):
    """A number that is an input of each run, or one computed from such numbers."""

    __array_ufunc__ = None  # NumPy's numbers leave the operators to this class

    def __init__(self, recorder: Recorder, value: Value) -> None:
        self._recorder, self.value = recorder, value

    def __repr__(self) -> str:
        return f"<recorded {self.value.variable or self.value.operation}>"

    def __bool__(self) -> bool:
        raise self._recorder.error("bool", self)

    def __iter__(self) -> Iterator[Any]:
        raise self._recorder.error("iter", self)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._recorder.error("numpy.asarray", self)

    def __float__(self) -> float:
        raise self._recorder.error("float", self)

    def __getattr__(self, name: str) -> Any:
        raise _NoAttributeError(f"a recorded value has no attribute {name!r}")

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, int) and exponent == 2:
            return self._recorder.elementwise("multiply", self, self)
        raise self._recorder.error(f"** {exponent!r}", self)

    def __neg__(self) -> Any:
        return self._recorder.elementwise("negative", self)


def _operator(operation: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return an operator, and the same operator with its sides exchanged."""

    def forward(self: Number, other: Any) -> Any:
        return self._recorder.elementwise(operation, self, other)

    def reverse(self: Number, other: Any) -> Any:
        return self._recorder.elementwise(operation, other, self)

    return forward, reverse


for _name, _operation in (
    ("add", "add"),
    ("sub", "subtract"),
    ("mul", "multiply"),
    ("truediv", "divide"),
):
    _forward, _reverse = _operator(_operation)
    setattr(Number, f"__{_name}__", _forward)
    setattr(Number, f"__r{_name}__", _reverse)
for _name, _operation in (
    ("le", "less_equal"),
    ("lt", "less"),
    ("ge", "greater_equal"),
    ("gt", "greater"),
):
    setattr(Number, f"__{_name}__", _operator(_operation)[0])


class Symbol(Number):
    """An array of which only the shape is known."""

    dtype, device = "recorded", "recorder"

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        return self._recorder.namespace

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes: letters, and numbers where they are known."""
        assert self.value.shape is not None
        return self.value.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def T(self) -> Symbol:
        """The transposed matrix."""
        if self.ndim != 2:
            raise self._recorder.error("T of an array that is not a matrix", self)
        return self._recorder.array_of("transpose", (self,), None, self.shape[::-1])

    def __matmul__(self, other: Any) -> Symbol:
        shape = _product_shape(self.shape, getattr(other, "shape", ()))
        if shape is None or not isinstance(other, Symbol):
            raise self._recorder.error("@", self, other)
        return self._recorder.array_of("matmul", (self, other), None, shape)

    def __getitem__(self, key: Any) -> Symbol:
        bounds, shape, new_axes = _bounds(key, self.shape)
        if bounds is None:
            raise self._recorder.error(f"[{key!r}]", self)
        part = self
        if bounds != tuple((0, size) for size in self.shape):
            part = self._recorder.array_of("slice", (self,), bounds, shape)
        return self._recorder.namespace.reshape(part, new_axes) if new_axes != shape else part


def _product_shape(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the shape of left @ right, None if they do not fit or are not at most matrices."""
    if len(left) < 2 or len(right) not in (1, 2) or left[-1] != right[0]:
        return None
    return (*left[:-1], *right[1:])


def _bounds(key: Any, shape: tuple[int, ...]) -> Any:
    """Return a key's bounds per axis, the resulting shape, and that shape with the new axes.

    The bounds are None if the key is more than slices with step 1, integers, ... and None.
    """
    keys = list(key) if isinstance(key, tuple) else [key]
    given = sum(k is not None and k is not Ellipsis for k in keys)
    at = next((i for i, k in enumerate(keys) if k is Ellipsis), len(keys))
    keys[at : at + 1] = [slice(None)] * (len(shape) - given)
    bounds: list[Any] = []
    kept: list[int] = []
    with_new: list[int] = []
    for k in keys:
        if k is None:
            with_new.append(1)
            continue
        size = shape[len(bounds)] if len(bounds) < len(shape) else None
        if size is None or not (
            (isinstance(k, slice) and k.step in (None, 1))
            or (isinstance(k, int) and not isinstance(k, bool))
        ):
            return None, None, None
        if isinstance(k, int):
            bounds.append(k + size if k < 0 else k)
            continue
        start, stop = _end(k.start, size, 0), _end(k.stop, size, size)
        bounds.append((start, stop))
        kept.append(stop - start)
        with_new.append(stop - start)
    return tuple(bounds), tuple(kept), tuple(with_new)


def _end(end: int | None, size: int, default: int) -> int:
    """Return one end of a slice, as NumPy reads it."""
    if end is None:
        return default
    return max(end + size, 0) if end < 0 else min(end, size)


class Namespace:
    """The functions of the array API that can be recorded."""

    __name__ = "recorder"
    bool = "recorded bool"

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def tanh(self, x: Any) -> Any:
        """Record tanh."""
        return self._recorder.elementwise("tanh", x)

    def exp(self, x: Any) -> Any:
        """Record exp."""
        return self._recorder.elementwise("exp", x)

    def log(self, x: Any) -> Any:
        """Record log."""
        return self._recorder.elementwise("log", x)

    def sqrt(self, x: Any) -> Any:
        """Record sqrt."""
        return self._recorder.elementwise("sqrt", x)

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        """Record where."""
        return self._recorder.elementwise("where", condition, x, y)

    def zeros(self, shape: Any, dtype: Any = None, device: Any = None) -> Symbol:
        """Record zeros."""
        return self._recorder.array_of("zeros", (), None, tuple(shape))

    def reshape(self, x: Symbol, shape: Any) -> Symbol:
        """Record reshape; one of the new axes may be -1."""
        shape = tuple(shape)
        if -1 in shape:
            rest = prod(n for n in shape if n != -1)
            shape = tuple(_quotient(x.shape, rest) if n == -1 else n for n in shape)
        if shape == x.shape:
            return x
        if prod(shape) != prod(x.shape):
            raise self._recorder.error(f"reshape to {shape}", x)
        return self._recorder.array_of("reshape", (x,), None, shape)

    def concat(self, arrays: Sequence[Symbol], axis: int = 0) -> Symbol:
        """Record concat."""
        first, *others = arrays
        axis %= first.ndim
        size = sum((x.shape[axis] for x in others), first.shape[axis])
        shape = (*first.shape[:axis], size, *first.shape[axis + 1 :])
        if not others:
            return first
        if any(_without(x.shape, axis) != _without(shape, axis) for x in others):
            raise self._recorder.error("concat of different shapes", *arrays)
        return self._recorder.array_of("concat", tuple(arrays), axis, shape)

    def stack(self, arrays: Sequence[Symbol], axis: int = 0) -> Symbol:
        """Record stack, as concat along a new axis."""
        shape = list(arrays[0].shape)
        shape.insert(axis % (len(shape) + 1), 1)
        return self.concat([self.reshape(x, shape) for x in arrays], axis)

    def sum(self, x: Symbol, axis: int | None = None, keepdims: Any = False) -> Symbol:
        """Record the sum over one axis."""
        return self._recorder.reduction("sum", x, axis, keepdims)

    def max(self, x: Symbol, axis: int | None = None, keepdims: Any = False) -> Symbol:
        """Record the greatest element along one axis."""
        return self._recorder.reduction("max", x, axis, keepdims)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # a protocol's question, not a function of the array API
            raise AttributeError(name)

        def refuse(*args: Any, **kwargs: Any) -> Any:
            raise self._recorder.error(name, *args)

        return refuse


def _quotient(shape: tuple[int, ...], rest: int) -> int:
    """Return the size of the remaining axis if the other axes have the shape `rest`."""
    total = prod(shape)
    return total if rest == 1 else total // rest


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return shape[:axis] + shape[axis + 1 :]


class Recorder:
    """Make symbols, and record the operations on them."""

    def __init__(self) -> None:
        self.namespace = Namespace(self)
        self._values: list[Value] = []
        self._known: dict[Any, Value] = {}
        self._codes: dict[int, set[CodeType]] = {}  # the functions that computed a value

    def array(self, name: str, shape: Sequence[int | str]) -> Symbol:
        """Return a symbol for an input; a letter in its shape is a size."""
        sizes = tuple(Size.of(n) if isinstance(n, str) else n for n in shape)
        return Symbol(self, self._value("input", (), name, sizes))

    def number(self, name: str) -> Number:
        """Return a symbol for a number that is an input."""
        return Number(self, self._value("input", (), name, None))

    def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function, and name the values after the variables that hold them."""
        before = sys.gettrace()
        sys.settrace(self._watch)
        try:
            return function(*args)
        finally:
            sys.settrace(before)

    def recording(self, **outputs: Symbol) -> Recording:
        """Return what was recorded, as far as the outputs need it."""
        return Recording({name: symbol.value for name, symbol in outputs.items()})

    def elementwise(self, operation: str, *args: Any) -> Any:
        """Record an elementwise operation; shapes are broadcast."""
        shapes = [a.shape for a in args if isinstance(a, Symbol)]
        shape = _broadcast(shapes) if shapes else None
        if (shapes and shape is None) or not all(isinstance(a, Number | Real) for a in args):
            raise self.error(operation, *args)
        value = self._value(operation, args, None, shape)
        return Number(self, value) if shape is None else Symbol(self, value)

    def reduction(self, operation: str, x: Symbol, axis: int | None, keepdims: Any) -> Symbol:
        """Record a sum or a greatest element along an axis."""
        if not isinstance(axis, int) or not isinstance(x, Symbol):
            raise self.error(f"{operation} over axis {axis}", x)
        axis %= x.ndim
        kept = (1,) if keepdims else ()
        shape = (*x.shape[:axis], *kept, *x.shape[axis + 1 :])
        return self.array_of(operation, (x,), (axis, bool(keepdims)), shape)

    def array_of(self, operation: str, args: Any, detail: Any, shape: tuple[int, ...]) -> Symbol:
        """Record an operation whose result is an array."""
        return Symbol(self, self._value(operation, args, detail, shape))

    def error(self, operation: str, *args: Any) -> RecordingError:
        """Return the error for what cannot be recorded: the operation, its line, its variables."""
        symbols = [a for a in args if isinstance(a, Number)]
        of = ", ".join(
            f"{a.value.variable or 'a value without a name'} of shape {a.value.shape}"
            for a in symbols
        )
        others = [type(a).__name__ for a in args if not isinstance(a, Number)]
        places = _places(sys._getframe(1))[0]
        message = f"{operation} cannot be recorded"
        message += f", of {of}" if of else ""
        message += f", with {', '.join(others)}" if others else ""
        if places:
            line = linecache.getline(places[0].file, places[0].line).strip()
            message += f" ({' <- '.join(map(str, places[:3]))}: {line}{_assigned(line)})"
        return RecordingError(message)

    def _value(self, operation: str, args: Any, detail: Any, shape: Any) -> Value:
        arguments = tuple(a.value if isinstance(a, Number) else _python_number(a) for a in args)
        numbers = tuple(
            (a.number,) if isinstance(a, Value) else (type(a), a, str(a)) for a in arguments
        )
        key = (operation, numbers, detail, shape)
        if key not in self._known:
            places, codes = _places(sys._getframe(1)) if operation != "input" else ((), set())
            name = detail if operation == "input" else ""
            value = Value(len(self._values), operation, arguments, detail, shape, places, name)
            self._values.append(value)
            self._known[key], self._codes[value.number] = value, codes
        return self._known[key]

    def _watch(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Name a value after the first variable that holds it in the function that computed it."""
        if frame.f_code.co_filename.startswith(_HERE):
            return None
        if event != "call":
            for name, variable in frame.f_locals.items():
                if (
                    isinstance(variable, Number)
                    and not variable.value.variable
                    and frame.f_code in self._codes[variable.value.number]
                    and name != "_"
                ):
                    variable.value.variable = name
        return self._watch


def _python_number(number: Any) -> Any:
    """Return a number of NumPy as Python's, which has no dtype that could widen a result's."""
    return number if isinstance(number, int | float) else float(number)


def _broadcast(shapes: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    """Return the shape that NumPy broadcasts to, None if the shapes do not fit."""
    length = max(map(len, shapes))
    padded = [(1,) * (length - len(shape)) + shape for shape in shapes]
    result = []
    for sizes in zip(*padded, strict=True):
        others = [n for n in sizes if n != 1]
        if any(n != others[0] for n in others):
            return None
        result.append(others[0] if others else 1)
    return tuple(result)


def _places(frame: FrameType | None) -> tuple[tuple[Place, ...], set[CodeType]]:
    """Return the lines that are running, innermost first, up to the recorder's `run`."""
    places, codes = [], set()
    while frame is not None and frame.f_code is not Recorder.run.__code__:
        if not frame.f_code.co_filename.startswith(_HERE):
            code = frame.f_code
            places.append(Place(code.co_filename, frame.f_lineno, code.co_name))
            codes.add(code)
        frame = frame.f_back
    return tuple(places), codes


def _assigned(line: str) -> str:
    """Return which variables a line of source assigns, as words; nothing if it assigns none."""
    try:
        statement = ast.parse(line).body[0]
    except (SyntaxError, IndexError):
        return ""
    targets = getattr(statement, "targets", None)
    return f", for {', '.join(map(ast.unparse, targets))}" if targets else ""
