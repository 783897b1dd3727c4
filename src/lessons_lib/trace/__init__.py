"""The equations as data: a recording of what functions of the library do with arrays.

`recorder` runs functions on symbols and keeps a list of operations (`recording`), which `execute`
runs with NumPy or torch.
"""

from .execute import execute
from .recorder import Recorder, RecordingError
from .recording import Recording, Value

__all__ = ["Recorder", "Recording", "RecordingError", "Value", "execute"]
