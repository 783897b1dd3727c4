"""Write the books beside the front pages, ``_build/site/ko/rnn-lessons-ko.pdf`` …, and the ZIP.

The exam sheet, ``_build/site/ko/rnn-exam-ko.pdf``, is in the ZIP, too.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ..hooks.web_assets import ROOT
from ..one_language import LANGUAGES
from ..plain.books import KINDS, ZIP, file_name, sheet_name
from ..plain.moving import site_address
from . import epub, pdf
from . import sheet as exam
from .about import about
from .chapters import read_book
from .folder import write_zip


def main() -> int:
    """Write the books; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--language", choices=LANGUAGES, action="append", help="default: both")
    parser.add_argument("--sheet", action="store_true", help="write the exam sheet alone")
    options = parser.parse_args()
    site = ROOT / "_build" / "site"
    for language in options.language or LANGUAGES:
        write_sheet(site, language)
        if not options.sheet:
            write_books(site, language)
    if not options.sheet:
        write_zip(site, site / ZIP)
        print(f"{site / ZIP}: {(site / ZIP).stat().st_size / 1e6:.2f} MB")
    return 0


def write_sheet(site: Path, language: str) -> None:
    """Write the exam sheet of one language."""
    book, to = about(ROOT, language), site / language / sheet_name(language)
    text = exam.sheet(exam.read_sheet(site, language), book, exam.title(language))
    pages = pdf.write_pdf(text, book, site / language, to)
    print(f"{to}: {pages} pages", flush=True)


def write_books(site: Path, language: str) -> None:
    """Write the PDF and the EPUB of one language."""
    started = time.monotonic()
    book = about(ROOT, language)
    chapters = read_book(ROOT, site, language, site_address(ROOT))
    files = {kind: site / language / file_name(language, kind) for kind in KINDS}
    epub.write_epub(chapters, book, files["epub"])
    pages = pdf.write_pdf(pdf.joined(chapters, book), book, site / language, files["pdf"])
    for file in files.values():
        print(f"{file}: {file.stat().st_size / 1e6:.2f} MB")
    print(f"{language}: {pages} pages, {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
