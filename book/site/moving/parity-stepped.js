// The network of two units that computes parity, stepped through bits that the reader chooses.
"use strict";

(() => {
  const sizes = { D: 1, H: 2 };
  const tapes = { example: [0, 1, 0, 1, 1, 0, 1, 0, 1, 1], pulse: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
  const units = [0, 1];
  const first = Float64Array.of(-1, -1);
  const answer_of = (h) => 0.5 * h[0] - 0.5 * h[1];

  // The chapter's weights; `k` is the factor of both conditions.
  const weights = (k) => ({
    W_ih: Float64Array.of(k, k),
    W_hh: Float64Array.of(k / 2, -k / 2, k / 2, -k / 2),
    b: Float64Array.of(-0.5 * k, -1.5 * k),
  });
  const nothing = weights(0);

  // The states of all steps, the initial one first.
  function states(bits, params) {
    const all = [first];
    for (const bit of bits) all.push(step(params, bit, all.at(-1)).new_h);
    return all;
  }

  const step = (params, bit, h) => equations.rnn_step(sizes, { ...params, x: Float64Array.of(bit), h });

  // What each value adds to both sums: the sums of a network that has this weight only.
  const shares = (params, bit, h) => ({
    x: step({ ...nothing, W_ih: params.W_ih }, bit, h).a,
    h1: step({ ...nothing, W_hh: params.W_hh }, bit, Float64Array.of(h[0], 0)).a,
    h2: step({ ...nothing, W_hh: params.W_hh }, bit, Float64Array.of(0, h[1])).a,
    b: step({ ...nothing, b: params.b }, bit, h).a,
  });

  const written = (number) => moving.number(number, Number.isInteger(number) ? 0 : 1);

  function start(figure) {
    const { words } = figure;
    let bits = [...tapes.example];
    let t = 4;
    let k = 20;
    let stop = () => {};

    function show() {
      const params = weights(k);
      const h = states(bits, params);
      show_network(params, h);
      let ones = 0;
      bits.forEach((bit, at) => {
        ones += bit;
        show_column(at + 1, bit, h[at + 1], ones % 2);
      });
      figure.draw("cursor", { x: (21.5 + 40.5 * t).toFixed(1) });
      const said = { t, x: bits[t - 1], s: moving.number(answer_of(h[t])) };
      figure.tell(words.told.replace(/\{(\w+)\}/g, (_, name) => said[name]));
    }

    function show_network(params, all) {
      const [bit, h] = [bits[t - 1], all[t - 1]];
      const { a, new_h } = step(params, bit, h);
      figure.write("x", String(bit));
      figure.write("s", moving.number(answer_of(new_h)));
      figure.write("w_x", written(params.W_ih[0]));
      for (const n of units) {
        figure.write(`w_${n + 1}`, written(params.W_hh[n]));
        figure.write(`b_${n + 1}`, written(params.b[n]));
        figure.write(`old_${n + 1}`, moving.number(h[n]));
        figure.write(`a_${n + 1}`, moving.number(a[n], 1));
        figure.write(`h_${n + 1}`, moving.number(new_h[n]));
        figure.draw(`box_h_${n + 1}`, { class: new_h[n] > 0 ? "ink fill-a" : "ink fill-paper" });
      }
      for (const [from, share] of Object.entries(shares(params, bit, h))) {
        for (const n of units) {
          figure.thicken(`edge_${from}_${n + 1}`, share[n], 0.3, 9);
          figure.draw(`edge_${from}_${n + 1}`, { class: share[n] < 0 ? "b band" : "a band" });
        }
      }
    }

    // A column of the table; the steps still to come show their bit only.
    function show_column(at, bit, h, parity) {
      const come = at <= t;
      figure.write(`x_${at}`, String(bit));
      for (const n of units) figure.write(`h${n + 1}_${at}`, come ? moving.number(h[n], 1) : "");
      figure.write(`s_${at}`, come ? moving.number(answer_of(h)) : "");
      const right = answer_of(h) > 0.5 === (parity === 1);
      figure.write(`mark_${at}`, come ? (right ? "✓" : "✗") : "");
    }

    function go(to) {
      t = Math.min(Math.max(to, 1), bits.length);
      steps.set(t);
      show();
    }

    function by_hand(action) {
      return () => {
        stop();
        action();
      };
    }

    function read(name) {
      bits = [...tapes[name]];
      go(1);
    }

    function flip() {
      bits[t - 1] = 1 - bits[t - 1];
      show();
    }

    function play() {
      if (t === bits.length) go(1);
      stop = moving.play(() => {
        go(t + 1);
        return t < bits.length;
      }, 700);
    }

    figure.group("row", words.steps, () => {
      figure.button(words.next, by_hand(() => go(t + 1)));
      figure.button(words.flip, by_hand(flip));
      figure.button(words.play, by_hand(play));
    });
    figure.group("row", words.bits, () => {
      for (const name of Object.keys(tapes)) figure.button(words[name], by_hand(() => read(name)));
    });
    const range = { label: words.t, min: 1, max: bits.length, step: 1, value: t, digits: 0 };
    const steps = figure.slider(range, (to) => by_hand(() => go(to))());
    figure.slider({ label: words.k, min: 1, max: 20, step: 1, value: k, digits: 0 }, (factor) => {
      k = factor;
      show();
    });
    show();
  }

  moving.figure("parity-stepped", start);
})();
