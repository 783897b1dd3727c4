"""For nbval, which runs the notebooks here: one thread, cells named and run as a reader's are.

Computed figures are compared by `_ext.plain.figure_comparison`, not as text.
"""

from _ext.one_core import use_one_core
from _ext.plain.figure_comparison import FORM, changed_figures, tag_of
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


_compare_texts = IPyNbCell.compare_outputs


def _compare_figures_too(self, test, ref, skip_compare=None):
    """Compare all outputs but drawings as text, and drawings with a tolerance."""
    skip = (*(skip_compare or self.parent.skip_compare), FORM)
    if not _compare_texts(self, test, ref, skip_compare=skip):
        return False
    changes = changed_figures(ref, test, tag_of(self.cell.metadata.get("tags", [])))
    self.comparison_traceback += [f"The figure has changed: {change}" for change in changes]
    return not changes


IPyNbCell.from_parent = classmethod(_named_for_its_id)
IPyNbCell.compare_outputs = _compare_figures_too
RunningKernel.execute_cell_input = _with_history
