"""Read notebooks, and write them in one language as plain Markdown, without a Sphinx build."""
