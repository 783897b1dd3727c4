"""For nbval, which runs the notebooks here: one thread, and failures that name the cell's id."""

import pytest
from nbval.plugin import IPyNbCell
from one_core import use_one_core

use_one_core()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Call a cell by the id that it has in the notebook, and not only by its count."""
    if isinstance(item, IPyNbCell):
        item.name = f"{item.name} [{item.cell.id}]"
        item._nodeid = f"{item.nodeid} [{item.cell.id}]"
