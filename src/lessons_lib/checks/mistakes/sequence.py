"""Mistakes of any recurrent network: in the use of its weights, and in the loop over time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..helpers import Border
from ..mistake import Mistake, Named, edit

_WEIGHTS = ("dW_ih", "dW_hh", "db", "db_hn")
_OVER_TIME = ("x", "y", "dx", "dy")


def _without(*names: str) -> Callable[[Named], Named]:
    def before(arguments: Named) -> Named:
        here = set(names) & set(arguments)
        return arguments | {name: np.zeros_like(arguments[name]) for name in here}

    return before


def _swap_axes(values: Named) -> Named:
    return values | {k: values[k].swapaxes(0, 1) for k in _OVER_TIME if k in values}


def _mean(results: Named) -> Named:
    # dx is of shape (N, D) or (T, N, D)
    N = results["dx"].shape[-2] if "dx" in results else 1
    return results | {name: results[name] / N for name in _WEIGHTS if name in results}


def _mean_over_steps(results: Named) -> Named:
    T = len(results["dx"]) if "dx" in results else 1
    return results | {name: results[name] / T for name in _WEIGHTS if name in results}


def _transposed(results: Named) -> Named:
    return results | {k: results[k].T for k in ("dW_ih", "dW_hh") if k in results}


def _of_last(results: Named) -> Named:
    return results | {"h_T": results["y"][0]} if "y" in results else results


def _batch_first(results: Named) -> Named:
    return results | {name: results[name].swapaxes(0, 1) for name in ("y", "dx") if name in results}


def _changed_x(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Named], Named]:
    return lambda arguments: arguments | {"x": change(arguments["x"])}


def _without_tail(arguments: Named) -> Named:
    """Leave out what the last, shorter window would give."""
    k, dy = arguments["k"], arguments["dy"].copy()
    if not (tail := len(dy) % k):
        return arguments
    dy[len(dy) - tail :] = 0
    return _without("dh_T", "dc_T")(arguments | {"dy": dy})


def _moved_to_whole(short: bool = False, one: bool = False) -> Callable[[Named], Named]:
    """Leave out the last, shorter window, and give its gradients of the last state to another.

    `short` leaves its steps out of dx, too; `one` keeps a single window that is shorter than k.
    """

    def before(arguments: Named) -> Named:
        k, T = arguments["k"], len(arguments["dy"])
        end = T - T % k
        given = tuple(arguments[name] for name in ("dh_T", "dc_T") if name in arguments)

        def handed(border: Border) -> tuple[np.ndarray, ...]:
            if border.t and border.t == end:
                return given
            cut = border.t and _at_border(border)
            return tuple(0 * d for d in border.new) if cut else border.new

        if end == T or (one and end == 0):
            return arguments
        changed = _without_tail(arguments) | ({"dx_until": end} if short else {})
        return changed | {"handed": handed}

    return before


def _without_short_tail(arguments: Named) -> Named:
    k, T = arguments["k"], len(arguments["dy"])
    return _without_tail(arguments) | {"dx_until": T - T % k}


def _longer(steps: int) -> Callable[[Named], Named]:
    return lambda arguments: arguments | {"k": max(1, arguments["k"] + steps)}


def _mean_over_all(results: Named) -> Named:
    T, N = results["dx"].shape[:2] if "dx" in results and results["dx"].ndim == 3 else (1, 1)
    return results | {name: results[name] / (T * N) for name in _WEIGHTS if name in results}


def _twice(arguments: Named) -> Named:
    x = arguments["x"]
    return arguments if "dh_T" in arguments else arguments | {"x": np.concatenate([x[:1], x])}


def _without_first(results: Named) -> Named:
    return results | {"y": results["y"][1:]} if "y" in results else results


def _ones(arguments: Named) -> Named:
    given = [name for name in arguments if name in ("dy", "dh", "dh_T", "dc", "dc_T")]
    return arguments | {name: np.ones_like(arguments[name]) for name in given}


def _over_units(results: Named) -> Named:
    return results | {k: 0 * results[k] + results[k].sum() for k in ("db",) if k in results}


def _cut_first(results: Named) -> Named:
    return results | {name: 0 * results[name] for name in ("dh0", "dc0") if name in results}


def _shifted(steps: int) -> Callable[[Named], Named]:
    return lambda a: a | {"dy": np.roll(a["dy"], steps, axis=0)} if "dy" in a else a


def _as_batch_first(array: np.ndarray) -> np.ndarray:
    """Return what a step reads if an array is reshaped to the batch first, not transposed."""
    T, N, width = array.shape
    return array.reshape(N, T, width).swapaxes(0, 1)


def _from_batch_first(array: np.ndarray) -> np.ndarray:
    """Return an array that was collected with the batch first and reshaped to time first."""
    return array.swapaxes(0, 1).reshape(array.shape)


def _reshaped(change: Callable[[np.ndarray], np.ndarray], *names: str) -> Callable[[Named], Named]:
    def changed(values: Named) -> Named:
        here = [name for name in names if name in values and values[name].ndim == 3]
        return values | {name: change(values[name]) for name in here}

    return changed


_MATRICES = ("W_ih", "W_hh")


def _matrices_reshaped(*names: str) -> Callable[[Named], Named]:
    """Reshape weights where they should be transposed."""

    def before(arguments: Named) -> Named:
        here = {name: arguments[name] for name in names}
        if any(len(set(W.shape)) == 1 for W in here.values()):
            raise ValueError("a square matrix is as if it were not transposed")
        return arguments | {n: W.reshape(W.shape[::-1]).T for n, W in here.items()}

    return before


def _gradients_reshaped(*names: str) -> Callable[[Named], Named]:
    def after(results: Named) -> Named:
        here = {name: results[name] for name in names if name in results}
        tall = {name: W for name, W in here.items() if len(set(W.shape)) > 1}
        return results | {name: W.T.reshape(W.shape) for name, W in tall.items()}

    return after


def _multiplied(factor: float, *names: str) -> Callable[[Named], Named]:
    def before(arguments: Named) -> Named:
        return arguments | {n: factor * arguments[n] for n in names if n in arguments}

    return before


def _without_dy_at(step: int) -> Callable[[Named], Named]:
    def before(arguments: Named) -> Named:
        if "dy" not in arguments:
            return arguments
        dy = arguments["dy"].copy()
        dy[step] = 0
        return arguments | {"dy": dy}

    return before


def _without_dy_at_borders(arguments: Named) -> Named:
    """Leave out dy at the last step of each window but the last."""
    dy, k = arguments["dy"].copy(), arguments["k"]
    dy[k - 1 : -1 : k] = 0
    return arguments | {"dy": dy}


def _reversed_dy(arguments: Named) -> Named:
    return arguments | ({"dy": arguments["dy"][::-1]} if "dy" in arguments else {})


def _flat(results: Named) -> Named:
    y = results.get("y")
    return results if y is None else results | {"y": y.reshape(-1, y.shape[-1])}


def _last_everywhere(results: Named) -> Named:
    y = results.get("y")
    return results if y is None else results | {"y": 0 * y + y[-1:]}


def _loop_order(results: Named) -> Named:
    return results | {"dx": results["dx"][::-1]} if "dx" in results else results


def _reading(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Named], Named]:
    """Let the backward pass alone read another input."""
    return lambda arguments: arguments | {"reading": change}


def _handing(handed: Callable[[Border], tuple[np.ndarray, ...]]) -> Callable[[Named], Named]:
    """Let each step of the backward pass hand on other gradients to the step before it."""
    return lambda arguments: arguments | {"handed": handed}


def _cut_where(
    where: Callable[[Border], bool], *parts: int
) -> Callable[[Border], tuple[np.ndarray, ...]]:
    """Cut all gradients of the state, or these parts, at some borders."""

    def handed(border: Border) -> tuple[np.ndarray, ...]:
        cut = border.t > 0 and where(border)
        parts_cut = parts or range(len(border.new))
        return tuple(0 * d if cut and j in parts_cut else d for j, d in enumerate(border.new))

    return handed


def _at_border(border: Border) -> bool:
    return border.t % border.k == 0


def _never_updated(*parts: int) -> Callable[[Border], tuple[np.ndarray, ...]]:
    """Hand on what the last step was given, instead of the gradient of each step's state."""

    def handed(border: Border) -> tuple[np.ndarray, ...]:
        kept = parts or range(len(border.new))
        both = zip(border.given, border.new, strict=True)
        return tuple(a if j in kept and border.t else b for j, (a, b) in enumerate(both))

    return handed


