// The search field in the bar, the page of results, and the marks on the pages that they lead to.
"use strict";

const FIRST = 20; // results shown at once
const root_address = document.documentElement.dataset.content_root;

// The engine and the book's text are fetched when the reader enters a search field; if that fails, it
// is tried again at the next letter.
const scripts = {};
function load_script(name) {
  scripts[name] ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = `${root_address}_static/${name}`;
    script.onload = done;
    script.onerror = () => {
      delete scripts[name];
      failed(new Error(`${name} could not be fetched`));
    };
    document.head.append(script);
  });
  return scripts[name];
}

let book_search;
async function load_search() {
  await Promise.all(document.documentElement.dataset.search.split(" ").map(load_script));
  return (book_search ??= new BookSearch(MiniSearch, stemmer, search_data));
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function marked(text, pattern) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(text.slice(end, match.index), element("mark", {}, match[0]));
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

// Some words before and after the first hit, whole words at the ends.
function context(section, pattern) {
  for (const text of [section.text, section.code.replace(/\s+/g, " "), (section.names ?? []).join(", ")]) {
    const hit = text.search(pattern);
    if (hit < 0) continue;
    const start = hit < 50 ? 0 : text.indexOf(" ", hit - 50) + 1;
    const end = hit + 110 >= text.length ? text.length : text.lastIndexOf(" ", hit + 110);
    return (start > 0 ? "… " : "") + text.slice(Math.min(start, hit), Math.max(end, hit + 20)) + (end < text.length ? " …" : "");
  }
  return section.text.slice(0, 120);
}

function result(section, query, patterns) {
  const [page, anchor] = section.address.split("#");
  const pattern = first_held(patterns, [section.heading, section.text, section.code]) ?? patterns.at(-1);
  const href = `${root_address}${page}?q=${encodeURIComponent(query)}${anchor ? "#" + anchor : ""}`;
  const where = element("span", { className: "where" }, ...marked(section.heading, pattern));
  if (section.heading !== section.page) where.append(element("small", {}, " · " + section.page));
  const words_around = element("span", { className: "context" }, ...marked(context(section, pattern), pattern));
  return element("li", {}, element("a", { href }, where, words_around));
}

function show(form, search, query, limit = FIRST) {
  const panel = form.querySelector(".found");
  const patterns = search.mark_patterns(query);
  panel.hidden = !query.trim();
  const found = search.find(query);
  const count = found.length === 1 ? words.found_one : words.found_many.replace("{count}", found.length);
  panel.querySelector(".count").textContent = found.length ? count : words.found_none;
  const list = panel.querySelector("ol");
  list.replaceChildren(...found.slice(0, limit).map((section) => result(section, query, patterns)));
  if (found.length > limit) {
    const more = element("button", { type: "button", className: "more" }, words.found_more);
    more.addEventListener("click", () => {
      show(form, search, query, Infinity);
      list.querySelectorAll("a")[limit].focus();
    });
    list.append(element("li", {}, more));
  }
  const other = document.querySelector("a.language-switch");
  if (!found.length && other) {
    const href = `${root_address}../${other.hreflang}/search.html?q=${encodeURIComponent(query)}`;
    list.append(element("li", { className: "elsewhere" }, element("a", { href }, words.found_other)));
  }
}

function search_field(form) {
  const input = form.querySelector("input");
  const panel = form.querySelector(".found");
  const on_own_page = form.classList.contains("whole");
  const update = async () => {
    if (!book_search && input.value) {
      panel.hidden = false;
      panel.querySelector(".count").textContent = words.loading;
    }
    const search = await load_search();
    show(form, search, input.value);
    if (!on_own_page) return;
    const address = new URL(location);
    if (input.value) address.searchParams.set("q", input.value);
    else address.searchParams.delete("q");
    history.replaceState(null, "", address);
  };
  input.addEventListener("focus", load_search, { once: true });
  input.addEventListener("input", update);
  form.addEventListener("keydown", (event) => {
    const stops = [input, ...panel.querySelectorAll("a, button")];
    const place = stops.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && place + 1 < stops.length) stops[place + 1].focus();
    else if (event.key === "ArrowUp" && place > 0) stops[place - 1].focus();
    else if (event.key === "Escape" && !on_own_page) {
      panel.hidden = true;
      input.focus();
    } else return;
    event.preventDefault();
  });
  if (on_own_page) {
    input.value = new URLSearchParams(location.search).get("q") ?? "";
    if (input.value) update();
    input.focus();
    form.addEventListener("submit", (event) => event.preventDefault());
  } else {
    input.addEventListener("click", () => input.value && panel.hidden && update());
    form.addEventListener("focusout", (event) => {
      if (!form.contains(event.relatedTarget)) panel.hidden = true;
    });
  }
}

