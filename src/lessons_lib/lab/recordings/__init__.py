"""Experiments whose runs are recorded, since they take longer than a page may.

Each module has `record()`, which returns what the chapter draws, and `beginning(updates)`, which
trains the first updates of some configurations and returns their losses by name.
"""