def _added_up(border: Border) -> tuple[np.ndarray, ...]:
    return tuple(a + b for a, b in zip(border.received, border.new, strict=True))


_FORWARD, _BACKWARD = "scan.forward", "scan.backward"
_TRUNCATED = "scan.truncated_backward"
_STACKED = (_BACKWARD, "grads", "cache.stacked")
#: The cache of a step taken again, from another state.
_AGAIN = "cell.step(params, projected[t], {})[1]"
#: What a window that is not the last is given for the gradients of its last state.
_LAST = (_TRUNCATED, "last", "None")
_FROM_ABOVE = (_BACKWARD, "dstate", "dy[t]")
_FROM_LATER = (_BACKWARD, "dstate", "dstate[0]")
#: Takes the gradients of the last state out of the loop, to be put in elsewhere.
_TAKEN_OUT = (
    _BACKWARD,
    "",
    "da = []",
    "if True:\n    da, given = [], dstate\n    dstate = tuple(0 * d for d in dstate)",
)
#: Remembers the gradients of the state before a step's backward pass.
_STEP_BACKWARD = (
    "da_t, dstate = masked_step_backward(cell, params, cache.steps[t], dstate, cache.masks.at(t))"
)
_RECEIVED = (
    _BACKWARD,
    "",
    _STEP_BACKWARD,
    f"if True:\n    received = dstate\n    {_STEP_BACKWARD}",
)
_GRADIENTS = "cell.weight_gradients(params, cache.x, cache.stacked, all_da, cache.masks)"
_SUM = "(dy[t] + dstate[0], *dstate[1:])"
_INSIDE = (_BACKWARD, "", "da.append(da_t)")


