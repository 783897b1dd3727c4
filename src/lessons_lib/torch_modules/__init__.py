"""Drop-in replacements for torch.nn's recurrent layers, computed by torch or by hand.

``RNN``, ``GRU`` and ``LSTM`` are subclasses of torch.nn's with the same arguments, parameters and
results. With ``engine="by_hand"`` the library's equations run instead of torch's kernel.
``Layer`` makes a layer of any cell, one of your own included.
Under autocast the results' dtypes depend neither on the processor nor on the engine: see
`autocast`.

This package needs torch; ``import lessons_lib`` does not load it.
"""

from .cell_layer import Layer
from .layers import GRU, LSTM, RNN

__all__ = ["GRU", "LSTM", "RNN", "Layer"]
