"""For recipes and dropout: weight drop (4)."""

import torch
from torch import nn


class WeightDropLSTM(nn.Module):
    """Weight drop (arXiv 1708.02182): nn.LSTM with elements of W_hh dropped."""

    def __init__(self, input_size, hidden_size, *, p=0.5, **options):
        if not 0 <= p < 1:
            raise ValueError(f"p: expected 0 <= p < 1, got {p}")
        super().__init__()
        self.lstm, self.p = nn.LSTM(input_size, hidden_size, **options), p
        self.hidden_size = hidden_size

    def extra_repr(self):
        return f"p={self.p}"

    def dropped(self):
        """Draw a mask for each recurrent matrix, once for a forward pass."""
        return {
            name: nn.functional.dropout(weight, self.p, self.training)
            for name, weight in self.lstm.named_parameters()
            if name.startswith("weight_hh")
        }

    def forward(self, x, state=None):
        """Run as nn.LSTM does; the parameters themselves are not changed."""
        return torch.func.functional_call(self.lstm, self.dropped(), (x, state))