def _at_every_step(arguments: Named) -> Named:
    """Add the gradient of the last state to those of all outputs."""
    if "dy" not in arguments:
        return arguments
    dy = arguments["dy"].copy()
    dy[:-1] += arguments["dh_T"]
    return arguments | {"dy": dy}


#: The states as they are before the first and before the last step.
_FIRST_H = "steps[0].h_prev"
_BEFORE_LAST = "first_state(cell, steps[-1:], state)"
_ALL_C = "stack([*(step.c_prev for step in steps[1:]), state[1]])"
_TAKEN = "masked_step(cell, params, projected[t], state, masks.at(t))"

_INITIAL = "first_state(cell, steps, state)"
_H_BEFORE_LAST = f"({_BEFORE_LAST}[0], *state[1:])"
_C_BEFORE_LAST = f"(state[0], *{_BEFORE_LAST}[1:])"
_WITH_FORGET_GATE = (
    "(da.append(da_t), dstate := (dstate[0], dstate[1] / cache.steps[t].f * cache.steps[{}].f))"
)
_WITH_GATE = (
    "(da.append(da_t), dstate := "
    "(dstate[0] + received[0] * (cache.steps[{}].z - cache.steps[t].z),))"
)

#: For one step and for sequences.
ANY_CELL: tuple[Mistake, ...] = (
    edit("any.no-bias", ("weights.project", "return", "params.b", "0")),
    edit("any.bias-twice", ("weights.project", "return", "params.b", "2 * params.b")),
    Mistake("any.first-h-ignored", before=_without("h_prev", "h0")),
    edit(
        "any.state-after-in-dW",
        (
            _BACKWARD,
            "grads",
            "cache.stacked",
            "cache._replace(steps=later_caches(cell, params, cache)).stacked",
        ),
    ),
    Mistake("any.mean-over-batch", after=_mean, excludes="mean", each=True),
    Mistake("any.ones-for-gradients", before=_ones),
    Mistake("any.summed-over-units", after=_over_units, each=True),
    edit(
        "any.first-sequence-only",
        (_BACKWARD, "grads", "cache.x", "cache.x[:, :1]"),
        (_BACKWARD, "grads", "cache.stacked", "first_sequence(cache.stacked)"),
        (_BACKWARD, "grads", "all_da", "all_da[:, :1]"),
        each=True,
    ),
    Mistake("any.W_ih-reshaped", before=_matrices_reshaped("W_ih")),
    Mistake("any.W_hh-reshaped", before=_matrices_reshaped("W_hh")),
    Mistake("any.both-reshaped", before=_matrices_reshaped("W_ih", "W_hh")),
    Mistake("any.dW-reshaped", after=_gradients_reshaped("dW_ih", "dW_hh"), each=True),
    Mistake("any.weights-in-out", after=_transposed, each=True, convention=True),
)

