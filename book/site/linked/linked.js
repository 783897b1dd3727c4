// Symbols that light up together in equations, a figure and the source: under the pointer, at a
// touch, and from the list of symbols below the figure.
"use strict";

const linked = {};

linked.groups = (groups) => {
  for (const group of groups) new LinkedSymbols(group);
};

// The text of a part of a formula, without the strut in its subscript.
const set_text = (part) => part.textContent.replaceAll("\u200b", "");

class LinkedSymbols {
  constructor(group) {
    this.figure = document.getElementById(group.figure);
    this.equations = group.equations.map((id) => document.getElementById(id));
    this.source = [...document.querySelectorAll(".cell_output pre")].find((pre) =>
      group.functions.every((name) => pre.textContent.includes(name)),
    );
    this.parts = new Map(group.symbols.map(({ name }) => [name, []]));
    for (const symbol of group.symbols) this.find(symbol);
    this.list(group.symbols);
  }

  // Collects the parts of a symbol.
  find({ name, formulas, code }) {
    const found = [...this.figure.querySelectorAll("svg [data-symbol]")].filter((part) =>
      part.dataset.symbol.split(" ").includes(name),
    );
    for (const equation of this.equations) {
      for (const part of equation.querySelectorAll(".katex-html .mord")) {
        if (formulas.some((formula) => is_set_as(part, formula))) found.push(part);
      }
    }
    found.push(...words_in(this.source, code));
    for (const part of found) this.listen(part, name);
    this.parts.set(name, found);
  }

  listen(part, name) {
    part.classList.add("symbol-part");
    part.addEventListener("pointerenter", ({ pointerType }) => pointerType !== "touch" && this.light(name));
    part.addEventListener("pointerleave", () => this.light(this.kept));
    part.addEventListener("click", (event) => {
      event.stopPropagation();
      this.keep(name);
    });
  }

  // Below the figure a button for each symbol, which lights it while it has the focus.
  list(symbols) {
    const box = this.figure.querySelector(".linked");
    this.told = moving.element("p", { class: "meaning", role: "status" });
    this.meanings = new Map(symbols.map(({ name, meaning }) => [name, meaning]));
    this.buttons = new Map(
      symbols.map(({ name, symbol, meaning }) => [
        name,
        moving.element(
          "button",
          {
            type: "button",
            "aria-label": moving.spoken(meaning),
            "aria-pressed": "false",
            click: () => this.keep(name),
            pointerenter: ({ pointerType }) => pointerType !== "touch" && this.light(name),
            pointerleave: () => this.light(this.kept),
          },
          ...moving.typeset(`$${symbol}$`),
        ),
      ]),
    );
    const row = { class: "row", role: "group", "aria-label": linked.words.symbols };
    box.append(moving.element("div", row, ...this.buttons.values()), this.told);
    box.classList.add("started");
    this.light();
  }

  // Lights a symbol until another one is chosen, or the same again.
  keep(name) {
    this.kept = this.kept === name ? undefined : name;
    for (const [other, button] of this.buttons) button.setAttribute("aria-pressed", String(other === this.kept));
    this.light(this.kept);
  }

  light(name) {
    for (const [other, parts] of this.parts) {
      for (const part of parts) part.classList.toggle("lit", other === name);
    }
    this.told.replaceChildren(...moving.typeset(name ? this.meanings.get(name) : linked.words.symbols));
  }
}

// Whether a part of a formula is this symbol; the d of a gradient stands before its symbol.
function is_set_as(part, formula) {
  const before = part.previousElementSibling;
  const is_gradient = before?.classList.contains("mord") && set_text(before) === "d";
  return set_text(part) === (is_gradient ? formula.replace(/^d/, "") : formula) && is_gradient === formula.startsWith("d");
}

// Puts each occurrence of these names in the code into an element of its own.
function words_in(source, names) {
  const found = [];
  const texts = document.createTreeWalker(source, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (texts.nextNode()) nodes.push(texts.currentNode);
  for (const node of nodes) {
    if (node.parentElement.closest(".copy")) continue;
    const pieces = node.data.split(/([A-Za-z_]\w*)/);
    if (!pieces.some((piece) => names.includes(piece))) continue;
    const parts = pieces.map((piece) => (names.includes(piece) ? moving.element("span", {}, piece) : piece));
    found.push(...parts.filter((part) => part instanceof Element));
    node.replaceWith(...parts);
  }
  return found;
}
