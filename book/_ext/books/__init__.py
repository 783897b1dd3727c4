"""The book to take along: PDF and EPUB of each language, made from the pages of the built site.

    python -m _ext.books [--language en]        after `make book`; needs the packages of .venv-books

`chapters` reads the pages and removes what only a screen can do; `pdf` joins and prints them in
Chromium; `epub` packs them. Sphinx's own builders are not used: each would need another run of
Sphinx with hooks for its own output, and LaTeX needs a TeX system.
"""
