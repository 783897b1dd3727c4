"""Print a notebook as text, for git to compare: sources and printed lines, without pictures.

``make hooks`` tells git to use this, so ``git diff`` shows changed sentences instead of JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def lines(notebook: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of each cell: its id and tags, its source, what it prints."""
    for cell in notebook["cells"]:
        tags = ", ".join(cell["metadata"].get("tags", []))
        yield f"## {cell.get('id', '')} ({cell['cell_type']}{', ' * bool(tags)}{tags})"
        yield from "".join(cell["source"]).splitlines()
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            text = output.get("text", data.get("text/plain", output.get("traceback", "")))
            yield from (f"> {line}" for line in "".join(text).splitlines())
            yield from (f"> [{kind}]" for kind in data if kind.startswith("image/"))
        yield ""


if __name__ == "__main__":
    print(*lines(json.loads(Path(sys.argv[1]).read_text("utf-8"))), sep="\n")
