// One LSTM cell on its diagram: a step forward, and the gradients of that step.
"use strict";

(() => {
  const sizes = { D: 1, H: 1 };
  const weights = { W_ih: Float64Array.of(1, 1, 1, 1), W_hh: Float64Array.of(0.5, 0.5, 0.5, 0.5) };
  const gates = ["i", "f", "g", "o"];
  const presets = {
    half: { x: 0, h: 0, c: 1, b_i: 0, b_f: 0, b_g: 0.69, b_o: 0 },
    keep: { x: 0, h: 0, c: 1, b_i: -6, b_f: 6, b_g: 0.69, b_o: 0 },
    erase: { x: 0, h: 0, c: 1, b_i: -6, b_f: -6, b_g: 0.69, b_o: 0 },
  };
  const ranges = { x: 2, h: 1, c: 3, b_i: 6, b_f: 6, b_g: 6, b_o: 6 };
  const incoming = { h: { dh: 1, dc: 0 }, c: { dh: 0, dc: 1 }, both: { dh: 1, dc: 1 } };
  const one = (value) => Float64Array.of(value);

  // All values of a step and of its backward pass, as numbers.
  function computed(values, { dh, dc }) {
    const b = Float64Array.from(gates, (gate) => values["b_" + gate]);
    const params = { ...weights, b };
    const given = { ...params, x: one(values.x), h: one(values.h), c: one(values.c) };
    const step = equations.lstm.step(sizes, given);
    const back = (into) =>
      equations.lstm.stepBackward(sizes, { ...given, ...step, dy: one(0), dh: one(dh), dc: one(into) });
    const gradients = back(dc);
    return {
      values: { c_t: step.new_c, h_t: step.new_h, ...picked(step, gates, "cache_") },
      gradients: {
        dh: one(dh), dc: one(dc), dh_prev: gradients.dold_h, dc_prev: gradients.dold_c, dx: gradients.dx,
        from_h: back(0).variable_dc, dc_t: gradients.variable_dc,
        ...picked(gradients, ["do", "di", "df", "dg"], "variable_"),
        ...Object.fromEntries(gates.map((gate, k) => ["da_" + gate, one(gradients.grad_b[k])])),
      },
    };
  }

  const picked = (from, names, prefix) => Object.fromEntries(names.map((name) => [name, from[prefix + name]]));

  function start(figure) {
    const { words } = figure;
    const values = { ...presets.half };
    let start_at = "h";

    function show() {
      const all = computed(values, incoming[start_at]);
      for (const name of ["x", "h", "c"]) figure.write(name + "_in", moving.number(values[name]));
      for (const [name, [value]] of Object.entries(all.values)) figure.write(name, moving.number(value));
      for (const [name, [value]] of Object.entries(all.gradients)) {
        figure.write(name, moving.number(value));
        figure.thicken("band_" + name, value);
      }
      for (const gate of gates) fill(gate, all.values[gate][0]);
      const said = { c: all.values.c_t[0], h: all.values.h_t[0], dc: all.gradients.dc_prev[0] };
      figure.tell(words.told.replace(/\{(\w+)\}/g, (_, name) => moving.number(said[name])));
    }

    // A gate is filled from below by its value, the candidate by its size.
    function fill(gate, value) {
      const height = 34 * Math.abs(value);
      figure.draw("fill_" + gate, { y: (279 - height).toFixed(1), height: height.toFixed(1) });
    }

    const sliders = {};
    figure.group("row", words.presets, () => {
      for (const name of Object.keys(presets)) figure.button(words[name], () => choose(presets[name]));
    });
    const slide = (name) => {
      const range = ranges[name];
      const setting = { label: words[name], min: -range, max: range, step: 0.01, value: values[name] };
      sliders[name] = figure.slider(setting, (value) => {
        values[name] = value;
        show();
      });
    };
    figure.group("column", words.inputs, () => ["x", "h", "c"].forEach(slide));
    figure.group("column", words.biases, () => gates.forEach((gate) => slide("b_" + gate)));
    const options = Object.keys(incoming).map((name) => [name, words["from_" + name]]);
    figure.choice(words.incoming, options, (name) => {
      start_at = name;
      show();
    });

    function choose(preset) {
      Object.assign(values, preset);
      for (const name of Object.keys(ranges)) sliders[name].set(values[name]);
      show();
    }

    show();
  }

  moving.figure("lstm-driven", start);
})();
