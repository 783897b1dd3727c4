"""For recipes and dropout: recurrent dropout without memory loss (5)."""

import torch
from torch import nn


class RecurrentDropoutLSTM(nn.LSTM):
    """Recurrent dropout (arXiv 1603.05118): only the candidate g is dropped."""

    def __init__(self, input_size, hidden_size, *, p=0.1):
        if not 0 <= p < 1:
            raise ValueError(f"p: expected 0 <= p < 1, got {p}")
        super().__init__(input_size, hidden_size)
        self.p = p

    def extra_repr(self):
        return f"{super().extra_repr()}, p={self.p}"

    def mask(self, x):
        """Draw for each step, sequence and unit: 0, or 1 / (1 - p)."""
        ones = x.new_ones(*x.shape[:2], self.hidden_size)
        return nn.functional.dropout(ones, self.p, self.training)

    def forward(self, x, state=None):
        """Run on x of shape (T, N, D); arguments and results as of nn.LSTM."""
        if not torch.is_tensor(x):
            raise TypeError(f"x: expected a tensor (T, N, D), got {type(x).__name__}")
        W_ih, W_hh, b_ih, b_hh = self.all_weights[0]
        outputs, zeros = [], x.new_zeros(x.shape[1], self.hidden_size)
        h, c = (zeros, zeros) if state is None else (s[0] for s in state)
        for a_t, m in zip(x @ W_ih.T + b_ih + b_hh, self.mask(x), strict=True):
            i, f, g, o = (a_t + h @ W_hh.T).chunk(4, dim=-1)
            c = f.sigmoid() * c + i.sigmoid() * m * g.tanh()
            h = o.sigmoid() * c.tanh()
            outputs.append(h)
        return torch.stack(outputs), (h[None], c[None])
