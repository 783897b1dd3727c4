// A trained language model: the distribution of the next symbol, the symbols that it depends on,
// and gates and states of the LSTM over the text.
"use strict";

(() => {
  const [COLUMNS, ROWS, LISTED] = [30, 32, 8];
  const [LEFT, WIDE] = [50, 14]; // of the columns, which are symbols
  const [LIST, LINE] = [14, 22]; // the list's first line, and the height of a line
  const [BARS, HIGH] = [242, 44]; // the ground of the upright bars, and their height
  const [MAP, ROW] = [270, 6]; // the map's top, and the height of a unit
  const [CURVE, SWING] = [506, 28]; // zero of the curve, and its height
  const MOST = 300; // characters of the text
  const WRITTEN = 60; // symbols that the model writes on
  const SHARES = [0.2, 0.5, 0.8]; // from which a cell of the map is filled once, twice, three times

  // What the map can show, each between −1 and 1: its name in a step.
  const quantities = {
    "tanh c": "cache_tanh_c", h: "new_h", i: "cache_i", f: "cache_f", g: "cache_g", o: "cache_o",
  };
  const { first, vowel, last } = equations.letters;
  const jamo = new Map(); // of a free-standing letter, the jamo with which a syllable begins or goes on
  const letter = new Map(); // of a jamo, its free-standing letter
  for (const [places, start] of [[last, 0x11a8], [vowel, 0x1161], [first, 0x1100]]) {
    [...places].forEach((sign, k) => {
      const made = String.fromCharCode(start + k);
      letter.set(made, sign);
      if (start !== 0x11a8) jamo.set(sign, made);
    });
  }

  // Hangul's syllables as jamo and back, as in lessons_lib.lab.hangul.
  moving.to_jamo = (text) => text.replace(/[\uac00-\ud7a3]+/g, (syllables) => syllables.normalize("NFD"));
  moving.from_jamo = (text) =>
    text
      .replace(/[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?/g, (syllable) => syllable.normalize("NFC"))
      .replace(/[\u1100-\u1112\u1161-\u1175\u11a8-\u11c2]/g, (sign) => letter.get(sign));

  // The weights of a record: numbers of 16 bits, and integers with a scale of 16 bits for each row.
  function unpacked({ sizes: { D, H, C }, halves, integers }) {
    const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const numbers = Array.from(new Uint16Array(bytes(halves).buffer), from_half);
    const whole = new Int8Array(bytes(integers).buffer);
    let [row, at] = [0, 0];
    const vector = (n) => Float64Array.from(numbers.slice(row, (row += n)));
    const matrix = (n, m) => {
      const scales = vector(n);
      at += n * m;
      return Float64Array.from(whole.subarray(at - n * m, at), (value, k) => value * scales[Math.floor(k / m)]);
    };
    const embedding = matrix(C, D);
    const cell = { W_ih: matrix(4 * H, D), W_hh: matrix(4 * H, H), b: vector(4 * H) };
    return { embedding, cell, readout: { W: matrix(C, H), b: vector(C) } };
  }

  function from_half(bits) {
    const [power, digits] = [(bits >> 10) & 31, bits & 1023];
    const size = power ? 2 ** (power - 15) * (1 + digits / 1024) : 2 ** -14 * (digits / 1024);
    return bits & 0x8000 ? -size : size;
  }

  // The model: reads codes, and remembers the steps of what it has read.
  class Model {
    constructor(given) {
      this.sizes = given.sizes;
      this.symbols = [...given.vocabulary];
      this.codes = new Map(this.symbols.map((sign, k) => [sign, k]));
      this.by_jamo = this.codes.has("\u1100");
      Object.assign(this, unpacked(given));
      [this.read, this.steps] = [[], []];
    }

    // Codes of a text after a newline, and the characters that are no symbols of the model. A lone
    // consonant at the end is one with which a syllable begins: a reader is typing it.
    encode(text) {
      const signs = [...(this.by_jamo ? moving.to_jamo(text.normalize("NFC")) : text.normalize("NFC"))];
      const [codes, unknown] = [[this.codes.get("\n")], new Set()];
      signs.forEach((sign, k) => {
        const begun = this.codes.get(this.by_jamo ? jamo.get(sign) : undefined);
        const own = this.codes.get(sign);
        const code = k === signs.length - 1 ? begun ?? own : own ?? begun;
        if (code === undefined) unknown.add(sign);
        else codes.push(code);
      });
      return { codes, unknown };
    }

    decode(codes) {
      return moving.from_jamo(codes.map((code) => this.symbols[code]).join(""));
    }

    // Take the steps for codes whose beginning may have been read before.
    advance(codes) {
      let same = 0;
      while (same < codes.length && codes[same] === this.read[same]) same++;
      if (same < codes.length) {
        this.read = codes.slice();
        this.steps.length = same;
      }
      const zeros = new Float64Array(this.sizes.H);
      for (let t = same; t < codes.length; t++) {
        const [h, c] = t ? [this.steps[t - 1].new_h, this.steps[t - 1].new_c] : [zeros, zeros];
        this.steps.push(equations.lstm_states.step(this.sizes, { ...this.cell, h, c, x: this.vector(codes[t]) }));
      }
    }

    vector(code) {
      const { D } = this.sizes;
      return this.embedding.subarray(code * D, (code + 1) * D);
    }

    // Probabilities of the symbol after step t.
    after(t, tau) {
      return equations.charlm.predict(this.sizes, { ...this.readout, h: this.steps[t].new_h, tau }).p;
    }

    // How much the loss of a symbol after step t depends on each input: the norm of the gradient.
    depends(t, symbol) {
      const { H, C } = this.sizes;
      const target = new Float64Array(C).fill(1, symbol, symbol + 1);
      const given = { ...this.readout, p: this.after(t, 1), target, dloss: [1] };
      const zeros = new Float64Array(H);
      let { dh } = equations.charlm.explain(this.sizes, given);
      let dc = zeros;
      const norms = [];
      for (let at = t; at >= 0; at--) {
        const before = { ...this.cell, ...this.steps[at], dy: zeros, dh, dc };
        const { dx, ...dold } = equations.lstm_states.stepBackward(this.sizes, before);
        [dh, dc] = [dold.dold_h, dold.dold_c];
        norms[at] = Math.hypot(...dx);
      }
      return norms;
    }
  }

  const visible = (sign) => ({ " ": "␣", "\n": "↵" })[sign] ?? moving.from_jamo(sign);
  const x_of = (column) => LEFT + WIDE * column;

  // What the reader sees and moves, once the model is there.
  class Explainer {
    constructor(figure, given) {
      this.figure = figure;
      this.words = figure.words;
      this.model = new Model(given);
      this.set = { tau: 1, rank: 1, quantity: "tanh c", unit: given.unit, column: COLUMNS };
      this.next = moving.numbers(1);
      this.held = {}; // a text that the model wrote, with its codes
      this.stop = () => {};
      this.add_controls();
      this.area.value = given.text;
      this.area.setSelectionRange(given.text.length, given.text.length);
      this.changed();
      this.area.focus({ preventScroll: true });
    }

    add_controls() {
      const { figure, words } = this;
      const below = figure.controls;
      const named = { class: "controls", role: "group", "aria-label": words.prediction };
      figure.controls = moving.element("div", named);
      figure.place.prepend(figure.controls);
      this.add_text();
      this.add_sliders();
      figure.controls = below;
      const options = Object.keys(quantities).map((name) => [name, words[`show_${name.at(-1)}`]]);
      figure.choice(words.quantity, options, (quantity) => this.look({ quantity }));
      const most = this.model.sizes.H - 1;
      const range = { label: words.unit, min: 0, max: most, step: 1, value: this.set.unit, digits: 0 };
      figure.group("wide", words.unit, () => (this.unit = figure.slider(range, (unit) => this.look({ unit }))));
      figure.point((x, y, pressed) => this.point(x, y, pressed));
    }

    add_text() {
      const { figure, words } = this;
      const typed = { rows: 3, maxlength: MOST, spellcheck: "false", autocapitalize: "off" };
      this.area = moving.element("textarea", typed);
      const label = moving.element("label", { class: "text" }, moving.element("span", {}, words.text), this.area);
      figure.controls.append(label);
      figure.say("");
      this.area.addEventListener("input", () => this.halt());
      for (const event of ["input", "keyup", "pointerup"]) {
        this.area.addEventListener(event, () => this.changed());
      }
    }

    add_sliders() {
      const { figure, words } = this;
      figure.group("row", words.write, () => {
        figure.button(words.draw, () => (this.halt(), this.write(this.drawn())));
        figure.button(words.take, () => (this.halt(), this.write(this.order[this.set.rank - 1])));
        this.go = figure.button(words.go, () => this.write_on());
      });
      const tau = { label: words.tau, min: 0.1, max: 2, step: 0.1, value: 1, digits: 1 };
      const rank = { label: words.rank, min: 1, max: LISTED, step: 1, value: 1, digits: 0 };
      figure.group("wide", words.prediction, () => {
        figure.slider(tau, (value) => {
          this.set.tau = value;
          this.show();
        });
        this.rank = figure.slider(rank, (value) => this.mark(value));
      });
    }

    // The last step that was read, and the first in sight.
    get now() {
      return this.codes.length - 1;
    }
    get from() {
      return Math.max(0, this.codes.length - COLUMNS);
    }
    get first_row() {
      return this.set.unit - (this.set.unit % ROWS);
    }

    // The reader changed the text, or moved in it.
    changed() {
      const { model, area, held, words } = this;
      const before = area.value.slice(0, area.selectionEnd);
      const { codes, unknown } = before === held.before ? held : model.encode(before);
      const list = [...unknown].map(visible).join(" ");
      const refused = words.unknown.replace("{list}", list).replace("{size}", model.symbols.length);
      this.figure.say(list && refused);
      if (this.codes && String(codes) === String(this.codes)) return;
      this.codes = codes;
      this.set.column = COLUMNS;
      this.mark(1);
    }

    mark(rank) {
      this.set.rank = rank;
      this.rank.set(rank);
      this.show();
    }

    look(chosen) {
      Object.assign(this.set, chosen);
      this.show_map();
    }

    show() {
      const { model, codes, from, now } = this;
      model.advance(codes);
      this.p = model.after(now, this.set.tau);
      this.order = Array.from(this.p.keys()).sort((a, b) => this.p[b] - this.p[a]);
      this.set.column = Math.min(this.set.column, now - from);
      this.show_list();
      for (let k = 0; k < COLUMNS; k++) {
        this.figure.write(`letter_${k}`, from + k > now ? "" : visible(model.symbols[codes[from + k]]));
      }
      this.show_map();
      this.explain();
    }

    show_list() {
      const { figure, order, p } = this;
      let bars = "";
      for (let k = 0; k < LISTED; k++) {
        const y = LIST + LINE * k;
        figure.write(`symbol_${k}`, this.named(order[k]));
        figure.write(`p_${k}`, moving.number(p[order[k]], 3));
        bars += `M104 ${y - 7}h${(280 * p[order[k]] + 1).toFixed(1)}v14H104z`;
      }
      figure.draw("bars", { d: bars });
      figure.draw("marked", { d: `M46 ${LIST + LINE * (this.set.rank - 1) - 10}H472v20H46z` });
    }

    // A symbol, with the syllable that it completes if the jamo before it begin one.
    named(code) {
      const sign = this.model.symbols[code];
      const tail = this.codes.slice(-2).map((one) => this.model.symbols[one]).join("");
      const begun = /[\u1100-\u1112][\u1161-\u1175]?$/.exec(tail)?.[0];
      const whole = moving.from_jamo((begun ?? "") + sign);
      return begun && letter.has(sign) && whole.length === 1 ? `${visible(sign)} → ${whole}` : visible(sign);
    }

    value(column, unit) {
      return this.model.steps[this.from + column][quantities[this.set.quantity]][unit];
    }

    // The map: each level fills the cells that reach its share.
    show_map() {
      for (const [name, sign] of [["up", 1], ["down", -1]]) {
        SHARES.forEach((share, level) => {
          const filled = (column, unit) => sign * this.value(column, unit) >= share;
          this.figure.draw(`${name}_${level}`, { d: this.stripes(filled) || "M0 0" });
        });
      }
      this.show_unit();
    }

    // Adjacent cells of a row are one stripe.
    stripes(filled) {
      const columns = this.now - this.from + 1;
      let d = "";
      for (let row = 0; row < ROWS; row++) {
        let length = 0;
        for (let k = 0; k <= columns; k++) {
          if (k < columns && filled(k, this.first_row + row)) length++;
          else if (length) {
            d += `M${x_of(k - length)} ${MAP + ROW * row + 3}h${WIDE * length}`;
            length = 0;
          }
        }
      }
      return d;
    }

    show_unit() {
      const { figure, set, first_row } = this;
      const y_of = (column) => CURVE - SWING * this.value(column, set.unit);
      const points = this.codes.slice(this.from).map((_, k) => [x_of(k + 0.5), y_of(k)]);
      const [x, y] = points[set.column];
      figure.draw("trace", { d: moving.path(points) });
      figure.draw("end", { cx: x.toFixed(1), cy: y.toFixed(1) });
      figure.draw("column", { d: `M${x.toFixed(1)} ${MAP}V${CURVE + SWING}` });
      figure.draw("row", { d: `M${LEFT - 3} ${MAP + ROW * (set.unit - first_row)}v${ROW}h-5v-${ROW}z` });
      const shown = {
        first: first_row, last: first_row + ROWS - 1, unit: set.unit,
        quantity: set.quantity, quantity_2: set.quantity,
        value: moving.number(this.value(set.column, set.unit)),
      };
      for (const [name, text] of Object.entries(shown)) figure.write(name, String(text));
      this.tell();
    }

    // The backward pass waits for a pause.
    explain() {
      const { figure } = this;
      clearTimeout(this.explaining);
      figure.draw("depends", { d: "M0 0" });
      delete figure.place.dataset.explained;
      this.explaining = setTimeout(() => {
        const code = this.order[this.set.rank - 1];
        const norms = this.model.depends(this.now, code);
        const most = Math.max(...norms);
        const bars = norms.slice(this.from).map((norm, k) => {
          const height = ((HIGH * norm) / most).toFixed(1);
          return `M${x_of(k) + 2} ${BARS}v-${height}h${WIDE - 4}v${height}z`;
        });
        figure.draw("depends", { d: bars.join("") });
        figure.place.dataset.explained = this.named(code);
      }, 150);
    }

    // Punctuation is told by its word, because a screen reader would skip it.
    tell() {
      const { set, order, p, words } = this;
      const { symbols } = this.model;
      const spoken = (code) => words.signs[symbols[code]] ?? this.named(code);
      const sign = symbols[this.codes[this.from + set.column]];
      const said = {
        list: order.slice(0, 3).map((code) => `${spoken(code)} ${moving.number(p[code])}`).join(", "),
        unit: set.unit, quantity: set.quantity, sign: words.signs[sign] ?? visible(sign),
        value: moving.number(this.value(set.column, set.unit)),
      };
      this.figure.tell(words.told.replace(/\{(\w+)\}/g, (_, name) => said[name]));
    }

    // Puts a symbol where the cursor is; false if the text is full.
    write(code) {
      const { area } = this;
      if (area.value.length >= MOST) return false;
      const after = area.value.slice(area.selectionEnd);
      this.codes = [...this.codes, code];
      const before = this.model.decode(this.codes.slice(1));
      this.held = { before, codes: this.codes, unknown: [] };
      area.value = before + after;
      area.setSelectionRange(before.length, before.length);
      area.scrollTop = area.scrollHeight;
      this.set.column = COLUMNS;
      this.mark(1);
      return true;
    }

    drawn() {
      let left = this.next();
      return this.p.findIndex((share) => (left -= share) < 0);
    }

    write_on() {
      if (this.going) return this.halt();
      let count = WRITTEN;
      this.going = true;
      this.go.textContent = this.words.halt;
      this.stop = moving.play(() => {
        const going = this.write(this.drawn()) && --count > 0;
        if (!going) this.halt();
        return going;
      }, 60);
    }

    halt() {
      this.stop();
      this.going = false;
      this.go.textContent = this.words.go;
    }

    // A unit and a column under the pointer; a line of the list if it is pressed.
    point(x, y, pressed) {
      const column = Math.floor((x - LEFT) / WIDE);
      const row = Math.floor((y - MAP) / ROW);
      const line = Math.floor((y - LIST + LINE / 2) / LINE);
      if (row >= 0 && row < ROWS && column >= 0 && column <= this.now - this.from) {
        Object.assign(this.set, { column, unit: this.first_row + row });
        this.unit.set(this.set.unit);
        this.show_unit();
      } else if (pressed && line >= 0 && line < LISTED) this.mark(line + 1);
    }
  }

  moving.figure("charlm-explainer", (figure) => {
    const { load, failed } = figure.words;
    figure.fetched(load, failed, () => new Explainer(figure, later.charlm_model));
  });
})();
