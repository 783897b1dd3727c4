// The logistic map, composed with itself step by step, and its Lyapunov exponent.
"use strict";

(() => {
  const [LEFT, TOP, SIDE] = [46, 16, 400];
  const MOST = 60; // steps that a reader can play
  const SETTLE = 1000; // steps before the exponent is averaged, and over which it is
  const x_of = moving.scale([0, 1], [LEFT, LEFT + SIDE]);
  const y_of = moving.scale([0, 1], [TOP + SIDE, TOP]);
  const map = (r, s) => r * s * (1 - s);
  const slope = (r, s) => r * (1 - 2 * s);

  // The mean logarithm of the slopes, once the values have settled.
  function exponent(r, s) {
    let sum = 0;
    for (let n = 0; n < 2 * SETTLE; n++) {
      if (n >= SETTLE) sum += Math.log(Math.max(1e-12, Math.abs(slope(r, s)))) / SETTLE;
      s = map(r, s);
    }
    return sum;
  }

  function web(r, s, steps) {
    const corners = [[x_of(s), y_of(0)]];
    for (let n = 0; n < steps; n++) {
      const after = map(r, s);
      corners.push([x_of(s), y_of(after)], [x_of(after), y_of(after)]);
      s = after;
    }
    return { corners, last: s };
  }

  function start(figure) {
    const { words } = figure;
    const set = { r: 3.5, s: 0.3, n: 40 };
    let stop = () => {};

    function show() {
      const { r, s, n } = set;
      const places = Array.from({ length: 81 }, (_, k) => k / 80);
      figure.draw("curve", { d: moving.path(places.map((place) => [x_of(place), y_of(map(r, place))])) });
      const { corners, last } = web(r, s, n);
      figure.draw("web", { d: moving.path(corners) });
      figure.draw("last", { cx: x_of(last).toFixed(1), cy: y_of(last).toFixed(1) });
      const values = { n: String(n), s: moving.number(last, 4), exponent: moving.number(exponent(r, s)) };
      figure.write("step", values.n);
      figure.write("state", values.s);
      figure.write("exponent", values.exponent);
      figure.tell(words.told.replace(/\{(\w+)\}/g, (_, name) => values[name]));
    }

    const change = (name) => (value) => {
      stop();
      set[name] = value;
      show();
    };

    function play() {
      stop();
      set.n = 0;
      stop = moving.play(() => {
        set.n += 1;
        steps.set(set.n);
        show();
        return set.n < MOST;
      }, 150);
    }

    figure.group("row", words.play, () => {
      figure.button(words.play, play);
    });
    const slide = (name, setting) => figure.slider({ label: words[name], value: set[name], ...setting }, change(name));
    let steps;
    figure.group("long", words.controls, () => {
      slide("r", { min: 1, max: 4, step: 0.01 });
      slide("s", { min: 0.01, max: 0.99, step: 0.01 });
      steps = slide("n", { min: 0, max: MOST, step: 1, digits: 0 });
    });
    show();
  }

  moving.figure("logistic-cobweb", start);
})();
