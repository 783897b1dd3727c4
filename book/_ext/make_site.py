"""Build the site in both languages (``build``), or show it in a browser (``serve``).

This module only configures Sphinx and a web server; everything else is in `hooks`.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Collection, Sequence
from pathlib import Path

from .hooks import web_assets
from .notebooks import write_copies
from .one_language import LANGUAGES
from .plain import books

ROOT = Path(__file__).parent.parent.parent


def write_sphinx_configuration(root: Path) -> None:
    """Let Jupyter Book turn ``_config.yml`` into ``conf.py``, unless it is up to date."""
    conf, config = root / "conf.py", root / "_config.yml"
    if conf.exists() and conf.stat().st_mtime > config.stat().st_mtime:
        return
    print("conf.py: written from _config.yml", flush=True)
    jupyter_book = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", jupyter_book, "config", "sphinx", "."]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)


def build_language(root: Path, language: str, offers: Collection[str] = ()) -> bool:
    """Build one language into ``_build/site``, with its name before each line; return success.

    Pages lead to the books and the exam sheet to take along if these exist or, with "books" or
    "sheet" among `offers`, will exist.

    A warning is an error, after the whole book is built. Sphinx's cache of the pages is then
    deleted, because otherwise the next build would skip the page with the warning.
    """
    memory = root / "_build" / "doctrees" / language
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going"]
    command += ["-D", f"language={language}", "-D", "languages_side_by_side=1"]
    site = root / "_build" / "site"
    if "books" in offers or books.are_there(site, language):
        command += ["-D", "offer_books=1"]
    if "sheet" in offers or (site / language / books.sheet_name(language)).exists():
        command += ["-D", "offer_sheet=1"]
    command += ["-d", str(memory), ".", f"_build/site/{language}"]
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        text=True,
        encoding="utf-8",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    for line in process.stdout:
        print(f"[{language}] {line}", end="", flush=True)
    if process.wait() != 0:
        shutil.rmtree(memory, ignore_errors=True)
    return process.returncode == 0


def build(root: Path = ROOT, offers: Collection[str] = ()) -> bool:
    """Build both languages at the same time, and the page that leads to them; return success."""
    started = time.monotonic()
    write_sphinx_configuration(root)
    web_assets.packages()  # once, before two builds need them
    went_well = dict.fromkeys(LANGUAGES, False)

    def build_and_note(language: str) -> None:
        went_well[language] = build_language(root, language, offers)

    threads = [threading.Thread(target=build_and_note, args=(name,)) for name in LANGUAGES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    site = root / "_build" / "site"
    write_copies(root, site)  # for download from each page
    failed = [language for language in LANGUAGES if not went_well[language]]
    if failed:
        print(f"The book has errors or warnings (see above): {', '.join(failed)}", flush=True)
    else:
        print(f"The book is built, in {time.monotonic() - started:.0f} s: {site / 'index.html'}")
        print("Open that file in a browser, or run `make serve`.", flush=True)
    return not failed


def serve(root: Path, port: int) -> None:
    """Serve the built site to this machine alone and open it in the default browser."""
    site = root / "_build" / "site"
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise SystemExit(f"port {port}: {error.strerror}; try make serve PORT={port + 1}") from None
    with server:
        address = f"http://127.0.0.1:{server.server_port}/"
        print(f"{site} is served at {address} (Ctrl+C stops it)", flush=True)
        webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the two commands; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["build", "serve"])
    parser.add_argument("--port", type=int, default=8000, help="for serve; 0 takes a free one")
    parser.add_argument(
        "--offer", choices=["books", "sheet"], action="append", help="what will be made next"
    )
    options = parser.parse_args(arguments)
    if options.command == "serve":
        serve(ROOT, options.port)
        return 0
    return 0 if build(offers=options.offer or ()) else 1


if __name__ == "__main__":
    sys.exit(main())
