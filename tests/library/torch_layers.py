"""Every public drop-in layer, beside torch.nn's, on inputs of every form."""

from __future__ import annotations

import inspect
import itertools
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from lessons_lib import torch_modules
from lessons_lib.verify.gradients import relative_difference

T, N, D, H, P = 6, 5, 3, 4, 2
LENGTHS = {"sorted": [6, 6, 4, 2, 1], "unsorted": [4, 6, 1, 6, 2]}
ENGINES = ("kernel", "by_hand", "compiled")
FORMS = ("batch", "one sequence", *LENGTHS)


def _variants() -> dict[str, tuple[type, dict[str, Any]]]:
    """Return each public layer with each option that gives it another cell."""
    options = {"proj_size": (0, P), "nonlinearity": ("tanh", "relu")}
    found = {}
    for name in torch_modules.__all__:
        layer = getattr(torch_modules, name)
        if not (isinstance(layer, type) and issubclass(layer, torch.nn.RNNBase)):
            continue  # `Layer` replaces none of torch.nn's; test_torch_cell_layer has it
        known = {k: v for k, v in options.items() if k in inspect.signature(layer).parameters}
        for values in itertools.product(*known.values()):
            chosen = dict(zip(known, values, strict=True))
            found[" ".join([name, *(f"{k}={v}" for k, v in chosen.items())])] = (layer, chosen)
    return found


#: Every layer by the name of its variant; every public layer is included.
VARIANTS = _variants()


def theirs(layer: type) -> type:
    """Return the torch.nn class that corresponds to one of ours."""
    return getattr(torch.nn, layer.__name__)


def pair(name: str, engine: str, **options: Any) -> tuple[Any, Any]:
    """Return torch.nn's layer and ours with the same random float64 weights, none of them small."""
    layer, chosen = VARIANTS[name]
    options = {"dtype": torch.float64, **chosen, **options}
    reference, ours = theirs(layer)(D, H, **options), layer(D, H, **options, engine=engine)
    with torch.no_grad():
        for weight in reference.parameters():
            weight.copy_(0.6 * torch.randn_like(weight))
    ours.load_state_dict(reference.state_dict())
    return reference, ours


def tensors(layer: Any, form: str, hx: bool) -> dict[str, torch.Tensor]:
    """Draw an input and, if asked for, initial states."""
    batch = () if form == "one sequence" else (N,)
    shape = (N, T) if layer.batch_first and batch else (T, *batch)
    found = {"x": torch.randn(*shape, D, dtype=torch.float64)}
    if hx:
        networks = layer.num_layers * (2 if layer.bidirectional else 1)
        widths = {"h0": layer.proj_size or H, **({"c0": H} if layer.mode == "LSTM" else {})}
        for part, width in widths.items():
            found[part] = torch.randn(networks, *batch, width, dtype=torch.float64)
    return found


def call(
    layer: Any, form: str, arrays: dict[str, torch.Tensor], **more: Any
) -> dict[str, torch.Tensor]:
    """Run a layer on an input in the given form; return outputs by name (a packed one's rows)."""
    x, states = arrays["x"], tuple(arrays[part] for part in ("h0", "c0") if part in arrays)
    if form in LENGTHS:
        x = pack_padded_sequence(
            x, torch.tensor(LENGTHS[form]), layer.batch_first, enforce_sorted=form == "sorted"
        )
    hx = None if not states else states if len(states) > 1 else states[0]
    y, last = layer(x, hx, **more)
    if isinstance(y, PackedSequence):
        assert isinstance(x, PackedSequence)
        for ours, expected in zip(y[1:], x[1:], strict=True):
            assert (ours is None and expected is None) or torch.equal(ours, expected)
        y = y.data
    last = last if isinstance(last, tuple) else (last,)
    return {"y": y, **dict(zip(("h_n", "c_n"), last, strict=False))}


def outputs_and_gradients(
    layer: Any, form: str, arrays: dict[str, torch.Tensor], **more: Any
) -> dict[str, torch.Tensor]:
    """Return a layer's outputs and all gradients of a random weighted sum of them."""
    leaves = {name: array.clone().requires_grad_() for name, array in arrays.items()}
    outputs = call(layer, form, leaves, **more)
    weigh = torch.Generator().manual_seed(1)
    loss = sum(
        (torch.randn(y.shape, generator=weigh, dtype=torch.float64).to(y.dtype) * y).sum()
        for y in outputs.values()
    )
    sources = {**leaves, **dict(layer.named_parameters())}
    gradients = torch.autograd.grad(loss, list(sources.values()))
    return {**outputs, **{f"d{n}": g for n, g in zip(sources, gradients, strict=True)}}


def assert_close(ours: Any, expected: Any, bound: float) -> None:
    """Compare a layer's actual results with the expected ones, by name."""
    for name, want in expected.items():
        got = ours[name]
        assert got.dtype == want.dtype, name
        assert relative_difference(got.detach().double(), want.detach().double()) <= bound, name
