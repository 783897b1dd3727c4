// The search field in the bar, the page of results, and the marks on the pages that they lead to.
"use strict";

const FIRST = 20; // results shown at once
const AIM = 400; // milliseconds from a change in which a tap is meant for what was there before
const root_address = document.documentElement.dataset.content_root;

// Fetched when the reader enters a search field; a file that does not come is asked for again at the
// next letter.
const scripts = {};
function load_script(name, priority) {
  scripts[name] ??= new Promise((done, failed) => {
    const script = element("script", { src: `${root_address}_static/${name}`, fetchPriority: priority });
    script.onload = done;
    script.onerror = () => {
      delete scripts[name];
      failed(new Error(`${name} could not be fetched`));
    };
    document.head.append(script);
  });
  return scripts[name];
}

// The book's titles answer after two seconds on the slowest line; the text follows.
let titles_search, whole_search, text_failed;
const best_search = () => whole_search ?? titles_search;

async function load_titles() {
  await Promise.all(document.documentElement.dataset.search.split(" ").map((name) => load_script(name, "high")));
  return (titles_search ??= new BookSearch(MiniSearch, stemmer, search_data));
}

async function load_text() {
  const search = await load_titles();
  await load_script(document.documentElement.dataset.search_text, "low");
  return (whole_search ??= await search.with_texts(search_texts));
}

let on_the_way;
function load_search() {
  text_failed = false;
  on_the_way ??= load_text().catch((error) => {
    text_failed = true;
    on_the_way = undefined;
    throw error;
  });
  return on_the_way;
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
  const { text: prose = "", code = "", names = [] } = section;
  const called = names.filter((name) => name.search(pattern) >= 0).join(", ");
  for (const text of [prose, code.replace(/\s+/g, " "), called]) {
    const hit = text.search(pattern);
    if (hit < 0) continue;
    const start = hit < 50 ? 0 : text.indexOf(" ", hit - 50) + 1;
    const end = hit + 110 >= text.length ? text.length : text.lastIndexOf(" ", hit + 110);
    return (start > 0 ? "… " : "") + text.slice(Math.min(start, hit), Math.max(end, hit + 20)) + (end < text.length ? " …" : "");
  }
  return prose.slice(0, 120);
}

function result(section, query, patterns) {
  const [page, anchor] = section.address.split("#");
  const pattern = first_held(patterns, [section.heading, section.text ?? "", section.code ?? ""]) ?? patterns.at(-1);
  const href = `${root_address}${page}?q=${encodeURIComponent(query)}${anchor ? "#" + anchor : ""}`;
  const where = element("span", { className: "where" }, ...marked(section.heading, pattern));
  if (section.heading !== section.page) where.append(element("small", {}, " · " + section.page));
  const words_around = element("span", { className: "context" }, ...marked(context(section, pattern), pattern));
  return element("li", {}, element("a", { href }, where, words_around));
}

// How many were found, and whether the text is among it. The list stays where it is.
function tell(form, search, count, ...more) {
  const many = count === 1 ? words.found_one : words.found_many.replace("{count}", count);
  const none = search === whole_search ? words.found_none : words.found_none_yet;
  const rest = best_search() === whole_search ? more : [text_failed ? words.text_failed : words.text_coming];
  form.querySelector(".count").replaceChildren(count ? many : none, ...rest.flatMap((part) => [" ", part]));
}

function show(form, search, query, limit = FIRST) {
  const panel = form.querySelector(".found");
  const patterns = search.mark_patterns(query);
  panel.hidden = !query.trim();
  const found = search.find(query);
  tell(form, search, found.length);
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
  if (!found.length && other && search === whole_search) {
    const href = `${root_address}../${other.hreflang}/search.html?q=${encodeURIComponent(query)}`;
    list.append(element("li", { className: "elsewhere" }, element("a", { href }, words.found_other)));
  }
  return found.length;
}

