"""For recipes and dropout: non-recurrent dropout (1)."""

import torch
from torch import nn


class NonRecurrentDropoutLSTM(nn.Module):
    """Dropout on input, output and between layers (arXiv 1409.2329), not from step to step."""

    def __init__(self, input_size, hidden_size, num_layers=2, *, p=0.65):
        if not 0 <= p < 1:
            raise ValueError(f"p: expected 0 <= p < 1, got {p}")
        super().__init__()
        self.hidden_size = hidden_size
        sizes = [input_size] + [hidden_size] * (num_layers - 1)
        self.layers = nn.ModuleList(nn.LSTM(size, hidden_size) for size in sizes)
        self.dropouts = nn.ModuleList(nn.Dropout(p) for _ in range(num_layers + 1))

    def forward(self, x, state=None):
        """Run on x of shape (T, N, D); arguments and results as of nn.LSTM."""
        if not torch.is_tensor(x):
            raise TypeError(f"x: expected a tensor (T, N, D), got {type(x).__name__}")
        last = []
        for k, layer in enumerate(self.layers):
            own = None if state is None else tuple(s[k : k + 1] for s in state)
            x, own = layer(self.dropouts[k](x), own)
            last.append(own)
        h, c = (torch.cat(parts) for parts in zip(*last, strict=True))
        return self.dropouts[-1](x), (h, c)
