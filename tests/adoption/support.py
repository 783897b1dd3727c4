"""What runs on which layer: run each, and write the table into the front pages.

    make support

A cell of the table is what happened when its function ran: yes, or no with the error's sentence.
`support_table.py` in this folder runs all of it again and compares, `tests/repository` one row.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.autograd import forward_ad
from torch.utils.checkpoint import checkpoint

from lessons_lib import lstm_peepholes
from lessons_lib.dropout import RNNDrop, VariationalDropout, WeightDrop, Zoneout
from lessons_lib.torch_modules import LSTM, Layer

ROOT = Path(__file__).parents[2]
T, N, D, H = 4, 3, 2, 5

#: The columns: an engine and a variant each.
LAYERS: dict[str, Callable[..., Any]] = {
    "torch.nn": torch.nn.LSTM,
    "kernel": LSTM,
    "by hand": partial(LSTM, engine="by_hand"),
    "compiled": partial(LSTM, engine="compiled"),
    "WeightDrop": partial(LSTM, dropout=WeightDrop(0.5)),
    "Variational": partial(LSTM, dropout=VariationalDropout(0.2, 0.2)),
    "RNNDrop": partial(LSTM, dropout=RNNDrop(0.2)),
    "Zoneout": partial(LSTM, dropout=Zoneout(h=0.1, c=0.1)),
    "Layer": partial(Layer, lstm_peepholes.CELL),
}


def example(layer: Any) -> torch.Tensor:
    return torch.randn(T, N, D, dtype=next(layer.parameters()).dtype)


def output(layer: Any, x: torch.Tensor) -> torch.Tensor:
    return layer(x)[0]


def same(got: Any, want: torch.Tensor) -> None:
    assert torch.allclose(got, want, atol=1e-5)


def train(layer: Any) -> None:
    output(layer, example(layer)).sum().backward()
    assert all(weight.grad is not None for weight in layer.parameters())


def second_derivatives(layer: Any) -> None:
    x = example(layer).requires_grad_()
    (dx,) = torch.autograd.grad(output(layer, x).square().sum(), x, create_graph=True)
    dx.square().sum().backward()


def forward_mode(layer: Any) -> None:
    x = example(layer)
    with forward_ad.dual_level():
        y = output(layer, forward_ad.make_dual(x, torch.ones_like(x)))
        assert forward_ad.unpack_dual(y).tangent is not None


def vmap(layer: Any) -> None:
    x = torch.randn(3, T, N, D)
    same(torch.vmap(lambda x: output(layer.eval(), x))(x)[1], output(layer, x[1]))


def batched_gradients(layer: Any) -> None:
    x = example(layer).requires_grad_()
    y = output(layer, x)
    torch.autograd.grad(y, x, torch.randn(2, *y.shape), is_grads_batched=True)


def compile(layer: Any) -> None:
    x = example(layer.eval())
    same(output(torch.compile(layer, backend="eager"), x), output(layer, x))


def export(layer: Any) -> None:
    x = example(layer.eval())
    same(output(torch.export.export(layer, (x,)).module(), x), output(layer, x))


def trace(layer: Any) -> None:
    x = example(layer.eval())
    file = io.BytesIO()
    torch.jit.save(torch.jit.trace(layer, (x,)), file)
    file.seek(0)
    same(output(torch.jit.load(file), x), output(layer, x))


def script(layer: Any) -> None:
    x = example(layer.eval())
    same(output(torch.jit.script(torch.nn.Sequential(layer)), x), output(layer, x))


def onnx(layer: Any) -> None:
    import onnxruntime

    x = example(layer.eval())
    for dynamo in (False, True):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            path = Path(folder) / "layer.onnx"
            torch.onnx.export(layer, (x,), path, dynamo=dynamo)
            session = onnxruntime.InferenceSession(path)
            y = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
        same(torch.from_numpy(y), output(layer, x))


def fx(layer: Any) -> None:
    traced = torch.fx.symbolic_trace(torch.nn.Sequential(layer.eval()))
    x = example(layer)
    same(traced(x)[0], output(layer, x))


def quantize(layer: Any) -> None:
    kinds = {torch.nn.LSTM}
    model = torch.nn.Sequential(layer.eval())
    quantized = torch.ao.quantization.quantize_dynamic(model, kinds, dtype=torch.qint8)
    assert not list(quantized.parameters()), "the layer stays as it is, with a warning"


def checkpointing(layer: Any) -> None:
    x = example(layer).requires_grad_()
    checkpoint(lambda x: output(layer, x), x, use_reentrant=False).sum().backward()


def autocast(layer: Any) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = output(layer, example(layer))
    y.float().sum().backward()


def data_parallel(layer: Any) -> None:
    with _group():
        train(torch.nn.parallel.DistributedDataParallel(layer))


def sharded(layer: Any) -> None:
    from torch.distributed.fsdp import fully_shard

    with _group():
        train(fully_shard(layer, mesh=torch.distributed.device_mesh.init_device_mesh("cpu", (1,))))


@contextlib.contextmanager
def _group() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        address = f"file://{folder}/meeting"
        torch.distributed.init_process_group("gloo", init_method=address, rank=0, world_size=1)
        try:
            yield
        finally:
            torch.distributed.destroy_process_group()


def complex_numbers(layer: Any) -> None:
    output(layer.to(torch.complex64), torch.randn(T, N, D, dtype=torch.complex64))


#: The rows: what is done, in English and Korean, and the function that does it.
ROWS: list[tuple[str, str, Callable[[Any], None]]] = [
    ("training", "학습", train),
    ("second derivatives", "2계 미분", second_derivatives),
    ("forward-mode differentiation", "전진 모드 미분", forward_mode),
    ("`torch.vmap`", "`torch.vmap`", vmap),
    (
        "several gradients at once (`is_grads_batched=True`)",
        "여러 기울기의 동시 계산(`is_grads_batched=True`)",
        batched_gradients,
    ),
    ("`torch.compile`", "`torch.compile`", compile),
    ("`torch.export`", "`torch.export`", export),
    ("`torch.jit.trace`, saved and loaded", "`torch.jit.trace`, 저장과 불러오기", trace),
    ("`torch.jit.script`", "`torch.jit.script`", script),
    ("ONNX, both exporters", "ONNX 내보내기 두 가지", onnx),
    ("`torch.fx`, the layer as one node", "`torch.fx`(층을 노드 하나로)", fx),
    ("`quantize_dynamic`", "`quantize_dynamic`", quantize),
    ("distributed training: DDP", "분산 학습 DDP", data_parallel),
    ("distributed training: FSDP", "분산 학습 FSDP", sharded),
    ("recomputation: `torch.utils.checkpoint`", "재계산 `torch.utils.checkpoint`", checkpointing),
    ("mixed precision: `autocast`", "혼합 정밀도 `autocast`", autocast),
    ("complex numbers", "복소수", complex_numbers),
]
PAGES = ("README.md", "README.ko.md")
MARKS = "<!-- support -->\n", "<!-- end -->\n"


def result(function: Callable[[Any], None], make: Callable[..., Any]) -> str:
    """Return "yes", or "no" if the function fails."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            function(make(D, H))
        except Exception as error:
            print(f"{function.__name__}: {type(error).__name__}: {error}"[:160], file=sys.stderr)
            return "no"
    return "yes"


def row(function: Callable[[Any], None]) -> list[str]:
    """Run one row of the table."""
    return [result(function, make) for make in LAYERS.values()]


def table(rows: list[list[str]], korean: bool) -> str:
    """Write the table in Markdown."""
    lines = [f"| | {' | '.join(LAYERS)} |", "|---" * (len(LAYERS) + 1) + "|"]
    for (english, other, _), results in zip(ROWS, rows, strict=True):
        marks = ("✓" if result == "yes" else "–" for result in results)
        lines.append(f"| {other if korean else english} | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """Return the table of a page."""
    text = (ROOT / page).read_text("utf-8")
    return text[text.index(MARKS[0]) + len(MARKS[0]) : text.index(MARKS[1], text.index(MARKS[0]))]


def main() -> None:
    """Run everything and write the table into the front pages."""
    rows = [row(function) for _, _, function in ROWS]
    for page in PAGES:
        path, old = ROOT / page, MARKS[0] + written(page)
        text = path.read_text("utf-8").replace(old, MARKS[0] + table(rows, "ko" in page))
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
