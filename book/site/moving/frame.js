// The frame of figures that a reader moves: controls, values in a drawing, announcements. A figure's
// own script calls moving.figure(name, start); start gets a Figure once its picture is in the page.
// The cells' arithmetic is not here: `equations` holds what the library's source was recorded as.
"use strict";

const equations = {};
const later = {}; // what a reader asked for
const moving = { given: {} };

// Lets the figures of this name on the page start.
moving.figure = (name, start) => {
  for (const place of document.querySelectorAll(`.moving[data-figure="${name}"]`)) {
    start(new Figure(place, moving.given[name]));
    place.classList.add("started");
  }
};

// A new element; attributes that are functions listen to the event of their name.
moving.element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
};

// A text with symbols: "forget bias $b_f$", "$c_{t-1}$".
moving.typeset = (text) =>
  text.split("$").map((part, place) => (place % 2 ? symbol(part) : part));

// The same as it is read aloud: "forget bias b f".
moving.spoken = (text) => text.replace(/[${}]/g, "").replaceAll("_", " ").replaceAll("-", "−");

function symbol(text) {
  const [, letter, index] = /^(.*?)(?:_\{?(.*?)\}?)?$/.exec(text.replaceAll("-", "−"));
  const made = moving.element("var", {}, letter);
  if (index) made.append(moving.element("sub", {}, index));
  return made;
}

// A number as the book writes it: "−0.28".
moving.number = (value, digits = 2) => {
  const written = value.toFixed(digits).replace("-", "−");
  return /[1-9]/.test(written) ? written : written.replace("−", "");
};

// A positive number with two digits: "0.40", "1.3·10⁻⁷"; between 100 and 999 with all three: "787".
moving.significant = (value) => {
  if (value === 0 || (value >= 99.5 && value < 999.5)) return value.toFixed(0);
  if (value >= 0.001 && value < 99.5) return value.toPrecision(2);
  const [digits, power] = value.toExponential(1).split("e");
  const raised = power.replace("+", "").replace("-", "⁻");
  return `${digits}·10${raised.replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit])}`;
};

// Writes a text, if it is another, into the node that is there: for a new node the browser would look
// through the whole page for `:has` of the style sheet, which takes ten times as long.
moving.write = (element, text) => {
  const node = element.firstChild;
  if (element.textContent === text) return;
  if (node?.nodeType === Node.TEXT_NODE && !node.nextSibling) node.data = text;
  else element.textContent = text;
};

// A map from numbers to places in a drawing.
moving.scale = (from, to) => (value) =>
  to[0] + ((value - from[0]) / (from[1] - from[0])) * (to[1] - to[0]);

// The path through points, in tenths of a pixel.
moving.path = (points) =>
  points.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

// A generator of uniform numbers, so that a figure does the same everywhere.
moving.numbers = (seed) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

// Takes steps one after another until one returns false; all at once for who wants no motion.
// Returns a function that stops.
moving.play = (step, milliseconds) => {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    while (step());
    return () => {};
  }
  const timer = setInterval(() => step() || clearInterval(timer), milliseconds);
  return () => clearInterval(timer);
};

class Figure {
  constructor(place, { words, drawing }) {
    this.place = place;
    this.words = words;
    this.place_drawing(drawing, place.querySelector("img"));
    this.controls = moving.element("div", { class: "controls", role: "group", "aria-label": words.controls });
    this.told = moving.element("p", { class: "told", role: "status" });
    place.append(this.controls, this.told);
  }

  // Puts the drawing in the place of the still.
  place_drawing(text, still) {
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    const drawing = document.importNode(parsed.documentElement, true);
    drawing.setAttribute("aria-label", still.alt);
    still.replaceWith(drawing);
  }

  // The parts of the drawing that show this value; a value may be shown at several places.
  parts(name) {
    return this.place.querySelectorAll(`[data-part="${name}"]`);
  }

  write(name, text) {
    for (const part of this.parts(name)) moving.write(part, text);
  }

  // Sets attributes of a value's parts: draw("curve", { d: "M0 0" }).
  draw(name, attributes) {
    for (const part of this.parts(name)) {
      for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
    }
  }

  // A line as thick as a value is large, up to a most.
  thicken(name, value, factor = 12, most = 16) {
    const width = Math.min(most, Math.max(0.4, factor * Math.abs(value)));
    for (const part of this.parts(name)) part.style.strokeWidth = `${width.toFixed(1)}px`;
  }

  // A slider; `changed` gets the number. Its `set` moves it without calling `changed`.
  slider({ label, min, max, step, value, digits = 2 }, changed) {
    const shown = moving.element("span", { class: "shown", "aria-hidden": "true" });
    const named = { "aria-label": moving.spoken(label) };
    const input = moving.element("input", { type: "range", min, max, step, value, ...named });
    const show = () => {
      moving.write(shown, moving.number(Number(input.value), digits));
      input.setAttribute("aria-valuetext", shown.textContent);
    };
    input.addEventListener("input", () => {
      show();
      changed(Number(input.value));
    });
    const name = moving.element("span", {}, ...moving.typeset(label));
    this.controls.append(moving.element("label", { class: "slider" }, name, input, shown));
    const set = (number) => {
      input.value = number;
      show();
    };
    show();
    return { input, set };
  }

  // A button that fetches what the figure needs later, and calls `arrived` once it is there.
  fetched(label, failed, arrived) {
    const { later: address, kilobytes } = this.place.dataset;
    const button = this.button(label.replace("{size}", kilobytes), () => {
      button.disabled = true;
      const script = moving.element("script", {
        src: address,
        load: () => {
          button.remove();
          arrived();
        },
        error: () => {
          button.disabled = false;
          button.focus(); // a disabled button loses it
          script.remove();
          this.say(failed);
        },
      });
      document.head.append(script);
    });
  }

  // A sentence that all readers see, such as a refusal; an empty one takes it away.
  say(text) {
    this.said ??= this.controls.appendChild(moving.element("p", { class: "said", role: "alert" }));
    moving.write(this.said, text);
  }

  // Calls `moved` with the place in the drawing over which a pointer moves, or that is touched.
  point(moved) {
    const drawing = this.place.querySelector("svg");
    const told = ({ clientX, clientY, type }) => {
      const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(drawing.getScreenCTM().inverse());
      moved(x, y, type === "pointerdown");
    };
    for (const event of ["pointerdown", "pointermove"]) drawing.addEventListener(event, told);
  }

  button(label, pressed) {
    const made = moving.element("button", { type: "button", click: pressed }, ...moving.typeset(label));
    this.controls.append(made);
    return made;
  }

  // A choice of one of several: options are pairs of a value and its label.
  choice(label, options, changed) {
    const select = moving.element("select", { change: () => changed(select.value) });
    for (const [value, text] of options) select.append(moving.element("option", { value }, text));
    const name = moving.element("span", {}, ...moving.typeset(label));
    this.controls.append(moving.element("label", { class: "choice" }, name, select));
    return select;
  }

  // A named group of the controls that `make` adds: a "row" of buttons, a "column" of
  // sliders, sliders over the whole width ("wide", "long"; "wide" aligns them).
  group(form, label, make) {
    const all = this.controls;
    this.controls = moving.element("div", { class: form, role: "group", "aria-label": label });
    all.append(this.controls);
    make();
    this.controls = all;
  }

  // Tells screen readers, once the reader pauses.
  tell(text) {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => (this.told.textContent = text), 700);
  }
}
