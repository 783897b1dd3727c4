"""For charlm: the model of the figure in Korean, by jamo, and its bits beside counting."""

from __future__ import annotations

from typing import Any

from .. import explainer


def record() -> dict[str, Any]:
    """Return the packed weights and the bits on test text; see `explainer.record`."""
    return explainer.record("ko")


def beginning(updates: int) -> dict[str, Any]:
    """Return the first losses."""
    return {"first": explainer.train("ko", updates)[1]}