#: For sequences only.
SEQUENCE: tuple[Mistake, ...] = (
    edit(
        "sequence.state-not-handed-on",
        (_FORWARD, "state", "state", "first_state(cell, steps, state)"),
    ),
    edit("sequence.output-before-step", (_FORWARD, "", "state[0]", "cache.h_prev")),
    edit("sequence.no-later-dh", (*_FROM_LATER, "(t == len(dy) - 1) * dstate[0]")),
    edit("sequence.last-dy-only", (*_FROM_ABOVE, "(t == len(dy) - 1) * dy[t]")),
    Mistake("sequence.dstate-ignored", before=_without("dh_T"), excludes="handed"),
    Mistake("sequence.dstate-at-every-step", before=_at_every_step),
    Mistake("sequence.no-dy", before=_without("dy")),
    Mistake("sequence.input-reversed", before=_changed_x(lambda x: x[::-1])),
    Mistake("sequence.first-input-only", before=_changed_x(lambda x: 0 * x + x[:1])),
    Mistake("sequence.first-for-last", after=_of_last),
    Mistake("sequence.y-batch-first", after=_batch_first, convention=True),
    edit(
        "sequence.states-after",
        (_FORWARD, "", "steps.append(cache)", "steps.append(" + _AGAIN.format("state") + ")"),
    ),
    edit(
        "sequence.wraps-round",
        (*_STACKED, "with_first(cache, last_state(cell, params, cache)).stacked"),
    ),
    edit(
        "sequence.zeros-for-first-h",
        (*_STACKED, "with_first(cache, 0 * cache.steps[0].h_prev).stacked"),
    ),
    edit(
        "sequence.backward-runs-forward",
        (_BACKWARD, "", "reversed(range(len(cache.steps)))", "range(len(cache.steps))"),
        (_BACKWARD, "all_da", "da[::-1]", "da"),
    ),
    edit(
        "sequence.not-accumulated",
        (_BACKWARD, "grads", "cache.x", "cache.x[:1]"),
        (_BACKWARD, "grads", "cache.stacked", "cache._replace(steps=cache.steps[:1]).stacked"),
        (_BACKWARD, "grads", "all_da", "all_da[:1]"),
        each=True,
    ),
    edit(
        "sequence.first-step-left-out",
        (_BACKWARD, "", "da.append(da_t)", "da.append(0 * da_t if t == 0 else da_t)"),
    ),
    Mistake("sequence.mean-over-steps", after=_mean_over_steps, excludes="mean", each=True),
    Mistake("sequence.mean-over-all", after=_mean_over_all, excludes="mean", each=True),
    edit("sequence.first-state-too", (_FORWARD, "return", "stack(y)", f"stack([{_FIRST_H}, *y])")),
    edit("sequence.all-states", (_FORWARD, "return", "state", "(stack(y), *state[1:])")),
    Mistake("sequence.y-flat", after=_flat),
    Mistake("sequence.y-all-last", after=_last_everywhere),
    edit("sequence.state-before-last", (_FORWARD, "return", "state", _BEFORE_LAST)),
    edit(
        "sequence.last-step-left-out",
        (_FORWARD, "return", "stack(y)", "stack([*y[:-1], 0 * y[-1]])"),
        (_FORWARD, "return", "state", _BEFORE_LAST),
    ),
    edit("sequence.added-up", (_FORWARD, "state", _TAKEN, f"added({_TAKEN}, state)")),
    Mistake("sequence.first-step-twice", before=_twice, after=_without_first),
    Mistake("sequence.dx-in-loop-order", after=_loop_order),
    Mistake("sequence.dy-late", before=_shifted(1)),
    Mistake("sequence.dy-early", before=_shifted(-1)),
    edit(
        "sequence.dy-after-step",
        (_BACKWARD, "dstate", _SUM, "dstate"),
        (*_INSIDE, f"(da.append(da_t), dstate := {_SUM})"),
    ),
    edit(
        "sequence.dstate-at-first-step",
        _TAKEN_OUT,
        (
            _BACKWARD,
            "dstate",
            _SUM,
            "(dy[t] + dstate[0] + (t == 0) * given[0], "
            "*(d + (t == 0) * g for d, g in zip(dstate[1:], given[1:])))",
        ),
    ),
    edit(
        "sequence.dstate-to-first-state",
        _TAKEN_OUT,
        (_BACKWARD, "return", "dstate", "tuple(d + g for d, g in zip(dstate, given))"),
    ),
    edit(
        "sequence.dstate-after-last-step",
        _TAKEN_OUT,
        (
            *_INSIDE,
            "(da.append(da_t), dstate := "
            "tuple(d + (t == len(dy) - 1) * g for d, g in zip(dstate, given)))",
        ),
    ),
    Mistake("sequence.dstate-twice", before=_multiplied(2, "dh_T", "dc_T")),
    Mistake("sequence.dy-twice", before=_multiplied(2, "dy")),
    Mistake("sequence.last-dy-left-out", before=_without_dy_at(-1)),
    Mistake("sequence.first-dy-left-out", before=_without_dy_at(0)),
    Mistake("sequence.dy-reversed", before=_reversed_dy),
    Mistake("sequence.x-reshaped", before=_reshaped(_as_batch_first, "x")),
    Mistake("sequence.y-reshaped", after=_reshaped(_from_batch_first, "y", "dx")),
    Mistake(
        "sequence.all-reshaped",
        before=_reshaped(_as_batch_first, "x", "dy"),
        after=_reshaped(_from_batch_first, "y", "dx"),
    ),
    Mistake(
        "sequence.time-reversed",
        before=_reshaped(np.flipud, "x", "dy"),
        after=_reshaped(np.flipud, "y", "dx"),
    ),
    Mistake("sequence.dx-same-everywhere", after=_reshaped(lambda dx: 0 * dx + dx[:1], "dx")),
    edit(
        "sequence.dh0-before-first-step",
        _RECEIVED,
        (_BACKWARD, "return", "dstate", "(received[0], *dstate[1:])"),
    ),
    edit(
        "sequence.dh0-of-preactivation",
        (_BACKWARD, "return", "dstate", "(da[-1], *dstate[1:])"),
    ),
    edit(
        "sequence.db-reshaped",
        (
            _BACKWARD,
            "grads",
            _GRADIENTS,
            f"{_GRADIENTS}._replace(b=all_da.reshape(all_da.shape[-1], -1).sum(axis=1))",
        ),
    ),
    Mistake("sequence.x-reversed-in-backward", before=_reading(lambda x: x[::-1])),
    Mistake("sequence.x-of-next-step", before=_reading(lambda x: np.concatenate([x[1:], x[-1:]]))),
    Mistake(
        "sequence.never-updated", before=_handing(_never_updated()), excludes="handed", each=True
    ),
    Mistake("sequence.later-added-up", before=_handing(_added_up)),
)

