"""For recipes: AWD-LSTM, the language model of Merity et al. (2018)."""

import torch
from torch import nn
from torch.nn.functional import dropout, embedding, linear


class AWDLSTM(nn.Module):
    """AWD-LSTM (arXiv 1708.02182); sizes and rates for words of Penn Treebank."""

    def __init__(self, words, width=400, hidden=1150, layers=3, **rates):
        super().__init__()
        self.rates = {
            "W": 0.5,
            "word": 0.1,
            "input": 0.4,
            "between": 0.3,
            "output": 0.4,
            **rates,
        }
        sizes = [width, *[hidden] * (layers - 1), width]
        self.layers = nn.ModuleList(map(nn.LSTM, sizes, sizes[1:]))
        self.words = nn.Embedding(words, width)  # the output layer's, too
        self.bias = nn.Parameter(torch.zeros(words))
        nn.init.uniform_(self.words.weight, -0.1, 0.1)

    def drop(self, name, shape):
        """Draw a mask: 0, or 1 / (1 - p); all 1 in evaluation."""
        ones = self.bias.new_ones(shape)
        return dropout(ones, self.rates[name], self.training)

    def forward(self, words, states=None):
        """Return logits, states, and the last output with and without its mask."""
        matrix = self.words.weight
        x = embedding(words, self.drop("word", (len(matrix), 1)) * matrix)
        x = self.drop("input", x[:1].shape) * x  # one mask for all steps
        states, new = states or [None] * len(self.layers), []
        for layer, state in zip(self.layers, states, strict=True):
            W = layer.weight_hh_l0
            dropped = {"weight_hh_l0": self.drop("W", W.shape) * W}
            raw, state = torch.func.functional_call(layer, dropped, (x, state))
            new.append(state)
            name = "output" if layer is self.layers[-1] else "between"
            x = self.drop(name, raw[:1].shape) * raw
        return linear(x, matrix, self.bias), new, x, raw
