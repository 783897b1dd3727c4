"""For recipes and dropout: zoneout (6)."""

import torch
from torch import nn


class ZoneoutLSTM(nn.LSTM):
    """Zoneout (arXiv 1606.01305): units keep old values at the rates h and c."""

    def __init__(self, input_size, hidden_size, *, h=0.05, c=0.5):
        if not (0 <= h < 1 and 0 <= c < 1):
            raise ValueError(f"expected 0 <= h < 1 and 0 <= c < 1, got h={h}, c={c}")
        super().__init__(input_size, hidden_size)
        self.rates = h, c

    def extra_repr(self):
        return "{}, h={}, c={}".format(super().extra_repr(), *self.rates)

    def masks(self, x):
        """Draw for each step, sequence and unit: 1 keeps the old value."""
        shape = *x.shape[:2], self.hidden_size
        rates = [x.new_full(shape, rate) for rate in self.rates]
        return [torch.bernoulli(p) for p in rates] if self.training else rates

    def forward(self, x, state=None):
        """Run on x of shape (T, N, D); arguments and results as of nn.LSTM."""
        if not torch.is_tensor(x):
            raise TypeError(f"x: expected a tensor (T, N, D), got {type(x).__name__}")
        outputs, zeros = [], x.new_zeros(x.shape[1], self.hidden_size)
        h, c = (zeros, zeros) if state is None else (s[0] for s in state)
        for x_t, keep_h, keep_c in zip(x, *self.masks(x), strict=True):
            new_h, new_c = torch.lstm_cell(x_t, (h, c), *self.all_weights[0])
            h = keep_h * h + (1 - keep_h) * new_h
            c = keep_c * c + (1 - keep_c) * new_c
            outputs.append(h)
        return torch.stack(outputs), (h[None], c[None])
