// The size of the gradient against the lag, for a spectral radius, an activation and inputs.
"use strict";

(() => {
  const T = 50;
  const [LEFT, TOP, WIDE, HIGH] = [64, 20, 396, 300];
  const MOST = 9; // decades above and below 1
  const { H, W_ih, W_hh, x, dh } = equations.rnn_sample;
  const sizes = { D: W_ih.length / H, H };
  const array = (values) => Float64Array.from(values);
  const scaled = (values, factor) => array(values.map((value) => factor * value));
  const norm = (v) => Math.hypot(...v);

  // A linear network is the tanh network at the state 0, where every slope is 1.
  const cells = { tanh: [equations.rnn, 1], relu: [equations.rnn_relu, 1], linear: [equations.rnn, 0] };

  // The gradient's factors by lag, and the mean slope of the activation.
  function computed({ rho, phi, inputs }) {
    const [cell, present] = cells[phi];
    const params = { W_ih: array(W_ih), W_hh: scaled(W_hh, rho), b: new Float64Array(H) };
    const given = x.map((row) => scaled(row, present * inputs));
    const { steps } = cell.forward(sizes, params, given, { h: new Float64Array(H) });
    let gradient = array(dh);
    const factors = [1];
    let slopes = 0;
    const back = (t, dh_t) => cell.stepBackward(sizes, { ...params, ...steps[t], x: given[t], dy: new Float64Array(H), dh: dh_t });
    for (let t = T - 1; t >= 0; t--) {
      gradient = back(t, gradient).dold_h;
      factors.push(norm(gradient) / norm(dh));
      slopes += back(t, new Float64Array(H).fill(1)).grad_b.reduce((sum, slope) => sum + slope, 0);
    }
    return { factors, slope: slopes / (T * H) };
  }

  const x_of = moving.scale([0, T], [LEFT, LEFT + WIDE]);
  const y_of = moving.scale([-MOST, MOST], [TOP + HIGH, TOP]);
  const decades = (value) => Math.max(-MOST, Math.min(MOST, Math.log10(value)));
  const curve = (values) => moving.path(values.map((value, k) => [x_of(k), y_of(decades(value))]));

  function start(figure) {
    const { words } = figure;
    const set = { rho: 1.2, phi: "tanh", inputs: 1 };

    function show() {
      const { factors, slope } = computed(set);
      const powers = factors.map((_, k) => set.rho ** k);
      figure.draw("curve", { d: curve(factors) });
      figure.draw("powers", { d: curve(powers) });
      const values = { factor: moving.significant(factors[T]), power: moving.significant(powers[T]), slope: moving.number(slope) };
      for (const [name, text] of Object.entries(values)) figure.write(name, text);
      figure.tell(words.told.replace(/\{(\w+)\}/g, (_, name) => values[name]));
    }

    const change = (name) => (value) => {
      set[name] = value;
      show();
    };
    figure.choice(words.phi, Object.keys(cells).map((name) => [name, words[name]]), change("phi"));
    figure.slider({ label: words.rho, min: 0.4, max: 3, step: 0.05, value: set.rho }, change("rho"));
    figure.slider({ label: words.inputs, min: 0, max: 30, step: 1, value: set.inputs, digits: 0 }, change("inputs"));
    show();
  }

  moving.figure("gradient-lag", start);
})();
