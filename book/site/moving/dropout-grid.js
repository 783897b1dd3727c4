// Masks of a sequence, the memory that they leave, and the curve of the formula.
"use strict";

(() => {
  const [H, SHOWN] = [64, 12]; // units of the network, units in the drawing
  const sizes = { D: H, H };
  const [LEFT, WIDE] = [44, 420]; // of every panel
  const [MASK, CELL, CURVE] = [30, 158, 300]; // the panels' tops
  const [ROW, HIGH] = [8, 110]; // heights of a row and of the curve
  const symbols = { x: "m ⊙ x", c: "m ⊙ c", h: "m ⊙ h", g: "m ⊙ g", W_hh: "M ⊙ W", keep_c: "m : c" };

  // What is left of the memory after t steps on average, by the chapter's formulas.
  const formulas = {
    erased: (p, f, t) => ((1 - p) * f) ** t,
    rnndrop: (p, f, t) => (t ? 1 - p : 1) * f ** t,
    zoneout: (p, f, t) => (p + (1 - p) * f) ** t,
    beside: (p, f, t) => f ** t,
  };
  const formula_of = (name) => formulas[name] ?? formulas.beside;

  // The network: only a memory of 1 in each unit, of which each step keeps the share f.
  function network(f) {
    const gates = [0, Math.log(f / (1 - f)), 0, 0];
    const b = new Float64Array(4 * H).map((_, k) => gates[Math.floor(k / H)]);
    return { W_ih: new Float64Array(4 * H * H), W_hh: new Float64Array(4 * H * H), b };
  }

  // Masks that change nothing; each variant replaces those of its sites.
  const ones = (size) => new Float64Array(size).fill(1);
  const unmasked = {
    mask_x: ones(H), mask_h: ones(H), mask_g: ones(H), mask_c: ones(H), mask_y: 1,
    mask_keep_c: new Float64Array(H), mask_W_hh: ones(4 * H * H),
  };

  // The masks of all steps, as the library's variant draws them: at its sites, for its lifetimes.
  function drawn({ p, T, seed, variant }) {
    const next = moving.numbers(seed);
    const scale = { inverted: p < 1 ? 1 / (1 - p) : 0, plain: 1 };
    const of = (site) => {
      const size = unmasked[`mask_${site.name}`].length;
      return new Float64Array(size).map(() => (next() < p) === site.keeps ? scale[site.kept] : 0);
    };
    const steps = Array.from({ length: T }, () => ({ ...unmasked, mask_y: variant.scaled_h ? scale.inverted : 1 }));
    for (const site of variant.sites) {
      let mask = of(site);
      steps.forEach((step, t) => {
        if (site.per_step && t > 0) mask = of(site);
        step[`mask_${site.name}`] = mask;
      });
    }
    return steps;
  }

  // The cell state of all steps; in evaluation zoneout's mask is the number p.
  function memory({ f, p, T, evaluation, variant }, masks) {
    const params = network(f);
    let state = { h: new Float64Array(H), c: ones(H) };
    const all = [state.c];
    const x = new Float64Array(H);
    const keep = variant.fraction ? p : 0;
    for (let t = 0; t < T; t++) {
      const given = { ...params, ...state, x };
      const { new_h, new_c } = evaluation
        ? equations.lstm_dropout.evaluation(sizes, { ...given, mask_keep_c: keep })
        : equations.lstm_dropout.training(sizes, { ...given, ...masks[t] });
      state = { h: new_h, c: new_c };
      all.push(new_c);
    }
    return all;
  }

  const mean = (array) => array.reduce((sum, value) => sum + value, 0) / array.length;
  const bar = (x, y, width, share) =>
    share > 0.005 ? `M${x.toFixed(1)} ${y}h${width.toFixed(1)}v${(-7 * share).toFixed(1)}h${(-width).toFixed(1)}Z` : "";

  function start(figure) {
    const { words } = figure;
    const set = { name: "erased", p: 0.1, f: 0.99, T: 50, seed: 1, evaluation: false };
    let until = set.T;
    let masks, states;
    let stop = () => {};

    function compute() {
      const variant = equations.dropouts[set.name];
      masks = drawn({ ...set, variant });
      states = memory({ ...set, variant }, masks);
    }

    function show() {
      const width = WIDE / set.T;
      const gap = Math.min(1.5, 0.15 * width);
      let cells = "";
      for (let t = 1; t <= until; t++) {
        for (let k = 0; k < SHOWN; k++) {
          cells += bar(LEFT + (t - 1) * width, CELL + ROW * (k + 1), width - gap, states[t][k]);
        }
      }
      figure.draw("cells", { d: cells || "M0 0" });
      figure.draw("masks", { d: mask_cells(width, gap) || "M0 0" });
      show_curves();
    }

    // Dropped cells; for zoneout those that keep the old state, in evaluation the fraction p.
    function mask_cells(width, gap) {
      const { sites, fraction } = equations.dropouts[set.name];
      const site = sites.find(({ shown }) => shown);
      figure.write("site", symbols[site.name]);
      if (set.evaluation && !fraction) return "";
      const weights = site.name === "W_hh";
      const columns = weights ? SHOWN : until;
      const wide = weights ? ROW : width;
      let cells = "";
      for (let t = 0; t < columns; t++) {
        for (let k = 0; k < SHOWN; k++) {
          const share = set.evaluation ? set.p : Number(is_dropped(site, t, k));
          cells += bar(LEFT + t * wide, MASK + ROW * (k + 1), wide - (weights ? 1 : gap), share);
        }
      }
      return cells;
    }

    // Of the weights, unit k's candidate reads unit t.
    function is_dropped(site, t, k) {
      if (site.name === "W_hh") return masks[0].mask_W_hh[(2 * H + k) * H + t] === 0;
      return (masks[t][`mask_${site.name}`][k] === 0) !== site.keeps;
    }

    function show_curves() {
      const x = moving.scale([0, set.T], [LEFT, LEFT + WIDE]);
      const y = moving.scale([0, 1], [CURVE + HIGH, CURVE]);
      const steps = Array.from({ length: set.T + 1 }, (_, t) => t);
      figure.draw("formula", { d: moving.path(steps.map((t) => [x(t), y(expected(t))])) });
      const done = steps.slice(0, until + 1).map((t) => [x(t), y(Math.min(1, mean(states[t])))]);
      figure.draw("mean", { d: moving.path(done) });
      figure.draw("end", { cx: done.at(-1)[0].toFixed(1), cy: done.at(-1)[1].toFixed(1) });
      const said = {
        t: until, left: moving.number(mean(states[until]), 3), exact: moving.number(expected(until), 3),
      };
      figure.write("left", said.left);
      figure.write("exact", said.exact);
      figure.write("last", String(set.T));
      figure.write("middle", String(set.T / 2));
      figure.tell(words.told.replace(/\{(\w+)\}/g, (_, name) => said[name]));
    }

    // In evaluation nothing is drawn: zoneout keeps the fraction p, the others are off.
    function expected(t) {
      const name = set.evaluation && set.name !== "zoneout" ? "beside" : set.name;
      return formula_of(name)(set.p, set.f, t);
    }

    function change(values) {
      stop();
      Object.assign(set, values);
      until = set.T;
      compute();
      show();
    }

    function play() {
      stop();
      until = 0;
      stop = moving.play(() => {
        until += 1;
        show();
        return until < set.T;
      }, 80);
    }

    const names = Object.keys(equations.dropouts);
    figure.choice(words.variant, names.map((name) => [name, words[name]]), (name) => change({ name }));
    const modes = ["training", "evaluation"].map((name) => [name, words[name]]);
    figure.choice(words.mode, modes, (mode) => change({ evaluation: mode === "evaluation" }));
    figure.slider({ label: words.p, min: 0, max: 0.9, step: 0.05, value: set.p }, (p) => change({ p }));
    figure.slider({ label: words.f, min: 0.8, max: 1, step: 0.01, value: set.f }, (f) => change({ f }));
    const range = { label: words.T, min: 10, max: 50, step: 10, value: set.T, digits: 0 };
    figure.slider(range, (T) => change({ T }));
    figure.group("row", words.play, () => {
      figure.button(words.play, play);
      figure.button(words.again, () => change({ seed: set.seed + 1 }));
    });
    compute();
    show();
  }

  moving.figure("dropout-grid", start);
})();