#: For a GRU's sequences: the path that keeps the state.
KEPT_STATE: tuple[Mistake, ...] = (
    edit(
        "sequence.kept-from-first",
        (_FORWARD, "state", _TAKEN, f"mixed_from({_TAKEN}, {_INITIAL}, state)"),
    ),
    edit(
        "sequence.gates-read-first",
        (
            _FORWARD,
            "state",
            _TAKEN,
            f"mixed_from({_TAKEN.replace('state,', _INITIAL + ',')}, state, {_INITIAL})",
        ),
    ),
    edit(
        "sequence.dy-not-on-kept-path",
        (*_INSIDE, "(da.append(da_t), dstate := (dstate[0] - dy[t] * cache.steps[t].z,))"),
    ),
    edit("sequence.update-gate-of-step-before", _RECEIVED, (*_INSIDE, _WITH_GATE.format("t - 1"))),
    edit(
        "sequence.update-gate-of-next-step",
        _RECEIVED,
        (*_INSIDE, _WITH_GATE.format("min(t + 1, len(dy) - 1)")),
    ),
)

#: For an LSTM's sequences, but not for one step.
CELL_STATES: tuple[Mistake, ...] = (
    edit(
        "sequence.dy-into-dc-only",
        (_BACKWARD, "dstate", _SUM, "(dstate[0], *(d + dy[t] for d in dstate[1:]))"),
    ),
    edit(
        "sequence.dc0-without-forget-gate",
        (_BACKWARD, "return", "dstate", "(dstate[0], dstate[1] / cache.steps[0].f)"),
    ),
    edit(
        "sequence.states-exchanged",
        (_FORWARD, "state", _TAKEN, _TAKEN.replace("state,", "state[::-1],")),
    ),
    edit(
        "sequence.forget-gate-of-step-before",
        (*_INSIDE, _WITH_FORGET_GATE.format("t - 1")),
    ),
    edit(
        "sequence.forget-gate-of-next-step",
        (*_INSIDE, _WITH_FORGET_GATE.format("min(t + 1, len(dy) - 1)")),
    ),
    edit("sequence.h-before-last", (_FORWARD, "return", "state", _H_BEFORE_LAST)),
    edit("sequence.c-before-last", (_FORWARD, "return", "state", _C_BEFORE_LAST)),
)

