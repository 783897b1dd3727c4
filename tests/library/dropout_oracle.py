"""The papers' masks and formulas, in the most direct form: one sequence, step and gate at a time.

It shares nothing with the library except the field names of `Masks`. Autograd differentiates it. An
`Oracle` is called like the layer whose weights it reads.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from lessons_lib.dropout import (
    Combined,
    Dropout,
    NonRecurrentDropout,
    PerLayer,
    RecurrentDropout,
    RNNDrop,
    StackMasks,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)

Step = tuple[torch.Tensor, ...]


def lstm(W: Any, x: Any, h: Any, state: Step, on_g: Any = 1.0, on_c: Any = 1.0) -> Step:
    i, f, g, o = W.pre_activations(x, h)
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = on_c * (f * state[1] + i * (on_g * g))
    h = o * torch.tanh(c)
    return (h if W.hr is None else W.hr @ h), c


def gru(W: Any, x: Any, h: Any, state: Step, on_g: Any = 1.0) -> Step:
    r, z, n = (W.ih[k] @ x[k] + W.b_ih[k] for k in range(3))
    r = torch.sigmoid(r + W.hh[0] @ h[0] + W.b_hh[0])
    z = torch.sigmoid(z + W.hh[1] @ h[1] + W.b_hh[1])
    n = torch.tanh(n + r * (W.hh[2] @ h[2] + W.b_hh[2]))
    return ((1 - z) * (on_g * n) + z * state[0],)


def rnn(W: Any, x: Any, h: Any, state: Step) -> Step:
    return (torch.tanh(W.pre_activations(x, h)[0]),)


def rnn_relu(W: Any, x: Any, h: Any, state: Step) -> Step:
    return (torch.relu(W.pre_activations(x, h)[0]),)


CELLS = {"LSTM": lstm, "GRU": gru, "RNN_TANH": rnn, "RNN_RELU": rnn_relu}


def plain(cell: Any, W: Any, x: Any, state: Step, mask: Callable[[str], Any]) -> Step:
    return cell(W, W.each(x), W.each(state[0]), state)


def moon(cell: Any, W: Any, x: Any, state: Step, mask: Callable[[str], Any]) -> Step:
    """c_t = m ⊙ (f ⊙ c_{t−1} + i ⊙ g); scaling acts on h, outside the memory."""
    h, c = cell(W, W.each(x), W.each(state[0]), state, on_c=mask("c"))
    return mask("y") * h, c


def gal(cell: Any, W: Any, x: Any, state: Step, mask: Callable[[str], Any]) -> Step:
    """Each gate reads x_t ⊙ z_x and h_{t−1} ⊙ z_h, with a z of its own or a shared one."""
    return cell(W, W.each(x) * mask("x"), W.each(state[0]) * mask("h"), state)


def semeniuta(cell: Any, W: Any, x: Any, state: Step, mask: Callable[[str], Any]) -> Step:
    """c_t = f ⊙ c_{t−1} + i ⊙ d(g_t)."""
    return cell(W, W.each(x), W.each(state[0]), state, on_g=mask("g"))


def krueger(cell: Any, W: Any, x: Any, state: Step, mask: Callable[[str], Any]) -> Step:
    """s_t = d ⊙ s_{t−1} + (1 − d) ⊙ s̃_t, with h̃_t from the c̃_t before the mask."""
    new = plain(cell, W, x, state, mask)
    keep = (mask("keep_h"), mask("keep_c"))
    return tuple(k * old + (1 - k) * s for k, old, s in zip(keep, state, new, strict=False))


#: Each paper's step; Zaremba's and Merity's masks act outside it.
PAPERS: dict[type, Any] = {
    NonRecurrentDropout: plain,
    WeightDrop: plain,
    RNNDrop: moon,
    VariationalDropout: gal,
    RecurrentDropout: semeniuta,
    Zoneout: krueger,
}


#: Variant: site → (mask, values in training, value in evaluation) from the papers, at rate 0.3.
TABLE = {
    "NonRecurrentDropout": {
        "x": ("(T, N, D)", "0, 1.43", "—"),
        "output": ("(T, N, H)", "0, 1.43", "—"),
    },
    "RNNDrop": {"c": ("(1, N, H)", "0, 1", "—"), "y": ("number", "1.43", "—")},
    "VariationalDropout": {
        "output": ("(1, N, H)", "0, 1.43", "—"),
        "x": ("(1, N, D)", "0, 1.43", "—"),
        "h": ("(1, N, H)", "0, 1.43", "—"),
    },
    "WeightDrop": {"W_hh": ("(4H, H)", "0, 1.43", "—")},
    "RecurrentDropout": {"g": ("(T, N, H)", "0, 1.43", "—")},
    "Zoneout": {
        "keep_h": ("(T, N, H)", "0, 1", "0.3"),
        "keep_c": ("(T, N, H)", "0, 1", "0.3"),
    },
    "RNNDrop scaled c": {"c": ("(1, N, H)", "0, 1.43", "—")},
    "RNNDrop in evaluation": {"c": ("(1, N, H)", "0, 1", "—"), "y": ("number", "—", "0.7")},
    "RNNDrop scaled c in evaluation": {"c": ("(1, N, H)", "0, 1", "0.7")},
    "VariationalDropout untied": {
        "output": ("(1, N, H)", "0, 1.43", "—"),
        "x": ("(1, 4, N, D)", "0, 1.43", "—"),
        "h": ("(1, 4, N, H)", "0, 1.43", "—"),
    },
    "RecurrentDropout per sequence": {"g": ("(1, N, H)", "0, 1.43", "—")},
    "RecurrentDropout in evaluation": {"g": ("(T, N, H)", "0, 1", "0.7")},
}


class Weights:
    """The weights of one direction of a layer: for each kind a list with one part per gate."""

    def __init__(self, layer: Any, place: str, dropped: Any) -> None:
        gates = {"LSTM": 4, "GRU": 3}.get(layer.mode, 1)

        def read(kind: str, mask: Any = None) -> Any:
            weight = getattr(layer, f"{kind}_{place}", None)
            return weight if weight is None or mask is None else weight * mask

        matrices = (("weight_ih", dropped.W_ih), ("weight_hh", dropped.W_hh))
        self.ih, self.hh = (read(*of).chunk(gates) for of in matrices)
        biases = (read("bias_ih"), read("bias_hh"))
        self.b_ih, self.b_hh = ((0.0,) * gates if b is None else b.chunk(gates) for b in biases)
        self.hr = read("weight_hr", dropped.W_hr)

    def each(self, vector: torch.Tensor) -> torch.Tensor:
        return vector.expand(len(self.ih), -1)

    def pre_activations(self, x: Any, h: Any) -> list[torch.Tensor]:
        return [
            self.ih[k] @ x[k] + self.b_ih[k] + self.hh[k] @ h[k] + self.b_hh[k]
            for k in range(len(self.ih))
        ]


def at(masks: Any, t: int, n: int, name: str) -> Any:
    """Return a site's mask for one step of one sequence, or the number that changes nothing."""
    mask = getattr(masks, name)
    if mask is None:
        return 0.0 if name.startswith("keep") else 1.0
    return mask if isinstance(mask, float) else of(mask, t, n).double()


