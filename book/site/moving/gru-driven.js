// One GRU cell with the reset after the product beside one with the reset before it.
"use strict";

(() => {
  const sizes = { D: 1, H: 1 };
  const cells = { after: equations.gru, before: equations.gru_before };
  const one = (value) => Float64Array.of(value);
  const begins = { x: 0, h: 0.5, b_r: 0, b_z: 1.1, b_n: 0.2, b_hn: 0.3 };
  const ranges = { x: 2, h: 1, b_r: 6, b_z: 6, b_n: 3, b_hn: 2 };
  const presets = {
    example: begins,
    keep: { ...begins, b_z: 6 },
    plain: { ...begins, b_r: 6, b_z: -6 },
  };

  // What a cell computes: values, and gradients for a gradient of 1 of the new state.
  function computed(cell, values) {
    const params = {
      W_ih: Float64Array.of(1, 1, 1),
      W_hh: Float64Array.of(0, 0, 1),
      b: Float64Array.of(values.b_r, values.b_z, values.b_n),
      b_hn: one(values.b_hn),
    };
    const given = { ...params, x: one(values.x), h: one(values.h) };
    const step = cell.step(sizes, given);
    const back = cell.stepBackward(sizes, { ...given, ...step, dy: one(0), dh: one(1) });
    const [da_r, da_z, da_n] = back.grad_b;
    const gradients = { dh: 1, dh_prev: back.dold_h[0], da_r, da_z, da_n };
    for (const name of ["dz", "dn", "dr", "dq"]) gradients[name] = back["variable_" + name][0];
    return {
      values: {
        h_t: step.new_h[0], r: step.cache_r[0], z: step.cache_z[0], n: step.cache_n[0],
        a_n: step.variable_a_n[0], u_n: step.state_part[0],
      },
      gradients,
    };
  }

  function start(figure) {
    const { words } = figure;
    const values = { ...begins };
    let keeps = true; // whether a z of 1 keeps the state (Cho) or replaces it (Chung)

    function show() {
      figure.write("h_in", moving.number(values.h));
      figure.write("name_z", keeps ? "z" : "z′");
      const said = {};
      for (const [kind, cell] of Object.entries(cells)) {
        const all = computed(cell, values);
        said[kind] = moving.number(all.values.h_t);
        show_cell(kind, all);
      }
      figure.tell(words.told.replace(/\{(\w+)\}/g, (_, kind) => said[kind]));
    }

    function show_cell(kind, { values: found, gradients }) {
      const z = keeps ? found.z : 1 - found.z; // Chung's z′ is 1 − z, so its gradient has the other sign
      for (const [name, value] of Object.entries({ ...found, z })) {
        figure.write(`${kind}_${name}`, moving.number(value));
      }
      const da_z = keeps ? gradients.da_z : -gradients.da_z;
      for (const [name, value] of Object.entries({ ...gradients, da_z })) {
        figure.write(`${kind}_${name}`, moving.number(value));
        figure.thicken(`${kind}_band_${name}`, value);
      }
      fill(`${kind}_fill_z`, z, 178);
      fill(`${kind}_fill_n`, found.n, 254);
      fill(`${kind}_fill_r`, found.r, 418);
    }

    // Fills a box from below by its value.
    function fill(part, value, bottom) {
      const height = 34 * Math.abs(value);
      figure.draw(part, { y: (bottom - height).toFixed(1), height: height.toFixed(1) });
    }

    const sliders = {};
    const slide = (name) => {
      const range = ranges[name];
      const setting = { label: words[name], min: -range, max: range, step: 0.01, value: values[name] };
      sliders[name] = figure.slider(setting, (value) => {
        values[name] = name === "b_z" && !keeps ? -value : value;
        show();
      });
    };
    const set_sliders = () => {
      for (const name of Object.keys(ranges)) sliders[name].set(name === "b_z" && !keeps ? -values.b_z : values[name]);
    };
    figure.group("row", words.presets, () => {
      for (const [name, preset] of Object.entries(presets)) {
        figure.button(words[name], () => {
          Object.assign(values, preset);
          set_sliders();
          show();
        });
      }
    });
    figure.group("column", words.inputs, () => ["x", "h", "b_hn"].forEach(slide));
    figure.group("column", words.biases, () => ["b_r", "b_z", "b_n"].forEach(slide));
    figure.choice(words.sign, [["keeps", words.keeps], ["replaces", words.replaces]], (sign) => {
      keeps = sign === "keeps";
      set_sliders();
      show();
    });
    show();
  }

  moving.figure("gru-driven", start);
})();
