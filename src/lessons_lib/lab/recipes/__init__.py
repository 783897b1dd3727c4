"""For recipes and dropout: six dropouts and AWD-LSTM in classes that a reader copies.

Each file needs torch only; `lab.show_file` shows it whole. The classes are equal to the library's
layers under the same masks (`tests/library/test_recipes.py`). `CLASSES` has one for each variant.
"""

from lessons_lib import dropout

from .awd_lstm import AWDLSTM
from .nonrecurrent import NonRecurrentDropoutLSTM
from .recurrent import RecurrentDropoutLSTM
from .rnndrop import RNNDropLSTM
from .variational import VariationalDropoutLSTM
from .weight_drop import WeightDropLSTM
from .zoneout import ZoneoutLSTM

__all__ = [
    "AWDLSTM",
    "CLASSES",
    "NonRecurrentDropoutLSTM",
    "RNNDropLSTM",
    "RecurrentDropoutLSTM",
    "VariationalDropoutLSTM",
    "WeightDropLSTM",
    "ZoneoutLSTM",
]

#: The class for each variant of `lessons_lib.dropout`, in the order of the chapter.
CLASSES = {
    dropout.NonRecurrentDropout: NonRecurrentDropoutLSTM,
    dropout.RNNDrop: RNNDropLSTM,
    dropout.VariationalDropout: VariationalDropoutLSTM,
    dropout.WeightDrop: WeightDropLSTM,
    dropout.RecurrentDropout: RecurrentDropoutLSTM,
    dropout.Zoneout: ZoneoutLSTM,
}
