"""For recipes and dropout: RNNDrop (2)."""

import torch
from torch import nn


class RNNDropLSTM(nn.LSTM):
    """RNNDrop (Moon et al. 2015): units are dropped for a whole sequence."""

    def __init__(self, input_size, hidden_size, *, p=0.1):
        if not 0 <= p < 1:
            raise ValueError(f"p: expected 0 <= p < 1, got {p}")
        super().__init__(input_size, hidden_size)
        self.p = p

    def extra_repr(self):
        return f"{super().extra_repr()}, p={self.p}"

    def mask(self, x):
        """Draw for each sequence and unit: 0, or 1 / (1 - p)."""
        ones = x.new_ones(x.shape[1], self.hidden_size)
        return nn.functional.dropout(ones, self.p, self.training)

    def forward(self, x, state=None):
        """Run on x of shape (T, N, D); arguments and results as of nn.LSTM."""
        if not torch.is_tensor(x):
            raise TypeError(f"x: expected a tensor (T, N, D), got {type(x).__name__}")
        zeros = x.new_zeros(x.shape[1], self.hidden_size)
        h, c = (zeros, zeros) if state is None else (s[0] for s in state)
        m, outputs = self.mask(x), []
        for x_t in x:
            h, c = torch.lstm_cell(x_t, (h, c), *self.all_weights[0])
            h, c = m * h, (m > 0) * c  # a factor of c would grow with T
            outputs.append(h)
        return torch.stack(outputs), (h[None], c[None])
