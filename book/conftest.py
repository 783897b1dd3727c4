"""For nbval, which runs the notebooks here: one thread, cells named and run as a reader's are."""

from _ext.one_core import use_one_core
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell

use_one_core()


def _named_for_its_id(cls, parent, *, name, cell, **more):
    """Make the test of a cell, called ``Cell 3 [proof-code]`` where nbval says ``Cell 3``."""
    name = f"{name} [{cell.id}]"
    return super(IPyNbCell, cls).from_parent(parent, name=name, cell=cell, **more)


def _with_history(self, cell_input, allow_stdin=None):
    """Execute a cell with a history, without which IPython overlooks a ``;`` at the end."""
    return self.kc.execute(cell_input, allow_stdin=allow_stdin, stop_on_error=False)


IPyNbCell.from_parent = classmethod(_named_for_its_id)
RunningKernel.execute_cell_input = _with_history
