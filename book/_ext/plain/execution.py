"""Execute notebooks on one core and store their outputs in place: all of a notebook's or none."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from ..one_core import use_one_core
from ..one_language import Cell, Notebook
from .book_index import read_notebook
from .drawings import FORM
from .kernel_memory import peak_memory

CELL_TIMEOUT = 300  # seconds
IMAGE_LIMIT = 60_000  # bytes
_MACHINE_METADATA = ("ExecuteTime", "collapsed", "execution", "scrolled")
_LANGUAGE_INFO = ("file_extension", "mimetype", "name", "pygments_lexer")


class ExecutionError(RuntimeError):
    """A cell raised an error, took too long or killed its kernel; nothing was stored."""


def execute(paths: Iterable[Path]) -> None:
    """Execute the notebooks, store each one's outputs, print its time and peak memory.

    Raises
    ------
    ExecutionError
        A cell failed; the message names notebook and cell, and the stored notebook is unchanged.
    """
    use_one_core()
    for path in paths:
        print(f"{path}: executing", flush=True)
        notebook = read_notebook(path)
        start = time.monotonic()
        megabytes = _run(notebook, path)
        seconds = time.monotonic() - start
        clean(notebook)
        partial = path.with_name(f"{path.name}.partial")
        try:
            nbformat.write(notebook, partial)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
        cells = sum(cell["cell_type"] == "code" for cell in notebook["cells"])
        print(f"{path}: {cells} code cells, {seconds:.1f} s, peak {megabytes:.0f} MB", flush=True)
        for cell in notebook["cells"]:
            for complaint in complaints(cell):
                print(f"warning: {path}, cell {cell['id']}: {complaint}", flush=True)


def _run(notebook: Notebook, path: Path) -> float:
    """Execute the cells into the notebook; return the kernel's peak memory in megabytes."""
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        coalesce_streams=True,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    count = 0
    with client.setup_kernel():
        for index, cell in enumerate(notebook["cells"]):
            if cell["cell_type"] != "code":
                continue
            count += 1
            try:
                client.execute_cell(cell, index, execution_count=count)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                message = re.sub(r"\x1b\[[\d;]*m", "", str(error)).strip()
                raise ExecutionError(f"{path}, cell {cell['id']}: {message}") from None
        return peak_memory(run_sync(client.kc.execute_interactive))


def clean(notebook: Notebook) -> None:
    """Remove metadata that depend on a machine or an editor and not on the lesson."""
    notebook["metadata"].pop("widgets", None)
    info = notebook["metadata"].get("language_info", {})
    for name in [name for name in info if name not in _LANGUAGE_INFO]:
        del info[name]
    for cell in notebook["cells"]:
        for name in _MACHINE_METADATA:
            cell["metadata"].pop(name, None)


def complaints(cell: Cell) -> Iterator[str]:
    """Yield the faults of a cell's stored outputs: errors, stderr, images in a wrong form."""
    for output in cell.get("outputs", []):
        if output["output_type"] == "error":
            yield f"stores an error: {output['ename']}: {output['evalue']}"
        if output.get("name") == "stderr":
            yield f"stores stderr: {output['text'].strip()!r}"
        data = output.get("data", {})
        if any(form.startswith("image/") and form != FORM for form in data):
            yield "stores an image that is not an SVG: what do its labels or colours hold?"
        if (size := len("".join(data.get(FORM, "")).encode())) > IMAGE_LIMIT:
            yield f"stores a figure of {size} bytes, more than {IMAGE_LIMIT}"