#: For an LSTM: the gradient of c between two steps.
CELL_STATE: tuple[Mistake, ...] = (
    Mistake("sequence.first-c-ignored", before=_without("c_prev", "c0")),
    edit(
        "sequence.c-not-handed-on",
        (
            _FORWARD,
            "state",
            "state",
            "(state[0], *first_state(cell, steps, state)[1:])",
        ),
    ),
    edit(
        "sequence.h-not-handed-on",
        (_FORWARD, "state", "state", "(first_state(cell, steps, state)[0], *state[1:])"),
    ),
    Mistake("sequence.dc-ignored", before=_without("dc_T")),
    Mistake("sequence.last-gradients-ignored", before=_without("dh_T", "dc_T")),
    edit(
        "sequence.dy-into-dc",
        (_BACKWARD, "dstate", "dstate[1:]", "(d + dy[t] for d in dstate[1:])"),
    ),
    edit(
        "sequence.c-after",
        (
            _FORWARD,
            "",
            "steps.append(cache)",
            "steps.append(" + _AGAIN.format("(cache.h_prev, *state[1:])") + ")",
        ),
    ),
    edit("sequence.all-cell-states", (_FORWARD, "return", "state", f"(state[0], {_ALL_C})")),
    Mistake(
        "sequence.dh-never-updated",
        before=_handing(_never_updated(0)),
        excludes="handed",
        each=True,
    ),
    Mistake("sequence.dc-never-updated", before=_handing(_never_updated(1)), each=True),
    edit("sequence.c-for-y", (_FORWARD, "", "state[0]", "state[1]")),
    edit(
        "sequence.dc-not-handed-back",
        (
            _BACKWARD,
            "dstate",
            "dstate[1:]",
            "(d if t == len(dy) - 1 else 0 * d for d in dstate[1:])",
        ),
    ),
)


