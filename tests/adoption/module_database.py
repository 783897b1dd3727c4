"""torch's own inputs for its recurrent layers and cells, given to ours.

`torch.testing` keeps for each module the arguments and inputs with which torch tests it.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.testing._internal.common_modules import module_db

from lessons_lib import torch_modules

DTYPES = (torch.float32, torch.float64)


def _cases() -> list[Any]:
    """Return every case: our class, torch's, the input, the dtype, the engine and the mode."""
    cases = []
    for info in module_db:
        theirs = info.module_cls
        if theirs.__module__ != "torch.nn.modules.rnn":
            continue
        ours = getattr(torch_modules, theirs.__name__)
        engines = (
            ("auto", "by_hand", "compiled") if issubclass(theirs, torch.nn.RNNBase) else (None,)
        )
        for dtype in DTYPES:
            for training in (True, False):
                torch.manual_seed(0)
                options = {"device": "cpu", "dtype": dtype, "requires_grad": True}
                inputs = info.module_inputs_func(info, training=training, **options)
                for number, given in enumerate(inputs):
                    for engine in engines:
                        name = f"{theirs.__name__}-{dtype}-{training}-{number}-{engine}"
                        case = (ours, theirs, given, dtype, training, engine)
                        cases.append(pytest.param(*case, id=name))
    return cases


CASES = _cases()


def test_the_database_has_them_all() -> None:
    assert len(CASES) >= 640


@pytest.mark.parametrize(("ours", "theirs", "given", "dtype", "training", "engine"), CASES)
def test_results_and_gradients(
    ours: Any, theirs: Any, given: Any, dtype: torch.dtype, training: bool, engine: str | None
) -> None:
    made, call = given.constructor_input, given.forward_input
    reference = theirs(*made.args, **made.kwargs, dtype=dtype).train(training)
    layer = ours(*made.args, **made.kwargs, dtype=dtype).train(training)
    layer.load_state_dict(reference.state_dict())
    if engine is not None:
        layer.engine = engine
    results = []
    for module in (reference, layer):
        torch.manual_seed(1)
        output = _flat(module(*call.args, **call.kwargs))
        sources = [t for t in _flat((*call.args, *module.parameters())) if t.requires_grad]
        loss = sum((part * part).sum() for part in output)
        results.append([*output, *torch.autograd.grad(loss, sources)])
    bound = 1e-5 if dtype == torch.float32 else 1e-10
    assert len(results[0]) == len(results[1])
    for want, got in zip(*results, strict=True):
        assert got.dtype == want.dtype
        size = max(1.0, float(want.detach().abs().max())) if want.numel() else 1.0
        assert torch.allclose(got, want, rtol=0, atol=bound * size)


def _flat(values: Any) -> list[torch.Tensor]:
    """Return the tensors of nested tuples, the rows of packed sequences among them."""
    if isinstance(values, torch.nn.utils.rnn.PackedSequence):
        return [values.data]
    if isinstance(values, torch.Tensor):
        return [values]
    if isinstance(values, tuple | list):
        return [tensor for part in values for tensor in _flat(part)]
    return []
