// A quiet control at each paragraph that shows the same paragraph in the other language below it.
"use strict";

const other_language = document.querySelector("a.language-switch");
const PROSE = "p, ul, ol, dl, blockquote, .table-box, .admonition";
const CAPTION = "figcaption > p";

// Blocks of the same pair correspond in their order. A figure's picture needs no twin.
function prose_of(page) {
  const found = new Map();
  for (const marked of page.querySelectorAll("article [class*=pair-]")) {
    const block = marked.matches(PROSE) ? marked : marked.querySelector(CAPTION);
    if (!block) continue;
    const pair = [...marked.classList].find((name) => name.startsWith("pair-"));
    found.set(pair, [...(found.get(pair) ?? []), block]);
  }
  return found;
}

let twin_page;
function fetch_twin_page() {
  twin_page ??= fetch(other_language.href.split("#")[0]).then(async (answer) => {
    if (!answer.ok) throw new Error(answer.statusText);
    return prose_of(new DOMParser().parseFromString(await answer.text(), "text/html"));
  });
  return twin_page;
}

// The twin has the same anchors, which must not occur twice on a page.
function without_anchors(block) {
  const copy = document.importNode(block, true);
  for (const link of copy.querySelectorAll(".headerlink")) link.remove();
  for (const marked of [copy, ...copy.querySelectorAll("[id]")]) marked.removeAttribute("id");
  for (const link of copy.querySelectorAll("a[href]")) {
    link.href = new URL(link.getAttribute("href"), other_language.href.split("#")[0]);
  }
  return copy;
}

// The link to the form for mistakes, with the paragraph filled in, if the repository is known.
function suggestion(pair, block) {
  const form = document.documentElement.dataset.mistake;
  if (!form) return [];
  const link = document.createElement("a");
  const line = document.createElement("p");
  link.href = mistake_address(form, pair, text_of(block));
  link.textContent = words.suggest_here;
  line.className = "suggest";
  line.append(link);
  return [line];
}

function twin_of(block, pair, number) {
  const twin = document.createElement("div");
  twin.className = "twin";
  twin.textContent = words.loading;
  twin.setAttribute("aria-busy", "true");
  fetch_twin_page()
    .then((blocks) => {
      twin.lang = other_language.lang;
      twin.replaceChildren(without_anchors(blocks.get(pair)[number]), ...suggestion(pair, block));
    })
    .catch(() => {
      twin_page = undefined;
      twin.textContent = words.peek_failed;
    })
    .finally(() => twin.removeAttribute("aria-busy"));
  return twin;
}

const beginning = (text) => (text.length > 40 ? `${text.slice(0, 40).replace(/\s+\S*$/, "")} …` : text);

function peek_at(block, pair, number) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "peek";
  button.textContent = words.peek_letter;
  button.title = words.peek;
  button.setAttribute("aria-label", `${words.peek}: ${beginning(text_of(block).replace(/\s+/g, " ").trim())}`);
  button.setAttribute("aria-expanded", "false");
  let twin;
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") === "false";
    button.setAttribute("aria-expanded", String(open));
    button.title = open ? words.peek_close : words.peek;
    if (open) {
      twin = twin_of(block, pair, number);
      block.after(twin);
    } else {
      twin?.remove();
    }
  });
  block.before(button);
}

// A page that was opened as a file may not read another file.
if (other_language && location.protocol !== "file:") {
  const places = new Map();
  for (const [pair, blocks] of prose_of(document)) {
    blocks.forEach((block, number) => places.set(block, [pair, number]));
  }
  when_near(places.keys(), (block) => peek_at(block, ...places.get(block)));
}
