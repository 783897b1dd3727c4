"""Limit every worker to one thread, before any test imports NumPy or torch."""

from _ext.one_core import use_one_core

use_one_core()
