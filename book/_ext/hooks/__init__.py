"""Sphinx hooks: what a page of the site gets that Sphinx and its extensions do not give it."""
