"""Notebooks read, and written again in one language as plain Markdown. No Sphinx builds here."""
