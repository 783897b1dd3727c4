"""The same weights in the layouts of torch, Keras and Flax.

========  ========================  ========================  ======================
.         this library and torch    Keras                     Flax (linen)
========  ========================  ========================  ======================
matrix    (blocks · H, D)           transposed                transposed, one per gate
LSTM      i f g o                   i f g o (its "c" is g)    by name
GRU       r z n                     z r n (its "h" is n)      by name
biases    one; torch has two        one                       one; LSTM's is on h's side
reset     after, or before          after, or before          after
z = 1     keeps the state           keeps the state           keeps the state
========  ========================  ========================  ======================

If the reset gate acts after the product, a GRU's candidate has a second bias, b_hn. Torch and Keras
then hold a second bias of 3H numbers, of which only the third for n is not redundant.

`from_awd` takes the layers out of a checkpoint of AWD-LSTM, in torch's layout.
"""

from .awd_weights import from_awd
from .flax_weights import from_flax, to_flax
from .keras_weights import from_keras, to_keras
from .layouts import reorder_gates
from .torch_weights import from_torch, to_torch

__all__ = [
    "from_awd",
    "from_flax",
    "from_keras",
    "from_torch",
    "reorder_gates",
    "to_flax",
    "to_keras",
    "to_torch",
]