def _handed_on(key: str, state: str) -> Mistake:
    """Return the mistake of handing on another state to the next window."""
    new = f"carried(cell, params, cache, start, end, k1, lambda state, before, first: {state})"
    return edit(f"sequence.{key}", (_TRUNCATED, "window", "_window(cache, start, end)", new))


_DY_WINDOW = "join([zeros_like(dy[start:first_new]), dy[first_new:end]], axis=0)"

#: For truncated BPTT.
TRUNCATED: tuple[Mistake, ...] = (
    edit("sequence.not-cut", (_TRUNCATED, "start", "max(0, first_new - (k2 - k1))", "0")),
    edit(
        "sequence.windows-from-the-end",
        (_TRUNCATED, "", "range(0, T, k1)", "[0, *range(T % k1 or k1, T, k1)]"),
        (
            _TRUNCATED,
            "end",
            "min(first_new + k1, T)",
            "first_new + k1 if first_new else T % k1 or k1",
        ),
    ),
    edit(
        "sequence.state-cut-too",
        (
            _TRUNCATED,
            "window",
            "_window(cache, start, end)",
            "restarted(cell, params, _window(cache, start, end), start)",
        ),
    ),
    edit(
        "sequence.starts-again",
        (
            _TRUNCATED,
            "window",
            "_window(cache, start, end)",
            "restarted(cell, params, _window(cache, start, end), start, "
            "first_state(cell, cache.steps, ()))",
        ),
    ),
    Mistake("sequence.tail-dropped", before=_without_tail),
    Mistake("sequence.tail-dropped-short-dx", before=_without_short_tail),
    Mistake("sequence.tail-dropped-dstate-moved", before=_moved_to_whole()),
    Mistake("sequence.tail-dropped-but-one-window", before=_moved_to_whole(one=True)),
    Mistake("sequence.tail-dropped-dstate-moved-short-dx", before=_moved_to_whole(short=True)),
    _handed_on("state-before-last-carried", "before"),
    Mistake("sequence.dy-at-border-lost", before=_without_dy_at_borders),
    edit(
        "sequence.state-after-window-start",
        (
            _TRUNCATED,
            "window",
            "_window(cache, start, end)",
            "restarted(cell, params, _window(cache, start, end), start, "
            "state_after(cell, params, cache, start))",
        ),
    ),
    edit(
        "sequence.windows-run-backwards",
        (
            _TRUNCATED,
            "window",
            "_window(cache, start, end)",
            "carried_back(cell, params, cache, start, end, k1)",
        ),
    ),
    Mistake("sequence.window-too-long", before=_longer(1)),
    Mistake("sequence.window-too-short", before=_longer(-1)),
    edit("sequence.dh0-of-all-windows", (_TRUNCATED, "", "start > 0", "False")),
    edit(
        "sequence.dh0-of-last-window",
        (_TRUNCATED, "", "start > 0", "False"),
        (_TRUNCATED, "total", "add(total, part)", "(*add(total, part)[:2], part[2])"),
    ),
    edit(
        "sequence.mean-over-windows",
        (_TRUNCATED, "return", "total", "mean_over(total, len(range(0, T, k1)))"),
    ),
    edit(
        "sequence.last-dx-only",
        (_TRUNCATED, "total", "add(total, part)", "(add(total, part)[0], part[1], total[2])"),
    ),
    Mistake(
        "sequence.cut-after-border",
        before=_handing(_cut_where(lambda b: b.t > 1 and b.t % b.k == 1)),
    ),
    Mistake("sequence.cut-after-first", before=_handing(_cut_where(lambda b: b.t % b.k == 1))),
    Mistake(
        "sequence.cut-before-border", before=_handing(_cut_where(lambda b: b.t % b.k == b.k - 1))
    ),
    Mistake("sequence.cut-everywhere", before=_handing(_cut_where(lambda b: True))),
    Mistake("sequence.windows-for-k", before=lambda a: a | {"k": -(-len(a["x"]) // a["k"])}),
    Mistake("sequence.dh0-cut-too", after=_cut_first),
    edit(
        "sequence.windows-overlap",
        (_TRUNCATED, "start", "max(0, first_new - (k2 - k1))", "max(0, first_new - 1)"),
        (_TRUNCATED, "dy_window", _DY_WINDOW, "dy[start:end]"),
        each=True,
    ),
    edit(
        "sequence.state-of-window-end",
        (
            _TRUNCATED,
            "window",
            "_window(cache, start, end)",
            "from_its_end(cell, params, _window(cache, start, end))",
        ),
    ),
    edit("sequence.dstate-in-every-window", (_TRUNCATED, "last", "end == T", "True")),
    edit(
        "sequence.last-window-only",
        (
            _TRUNCATED,
            "total",
            "add(total, part)",
            "(part[0], total[1] + part[1], total[2])",
        ),
    ),
)


#: For an LSTM's truncated BPTT, whose state is two arrays.
TRUNCATED_CELL_STATE: tuple[Mistake, ...] = (
    _handed_on("states-swapped", "state[::-1]"),
    _handed_on("c-not-handed-on-to-window", "(state[0], *first[1:])"),
    _handed_on("h-starts-again", "(first[0], *state[1:])"),
    _handed_on("c-set-to-zero", "(state[0], *(0 * c for c in state[1:]))"),
    _handed_on("h-set-to-zero", "(0 * state[0], *state[1:])"),
    Mistake("sequence.only-h-cut", before=_handing(_cut_where(_at_border, 0))),
    Mistake("sequence.only-c-cut", before=_handing(_cut_where(_at_border, 1))),
    edit("sequence.dc-in-every-window", (*_LAST, "(0 * dstate[0], *dstate[1:])")),
    edit("sequence.dh-in-every-window", (*_LAST, "(dstate[0], *(0 * d for d in dstate[1:]))")),
    edit(
        "sequence.c-starts-again",
        (
            _TRUNCATED,
            "window",
            "_window(cache, start, end)",
            "restarted(cell, params, _window(cache, start, end), start, "
            "(cache.steps[start].h_prev, *first_state(cell, cache.steps, ())[1:]))",
        ),
    ),
)


def exchanged(first: str, second: str) -> Mistake:
    """Return the mistake of exchanging two results."""

    def after(results: Named) -> Named:
        if not {first, second} <= set(results):
            return results
        return results | {first: results[second], second: results[first]}

    return Mistake(
        "any.exchanged",
        after=after,
        values={"first": first, "second": second},
        label=f"{first}-{second}-exchanged",
    )


def given_exchanged(first: str, second: str) -> Mistake:
    """Return the mistake of exchanging two arguments."""

    def before(arguments: Named) -> Named:
        if not {first, second} <= set(arguments):
            return arguments
        return arguments | {first: arguments[second], second: arguments[first]}

    return Mistake(
        "any.given-exchanged",
        before=before,
        values={"first": first, "second": second},
        label=f"given-{first}-{second}-exchanged",
    )


#: Visible only if T = N, because otherwise the shapes do not fit.
SWAPPED = Mistake(
    "sequence.time-and-batch-swapped", before=_swap_axes, after=_swap_axes, convention=True
)
