// The gradient of an LSTM's last cell state over fifty steps: the path along the cell state, and
// all others, which pass through h.
"use strict";

(() => {
  const { sizes, params, x } = equations.lstm_sample;
  const { H } = sizes;
  const T = x.length;
  const to_x = moving.scale([0, T], [58, 448]);
  const to_y = moving.scale([2, -8], [84, 304]); // of the logarithm
  const inputs = x.map((row) => Float64Array.from(row));
  const zeros = () => new Float64Array(H);
  const unit = (k) => zeros().fill(1, k, k + 1);

  function changed(b_f, factor) {
    const b = Float64Array.from(params.b).fill(b_f, H, 2 * H);
    const W_hh = Float64Array.from(params.W_hh, (weight) => factor * weight);
    return { W_ih: Float64Array.from(params.W_ih), W_hh, b };
  }

  // The gradients of c that arrive at each lag, from one of c at the last step. If `direct`, nothing
  // passes through h on the way.
  function arriving(weights, steps, dc, direct) {
    const arrived = [dc];
    let dh = zeros();
    for (let t = T - 1; t >= 0; t--) {
      const given = { ...weights, ...steps[t], x: inputs[t], dy: zeros(), dh: direct ? zeros() : dh, dc };
      ({ dold_h: dh, dold_c: dc } = equations.lstm_states.stepBackward(sizes, given));
      arrived.push(dc);
    }
    return arrived;
  }

  // By lag: the mean of the forget gates, the sizes of the direct path and of all others.
  function computed(b_f, factor) {
    const weights = changed(b_f, factor);
    let state = { h: zeros(), c: zeros() };
    const steps = inputs.map((x) => {
      const step = equations.lstm_states.step(sizes, { ...weights, ...state, x });
      state = { h: step.new_h, c: step.new_c };
      return step;
    });
    const direct = arriving(weights, steps, zeros().fill(1), true);
    const rest = new Float64Array(T + 1);
    for (let k = 0; k < H; k++) {
      arriving(weights, steps, unit(k), false).forEach((row, lag) => {
        row.forEach((value, j) => (rest[lag] += (value - (j === k ? direct[lag][k] : 0)) ** 2));
      });
    }
    const size = (sum) => Math.sqrt(sum / H);
    return {
      gates: steps.map(({ cache_f }) => cache_f.reduce((a, b) => a + b) / H).reverse(),
      direct: direct.map((row) => size(row.reduce((a, b) => a + b * b, 0))),
      rest: Array.from(rest, size),
    };
  }

  // A curve over the lags; what is too small for the plot ends it.
  function curve(sizes_by_lag, first) {
    const points = [];
    for (let lag = first; lag <= T && sizes_by_lag[lag] > 0; lag++) {
      points.push([to_x(lag), to_y(Math.max(-9, Math.min(3, Math.log10(sizes_by_lag[lag]))))]);
    }
    return moving.path(points);
  }

  const bars = (gates) =>
    gates.map((f, k) => `M${to_x(k + 0.6).toFixed(1)} 58v${(-40 * f).toFixed(1)}h6v${(40 * f).toFixed(1)}z`).join("");

  function start(figure) {
    const { words } = figure;
    const chosen = { b_f: 1, factor: 1, lag: 50 };

    function show() {
      const { gates, direct, rest } = computed(chosen.b_f, chosen.factor);
      figure.draw("gates", { d: bars(gates) });
      figure.draw("curve_direct", { d: curve(direct, 0) });
      figure.draw("curve_rest", { d: curve(rest, 2) });
      figure.draw("lag_line", { d: `M${to_x(chosen.lag).toFixed(1)} 84V304` });
      const said = {
        lag: String(chosen.lag),
        direct: moving.significant(direct[chosen.lag]),
        rest: moving.significant(rest[chosen.lag]),
      };
      for (const name of ["direct", "rest"]) figure.write(name, said[name]);
      figure.tell(words.told.replace(/\{(\w+)\}/g, (_, name) => said[name]));
    }

    const slide = (name, setting) =>
      figure.slider({ label: words[name], value: chosen[name], ...setting }, (value) => {
        chosen[name] = value;
        show();
      });
    figure.group("wide", words.controls, () => {
      slide("b_f", { min: -1, max: 6, step: 0.1, digits: 1 });
      slide("factor", { min: 0, max: 4, step: 0.25 });
      slide("lag", { min: 2, max: T, step: 1, digits: 0 });
    });
    show();
  }

  moving.figure("lstm-paths", start);
})();
