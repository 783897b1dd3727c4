"""Write the books beside the front pages, ``_build/site/ko/rnn-lessons-ko.pdf`` …, and the ZIP."""

from __future__ import annotations

import argparse
import sys
import time

from ..hooks.web_assets import ROOT
from ..one_language import LANGUAGES
from ..plain.books import KINDS, ZIP, file_name
from ..plain.moving import site_address
from . import epub, pdf
from .about import about
from .chapters import read_book
from .folder import write_zip


def main() -> int:
    """Write the books; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--language", choices=LANGUAGES, action="append", help="default: both")
    site = ROOT / "_build" / "site"
    for language in parser.parse_args().language or LANGUAGES:
        started = time.monotonic()
        book = about(ROOT, language)
        chapters = read_book(ROOT, site, language, site_address(ROOT))
        files = {kind: site / language / file_name(language, kind) for kind in KINDS}
        epub.write_epub(chapters, book, files["epub"])
        pages = pdf.write_pdf(pdf.joined(chapters, book), book, site / language, files["pdf"])
        for file in files.values():
            print(f"{file}: {file.stat().st_size / 1e6:.2f} MB")
        print(f"{language}: {pages} pages, {time.monotonic() - started:.0f} s", flush=True)
    write_zip(site, site / ZIP)
    print(f"{site / ZIP}: {(site / ZIP).stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
