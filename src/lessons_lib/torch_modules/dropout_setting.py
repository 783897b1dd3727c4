"""A layer's ``dropout=``: a rate between the layers as in torch.nn, or one of the variants."""

from __future__ import annotations

from numbers import Real
from typing import Any

from ..cell import Cell
from ..dropout import Dropout
from .leaving import prepare_scriptable, warn_that_it_is_not_quantized


def no_class(value: Any) -> None:
    """Reject a variant's class, which many write instead of a variant."""
    if isinstance(value, type) and issubclass(value, Dropout):
        raise TypeError(
            f"dropout: got the class {value.__name__}, expected a variant made of it with its "
            f"rates, such as {value.__name__}(…), or a rate in [0, 1]"
        )


def check_rate(value: Any) -> float:
    """Return a rate between the layers; reject anything else."""
    no_class(value)
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) <= 1:
        raise ValueError(f"dropout: got {value!r}, expected a rate in [0, 1], or a Dropout")
    return float(value)


class DropoutSetting:
    """Let a layer keep a rate or a variant, and check what is set later."""

    _variant: Dropout | None = None

    def _cell(self) -> Cell:
        """Return the equations that the layer computes."""
        raise NotImplementedError

    def __prepare_scriptable__(self) -> Any:
        """Return what `torch.jit.script` compiles instead of the layer."""
        return prepare_scriptable(self)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; without this, torch would register a module instead of rejecting it."""
        if name in ("dropout", "variant"):
            object.__setattr__(self, name, value)
            return
        if name == "qconfig" and value is None:
            warn_that_it_is_not_quantized(self)
        super().__setattr__(name, value)

    @property
    def dropout(self) -> float:
        """The rate between the layers, as in torch.nn; 0 if a variant is set.

        It may be set at any time, to another rate or to a variant. A layer with a variant rejects a
        rate, because the variant would continue to draw masks; set `variant` first.
        """
        return self.__dict__.get("dropout", 0.0)  # torch.nn's cells have none

    @dropout.setter
    def dropout(self, value: float | Dropout) -> None:
        if isinstance(value, Dropout):
            self.variant = value
            return
        if self._variant is not None:
            raise ValueError(
                f"dropout: got {value!r}, but the layer draws its masks from "
                f"variant={self._variant!r}; set `variant` to another one, or to None"
            )
        self.__dict__["dropout"] = check_rate(value)

    @property
    def variant(self) -> Dropout | None:
        """The variant given as ``dropout=``, or None; setting a variant replaces the rate."""
        return self._variant

    @variant.setter
    def variant(self, value: Dropout | None) -> None:
        if value is not None:
            if not isinstance(value, Dropout):
                raise TypeError(f"variant: got {value!r}, expected a Dropout or None")
            value.check_cell(self._cell())
            self.__dict__["dropout"] = 0.0
        self._variant = value
