"""Sphinx hooks: features of the site's pages that Sphinx and its extensions lack."""