// The results change as the reader types, and once more when the text has come; but never under the
// reader's finger, pointer or focus: a button offers it then.
function search_field(form) {
  const input = form.querySelector("input");
  const panel = form.querySelector(".found");
  const status = panel.querySelector(".count");
  const list = panel.querySelector("ol");
  const on_own_page = form.classList.contains("whole");
  let shown = {}; // the search that found what is shown, and how many it found
  let at_list = false; // touched or scrolled since it was filled
  let changed = -Infinity; // when it was last filled without the reader's doing

  const fill = () => {
    at_list = false;
    status.style.minHeight = "";
    shown = { search: best_search(), count: show(form, best_search(), input.value) };
  };
  const is_at_list = () => at_list || list.contains(document.activeElement) || list.matches(":hover");
  const is_old = () => whole_search && shown.search === titles_search && !panel.hidden;
  const add_text = () => {
    if (!is_old() || is_at_list()) return;
    fill();
    changed = performance.now();
  };
  const offer_text = () => {
    const button = element("button", { type: "button", className: "add-text" }, words.add_text);
    button.addEventListener("click", () => {
      fill();
      panel.hidden = false; // it was closed when the button, which had the focus, went
      list.querySelector("a")?.focus();
    });
    status.style.minHeight = `${status.offsetHeight}px`;
    tell(form, shown.search, shown.count, button);
  };
  let waiting; // for the text
  const wait_for_text = () => {
    const come = () => {
      add_text();
      if (is_old()) offer_text();
    };
    const failed = () => {
      waiting = undefined;
      if (shown.search) tell(form, shown.search, shown.count);
    };
    waiting ??= load_search().then(come, failed);
  };
  const keep_address = () => {
    const address = new URL(location);
    if (input.value) address.searchParams.set("q", input.value);
    else address.searchParams.delete("q");
    history.replaceState(null, "", address);
  };
  const update = async () => {
    wait_for_text();
    if (!best_search() && input.value) {
      panel.hidden = false;
      status.textContent = words.loading;
    }
    try {
      await load_titles();
    } catch {
      status.textContent = words.search_failed;
      return;
    }
    fill();
    if (on_own_page) keep_address();
  };

  input.addEventListener("focus", wait_for_text);
  input.addEventListener("input", update);
  for (const kind of ["pointerdown", "scroll"]) {
    (on_own_page ? document : panel).addEventListener(kind, () => (at_list = true), { passive: true });
  }
  list.addEventListener("pointerleave", add_text);
  input.addEventListener("focus", add_text);
  list.addEventListener("click", (event) => {
    if (event.detail && event.timeStamp - changed < AIM) event.preventDefault();
    else if (event.target.closest("a")) keep_marks(shown.search, input.value);
  });
  form.addEventListener("keydown", (event) => {
    const stops = [input, ...list.querySelectorAll("a, button")];
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

// What to mark is known where the query was asked, so that the page that it leads to need not fetch
// the book. Titles do not know whether a word that they lack is mistyped.
function keep_marks(search, query) {
  if (search !== whole_search && !search.knows(query)) return;
  const patterns = search.mark_patterns(query).map(({ source }) => source);
  memory.write("sessionStorage", "marks", JSON.stringify({ query, patterns }));
}

async function patterns_of(query) {
  const kept = JSON.parse(memory.read("sessionStorage", "marks") ?? "{}");
  if (kept.query === query) return kept.patterns.map((source) => new RegExp(source, "giu"));
  return (await load_search()).mark_patterns(query);
}

const page_loaded = () => new Promise((done) => (document.readyState === "complete" ? done() : addEventListener("load", () => done(), { once: true })));

// Marks the query on the page that a result leads to, without changing the page. A reader who has gone
// on meanwhile stays there.
async function mark_words(query) {
  if (!CSS.highlights) return;
  let gone_on = false;
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    addEventListener(kind, () => (gone_on = true), { once: true, passive: true });
  }
  const patterns = await patterns_of(query);
  const article = document.querySelector("article");
  const blocks = [...article.querySelectorAll(`${BLOCKS}, .katex`)].filter((block) => !block.querySelector("p, li, pre"));
  const ranges = patterns
    .map((pattern) => blocks.flatMap((block) => ranges_of(block, pattern)))
    .find((found) => found.length);
  if (!ranges) return;
  CSS.highlights.set("found", new Highlight(...ranges));
  clear_button();
  await page_loaded(); // and has gone to its anchor
  if (gone_on) return;
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const first = ranges.find((range) => !target || target.contains(range.startContainer)) ?? ranges[0];
  const folded = first.startContainer.parentElement.closest("details:not([open])");
  if (folded) folded.open = true;
  const { top, bottom } = first.getBoundingClientRect();
  if (!target || folded || top < 0 || bottom > innerHeight) first.startContainer.parentElement.scrollIntoView({ block: "center" });
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
if (asked && document.querySelector("article")) mark_words(asked).catch(() => {});
