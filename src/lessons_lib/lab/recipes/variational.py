"""For recipes and dropout: variational dropout (3)."""

import torch
from torch import nn


class VariationalDropoutLSTM(nn.LSTM):
    """Variational dropout (arXiv 1512.05287): one mask for all steps."""

    def __init__(self, input_size, hidden_size, *, x=0.5, h=0.3, y=0.5):
        if not (0 <= x < 1 and 0 <= h < 1 and 0 <= y < 1):
            raise ValueError(f"expected rates 0 <= p < 1, got x={x}, h={h}, y={y}")
        super().__init__(input_size, hidden_size)
        self.rates = x, h, y  # of the input, of h, of the output

    def extra_repr(self):
        return "{}, x={}, h={}, y={}".format(super().extra_repr(), *self.rates)

    def masks(self, x):
        """Draw for each sequence: 0, or 1 / (1 - p)."""
        widths = self.input_size, self.hidden_size, self.hidden_size
        ones = [x.new_ones(x.shape[1], width) for width in widths]
        pairs = zip(ones, self.rates, strict=True)
        return [nn.functional.dropout(one, p, self.training) for one, p in pairs]

    def forward(self, x, state=None):
        """Run on x of shape (T, N, D); arguments and results as of nn.LSTM."""
        if not torch.is_tensor(x):
            raise TypeError(f"x: expected a tensor (T, N, D), got {type(x).__name__}")
        zeros = x.new_zeros(x.shape[1], self.hidden_size)
        h, c = (zeros, zeros) if state is None else (s[0] for s in state)
        (m_x, m_h, m_y), outputs = self.masks(x), []
        for x_t in x:
            h, c = torch.lstm_cell(m_x * x_t, (m_h * h, c), *self.all_weights[0])
            outputs.append(m_y * h)
        return torch.stack(outputs), (h[None], c[None])