def of(mask: torch.Tensor, t: int, n: int) -> torch.Tensor:
    mask = mask[t if len(mask) > 1 else 0]
    return mask[..., n if mask.shape[-2] > 1 else 0, :]


class Oracle:
    """A layer of torch_modules under given masks, computed by the papers' formulas."""

    def __init__(self, layer: Any, masks: StackMasks) -> None:
        self.layer, self.masks, self.cell = layer, masks, CELLS[layer.mode]
        self.batch_first, self.named_parameters = layer.batch_first, layer.named_parameters

    def __call__(self, input: Any, hx: Any = None) -> Any:
        packed = isinstance(input, PackedSequence)
        x, lengths = pad_packed_sequence(input, self.batch_first) if packed else (input, None)
        alone = x.ndim == 2
        x = x[:, None] if alone else x.transpose(0, 1) if self.batch_first else x
        lengths = [len(x)] * x.shape[1] if lengths is None else lengths.tolist()
        y, last = self.run(x, self.first(x, hx, alone), lengths)
        if alone:
            y, last = y[:, 0], [part[:, 0] for part in last]
        elif self.batch_first:
            y = y.transpose(0, 1)
        if packed:
            sort = input.unsorted_indices is None
            y = pack_padded_sequence(y, torch.tensor(lengths), self.batch_first, sort)
        return y, tuple(last) if len(last) > 1 else last[0]

    def first(self, x: Any, hx: Any, alone: bool) -> list[torch.Tensor]:
        if hx is None:
            H, networks = self.layer.hidden_size, self.layer.num_layers
            networks *= 2 if self.layer.bidirectional else 1
            widths = [self.layer.proj_size or H, H][: 2 if self.layer.mode == "LSTM" else 1]
            return [x.new_zeros(networks, x.shape[1], width) for width in widths]
        states = list(hx) if isinstance(hx, tuple) else [hx]
        return [part[:, None] for part in states] if alone else states

    def run(self, x: torch.Tensor, states: Any, lengths: list[int]) -> Any:
        y = [x[:length, n] for n, length in enumerate(lengths)]
        last, k = [], 0
        for number in range(self.layer.num_layers):
            self.paper = paper_of(self.layer.variant, number)
            y = masked(y, self.masks.inputs[number])
            ways = []
            for direction, way in enumerate(("", "_reverse")[: 1 + self.layer.bidirectional]):
                masks = self.masks.networks[number][direction]
                W = Weights(self.layer, f"l{number}{way}", masks)
                outs = []
                for n, sequence in enumerate(y):
                    read = sequence.flip(0) if direction else sequence
                    out, end = self.sequence(W, read, [s[k][n] for s in states], masks, n)
                    outs.append(out.flip(0) if direction else out)
                    last.append(end)
                ways.append(outs)
                k += 1
            y = [torch.cat(own, dim=-1) for own in zip(*ways, strict=True)]
        y = torch.nn.utils.rnn.pad_sequence(masked(y, self.masks.y))
        shape = (k, len(lengths), -1)
        return y, [torch.stack(part).reshape(shape) for part in zip(*last, strict=True)]

    def sequence(self, W: Weights, x: Any, state: Any, masks: Any, n: int) -> Any:
        outputs = []
        for t, x_t in enumerate(x):
            state = self.paper(self.cell, W, x_t, state, partial(at, masks, t, n))
            outputs.append(state[0])
        return torch.stack(outputs), state


def paper_of(variant: Dropout, layer: int) -> Any:
    """Return the formula of a layer's step."""
    if isinstance(variant, PerLayer):
        return paper_of(variant.of_layer(layer), layer)
    variants = variant.variants if isinstance(variant, Combined) else (variant,)
    inside = [PAPERS[type(one)] for one in variants if PAPERS[type(one)] is not plain]
    return inside[0] if inside else plain


def masked(sequences: list[torch.Tensor], mask: Any) -> list[torch.Tensor]:
    if mask is None:
        return sequences
    return [
        torch.stack([x_t * of(mask, t, n) for t, x_t in enumerate(x)])
        for n, x in enumerate(sequences)
    ]
