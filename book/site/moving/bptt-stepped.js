// Backpropagation through three steps of a network with one unit, one line of source at a time.
"use strict";

(() => {
  const T = 3;
  const sizes = { D: 1, H: 1 };
  const x = [0.5, 0.25, 0.5];
  const one = (value) => Float64Array.of(value);
  const lines = equations.bptt_lines;
  // Which line runs when: three for each step, from the last step to the first, then the weights.
  const order = [3, 2, 1].flatMap((t) => lines.slice(0, 3).map((line) => ({ ...line, t })));
  order.push({ ...lines[3], t: 0 });

  function computed(W, every) {
    const params = { W_ih: one(1), W_hh: one(W), b: one(0) };
    const steps = [];
    let h = one(0);
    for (let t = 0; t < T; t++) {
      steps.push(equations.rnn_step(sizes, { ...params, x: one(x[t]), h }));
      h = steps[t].new_h;
    }
    const back = [];
    let dh = one(0);
    for (let t = T; t >= 1; t--) {
      const dy = one(every || t === T ? 1 : 0);
      back[t] = equations.rnn_backward(sizes, { ...params, ...steps[t - 1], x: one(x[t - 1]), dy, dh });
      back[t].dy = dy;
      dh = back[t].dold_h;
    }
    return { steps, back };
  }

  function start(figure) {
    const { words } = figure;
    const chosen = { W: 0.5, every: false };
    let at = order.length; // how many lines have run

    const has_run = (name, t) => order.findIndex((line) => line.name === name && line.t === t) < at;

    // The sum over the steps of the gradient of a parameter.
    const sum = (back, name) => back.slice(1).reduce((total, step) => total + step["grad_" + name][0], 0);

    // The value that a line has just computed, for those who do not see the drawing.
    function result_of({ name, t }, back) {
      const values = { hidden: "total", slope: "variable_da", carried: "dold_h" };
      if (name in values) return moving.number(back[t][values[name]][0]);
      const sums = { dU: "W_ih", dW: "W_hh", db: "b" };
      return Object.entries(sums).map(([text, of]) => `${text} ${moving.number(sum(back, of))}`).join(", ");
    }

    function show() {
      const { steps, back } = computed(chosen.W, chosen.every);
      const write = (part, value, known = true) => figure.write(part, known ? moving.number(value) : "");
      write("h_0", 0);
      for (let t = 1; t <= T; t++) {
        write(`x_${t}`, x[t - 1]);
        write(`h_${t}`, steps[t - 1].new_h[0]);
        write(`dy_${t}`, back[t].dy[0]);
        write(`dh_${t}`, back[t].total[0], has_run("hidden", t));
        write(`da_${t}`, back[t].variable_da[0], has_run("slope", t));
      }
      write("dh_0", back[1].dold_h[0], has_run("carried", 1));
      const names = { U: "W_ih", W: "W_hh", b: "b" };
      for (const [letter, name] of Object.entries(names)) write("d" + letter, sum(back, name), at === order.length);
      light(back);
    }

    // Lights the arrow, the line and the equation of the line that has just run.
    function light(back) {
      const line = order[at - 1];
      for (let t = 1; t <= T; t++) {
        for (const { name } of lines.slice(0, 3)) {
          const is_now = line?.name === name && line.t === t;
          const look = is_now ? "d thick" : has_run(name, t) ? "d" : "soft thin dashed";
          figure.draw(`arrow_${name}_${t}`, { class: look });
        }
      }
      box.light(line);
      const step = line?.t ? `t = ${line.t}` : "";
      box.step.textContent = step;
      figure.tell(line ? `${step} ${line.code}: ${result_of(line, back)}` : words.nothing);
    }

    const go = (to) => () => {
      at = to();
      show();
    };
    figure.group("row", words.controls, () => {
      figure.button(words.next, go(() => (at === order.length ? 1 : at + 1)));
      figure.button(words.before, go(() => Math.max(0, at - 1)));
      figure.button(words.restart, go(() => 0));
    });
    const box = shown_lines(figure);
    figure.group("wide", words.network, () => {
      const weight = { label: words.W, min: -1.5, max: 1.5, step: 0.05, value: chosen.W };
      figure.slider(weight, (value) => {
        chosen.W = value;
        show();
      });
    });
    figure.choice(words.loss, [["last", words.last], ["every", words.every]], (which) => {
      chosen.every = which === "every";
      show();
    });
    show();
  }

  // The lines of source, and below them the equation of the one that runs.
  function shown_lines(figure) {
    const items = new Map(
      lines.map((line) => {
        const parts = [moving.element("code", {}, line.code), moving.element("small", {}, line.function)];
        return [line.name, moving.element("li", {}, ...parts)];
      }),
    );
    const step = moving.element("p", { class: "step" });
    const equation = moving.element("div", { class: "equation" });
    const list = moving.element("ol", { class: "lines", "aria-label": figure.words.lines }, ...items.values());
    figure.controls.append(list, moving.element("div", { class: "now" }, step, equation));
    let shown;
    return {
      step,
      light(line) {
        for (const [name, item] of items) {
          if (name === line?.name) item.setAttribute("aria-current", "step");
          else item.removeAttribute("aria-current");
        }
        if (line?.name === shown) return;
        shown = line?.name;
        const formula = line && document.getElementById(line.equation)?.querySelectorAll(".formula");
        equation.replaceChildren(...(formula ? [...formula].map((part) => part.cloneNode(true)) : []));
      },
    };
  }

  moving.figure("bptt-stepped", start);
})();
