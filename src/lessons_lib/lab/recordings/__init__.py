"""Experiments whose runs are recorded, because they take longer than a page may.

Each module has `record()`, which returns the results for the chapter, and `beginning(updates)`,
which trains the first updates of some configurations and returns their losses by name.
"""
