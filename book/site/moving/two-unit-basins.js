// The basins of a tanh network of two units without input, and the Jacobian under the pointer.
"use strict";

(() => {
  const [LEFT, TOP, SIDE] = [46, 16, 400];
  const [COARSE, FINE] = [20, 50]; // cells on a side
  const [STEPS, SHOWN] = [200, 40]; // until a state has settled; of the path that is drawn
  const PAUSE = 150; // milliseconds after the last change before the fine basins are computed
  const names = ["a", "b", "c", "d"];
  const sizes = { D: 1, H: 2 };
  const nothing = Float64Array.of(0);
  const x_of = moving.scale([-1, 1], [LEFT, LEFT + SIDE]);
  const y_of = moving.scale([-1, 1], [TOP + SIDE, TOP]);
  const h_of = moving.scale([LEFT, LEFT + SIDE], [-1, 1]);
  const near = (g, h) => Math.max(Math.abs(g[0] - h[0]), Math.abs(g[1] - h[1]));

  const network = ({ w, w_12, w_21 }) => ({
    W_ih: new Float64Array(2), W_hh: Float64Array.of(w, w_12, w_21, w), b: new Float64Array(2),
  });
  const step = (params, h) => equations.rnn.step(sizes, { ...params, x: nothing, h });

  // Where a state ends after an even number of steps; nothing if it goes round for ever.
  function settled(params, h) {
    let moved = 1;
    for (let t = 0; t < STEPS && moved > 1e-7; t += 2) {
      const before = h;
      h = step(params, step(params, h).new_h).new_h;
      moved = near(before, h);
    }
    return moved < 1e-3 ? h : null;
  }

  // The Jacobian of the step that starts at h, row by row, by the backward pass.
  function jacobian(params, h) {
    const forward = step(params, h);
    const zero = new Float64Array(2);
    const row = (dh) => equations.rnn.stepBackward(sizes, { ...params, ...forward, x: nothing, dy: zero, dh }).dold_h;
    return [row(Float64Array.of(1, 0)), row(Float64Array.of(0, 1))];
  }

  // The eigenvalues of a matrix of two rows: [real, imaginary] parts.
  function eigenvalues([[a, b], [c, d]]) {
    const [half, root] = [(a + d) / 2, ((a - d) / 2) ** 2 + b * c];
    const size = Math.sqrt(Math.abs(root));
    return root < 0 ? [[half, size], [half, -size]] : [[half + size, 0], [half - size, 0]];
  }

  function written([[real, imaginary], [other]]) {
    if (imaginary) return `${moving.number(real)} ± ${moving.number(imaginary)} i`;
    return `${moving.number(real)}, ${moving.number(other)}`;
  }

  // All sinks that are reached, from upper right to lower left, and which of them each cell reaches.
  // Cells are tried beside their centres, since a centre may lie just on the border.
  function basins(params, cells) {
    const sinks = [];
    const ends = Array.from({ length: cells ** 2 }, (_, k) => {
      const [row, column] = [Math.floor(k / cells), k % cells];
      const h = Float64Array.of((2 * column + 1.2) / cells - 1, 1 - (2 * row + 1) / cells);
      const end = settled(params, h);
      const known = end && sinks.find((sink) => near(sink, end) < 0.02);
      if (end && !known) sinks.push(end);
      return known || end;
    });
    const rounded = (value) => Math.round(1000 * value);
    sinks.sort((g, h) => rounded(h[0]) - rounded(g[0]) || rounded(h[1]) - rounded(g[1]));
    return { sinks, found: ends.map((end) => sinks.indexOf(end)) };
  }

  // One path for the cells of a basin: a rectangle for each run of cells in a row.
  function region(found, cells, which) {
    const side = SIDE / cells;
    let path = "";
    for (let row = 0; row < cells; row++) {
      for (let from = 0, to; from < cells; from = to + 1) {
        to = from;
        while (to < cells && found[row * cells + to] === which) to++;
        if (to > from) path += `M${LEFT + from * side} ${TOP + row * side}h${(to - from) * side}v${side}H${LEFT + from * side}Z`;
      }
    }
    return path || "M0 0";
  }

  function start(figure) {
    const { words } = figure;
    const set = { w: 1.6, w_12: 0.5, w_21: 0.5 };
    let h = [-0.44, 0.52];
    let later;

    function show_basins(cells) {
      const { sinks, found } = basins(network(set), cells);
      names.forEach((name, which) => {
        figure.draw(`basin_${name}`, { d: region(found, cells, which) });
        const [x, y] = sinks[which] ?? [9, 9]; // out of sight
        figure.draw(`sink_${name}`, { cx: x_of(x).toFixed(1), cy: y_of(y).toFixed(1) });
      });
    }

    function show_path() {
      const params = network(set);
      const states = [Float64Array.from(h)];
      for (let t = 0; t < SHOWN; t++) states.push(step(params, states.at(-1)).new_h);
      figure.draw("path", { d: moving.path(states.map(([first, second]) => [x_of(first), y_of(second)])) });
      figure.draw("start", { cx: x_of(h[0]).toFixed(1), cy: y_of(h[1]).toFixed(1) });
      const values = { eigenvalues: written(eigenvalues(jacobian(params, states[0]))) };
      figure.write("eigenvalues", values.eigenvalues);
      figure.write("h_1", moving.number(h[0]));
      figure.write("h_2", moving.number(h[1]));
      const end = states.at(-1);
      Object.assign(values, { end_1: moving.number(end[0]), end_2: moving.number(end[1]) });
      figure.tell(words.told.replace(/\{(\w+)\}/g, (_, name) => values[name]));
    }

    // Coarse at once, fine when the reader pauses.
    function show() {
      clearTimeout(later);
      show_basins(COARSE);
      show_path();
      later = setTimeout(() => show_basins(FINE), PAUSE);
    }

    function move(x, y) {
      const within = (value) => Math.round(100 * Math.min(1, Math.max(-1, value))) / 100;
      h = [within(h_of(x)), within(-h_of(y - TOP + LEFT))];
      states.forEach((slider, k) => slider.set(h[k]));
      show_path();
    }

    const weight = (name) => {
      const setting = { label: words[name], min: -2, max: 3, step: 0.05, value: set[name] };
      return figure.slider(setting, (value) => {
        set[name] = value;
        show();
      });
    };
    Object.keys(set).forEach(weight);
    const states = [0, 1].map((k) => {
      const setting = { label: words[`h_${k + 1}`], min: -1, max: 1, step: 0.01, value: h[k] };
      return figure.slider(setting, (value) => {
        h[k] = value;
        show_path();
      });
    });
    figure.point(move);
    show_basins(FINE);
    show_path();
  }

  moving.figure("two-unit-basins", start);
})();
