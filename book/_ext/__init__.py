"""Code that keeps one language of the book, checks it and builds it.

Sphinx calls `hooks`; `plain` reads notebooks and writes them as plain Markdown without Sphinx; the
modules in this folder are commands and code that both folders need.

Sphinx loads this package as a single extension. The commands are run with the folder `book` on the
path: ``PYTHONPATH=book python -m _ext.make_site build``.
"""

from typing import Any

#: In the order of their setup: the words that are loaded first win.
HOOKS = (
    "interface",
    "bilingual",
    "web_assets",
    "math_in_page",
    "names",
    "terms",
    "reference",
    "library_names",
    "library_tables",
    "citing",
    "moving_figures",
    "diagrams",
    "linked_symbols",
    "computed_figures",
    "printed_tables",
    "particles",
    "folding",
    "exercise_checks",
    "folded_code",
    "quick_questions",
    "skippable",
    "tables",
    "symbols",
    "typography",
    "passages",
    "hearing",
    "light_pages",
    "page_facts",
    "section_times",
    "verified_runs",
    "page_head",
    "front_page",
    "search_data",
)


def setup(app: Any) -> dict[str, bool]:
    """Set up every hook; Sphinx calls this."""
    for name in HOOKS:
        app.setup_extension(f"{__name__}.hooks.{name}")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
