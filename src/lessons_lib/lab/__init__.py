"""What only the chapters use: tasks, data, training, models, plots, and `show_source`.

The first line of each file names its chapters. Nothing here is a stable interface: a file changes
when its chapter does. Most modules need torch, `plots` needs matplotlib; importing this package
needs neither.
"""

from .show import Source as Source
from .show import show_file as show_file
from .show import show_source as show_source
