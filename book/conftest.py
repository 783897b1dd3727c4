"""For nbval, which runs the notebooks here: one thread, and tests named for the cells' ids."""

from nbval.plugin import IPyNbCell
from one_core import use_one_core

use_one_core()


def _named_for_its_id(cls, parent, *, name, cell, **more):
    """Make the test of a cell, called ``Cell 3 [proof-code]`` where nbval says ``Cell 3``."""
    name = f"{name} [{cell.id}]"
    return super(IPyNbCell, cls).from_parent(parent, name=name, cell=cell, **more)


IPyNbCell.from_parent = classmethod(_named_for_its_id)