// Key "/" leads to the field, as on many sites, unless the reader is writing.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || !single_keys() || event.ctrlKey || event.metaKey || event.altKey) return;
  const input = [...document.querySelectorAll(".search input")].find((field) => field.checkVisibility());
  if (input) {
    event.preventDefault();
    input.focus();
  }
});

const BLOCKS = "p, li, h1, h2, h3, h4, td, th, summary, pre, dd, dt";

// Marks the query on the page that a result leads to, without changing the page.
async function mark_words(query) {
  if (!CSS.highlights) return;
  const search = await load_search();
  const article = document.querySelector("article");
  if (!article) return;
  const blocks = [...article.querySelectorAll(`${BLOCKS}, .katex`)].filter((block) => !block.querySelector("p, li, pre"));
  const ranges = search
    .mark_patterns(query)
    .map((pattern) => blocks.flatMap((block) => ranges_of(block, pattern)))
    .find((found) => found.length);
  if (!ranges) return;
  CSS.highlights.set("found", new Highlight(...ranges));
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const first = ranges.find((range) => !target || target.contains(range.startContainer)) ?? ranges[0];
  const folded = first.startContainer.parentElement.closest("details:not([open])");
  if (folded) folded.open = true;
  const { top, bottom } = first.getBoundingClientRect();
  if (!target || folded || top < 0 || bottom > innerHeight) first.startContainer.parentElement.scrollIntoView({ block: "center" });
  clear_button();
}

// A formula is marked as a whole. The search reads its MathML, where ∂L/∂W_hh is ∂L∂Whh.
function ranges_of_formula(formula, pattern) {
  const text = formula.querySelector("semantics > :first-child").textContent;
  if (text.search(pattern) < 0) return [];
  const range = new Range();
  range.selectNodeContents(formula.querySelector(".katex-html"));
  return [range];
}

function ranges_of(block, pattern) {
  if (block.matches(".katex")) return ranges_of_formula(block, pattern);
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement.closest(".katex, button") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  const texts = [];
  let whole = "";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    texts.push({ node, start: whole.length });
    whole += node.data;
  }
  const place = (offset, at_end) => {
    const text = texts.findLast(({ start }) => (at_end ? start < offset : start <= offset));
    return [text.node, offset - text.start];
  };
  return [...whole.replace(/\s/g, " ").matchAll(pattern)].filter(([hit]) => hit).map((match) => {
    const range = new Range();
    range.setStart(...place(match.index, false));
    range.setEnd(...place(match.index + match[0].length, true));
    return range;
  });
}

function clear_button() {
  const button = element("button", { type: "button", className: "clear-marks" }, words.clear_marks);
  button.addEventListener("click", () => {
    CSS.highlights.delete("found");
    const address = new URL(location);
    address.searchParams.delete("q");
    history.replaceState(null, "", address);
    button.remove();
  });
  document.body.append(button);
}

for (const form of document.querySelectorAll("form.search")) search_field(form);
const asked = new URLSearchParams(location.search).get("q");
if (asked && document.querySelector("article")) mark_words(asked);
