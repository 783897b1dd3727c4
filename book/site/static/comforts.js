// Comforts that no page needs: ticks for pages that were read, the keys, how long a section takes.
"use strict";

const told = (text) => Object.assign(document.createElement("span"), { className: "told", textContent: ` ${text}` });
const button = (text, name) => Object.assign(document.createElement("button"), { type: "button", className: name, textContent: text });

// Ticks are kept in this browser alone, by the page's name, which both languages share.
const ticks = {
  read() {
    try {
      const kept = JSON.parse(memory.read("localStorage", "read"));
      return new Set(Array.isArray(kept) ? kept : []);
    } catch {
      return new Set();
    }
  },
  write: (pages) => memory.write("localStorage", "read", JSON.stringify([...pages])),
};
const this_page = document.documentElement.dataset.page;
const page_of = (link) => link.getAttribute("href") === "#" ? this_page : /\/(?:ko|en)\/(.*)\.html/.exec(link.href)?.[1];

function progress() {
  const menu = document.querySelector(".contents");
  const links = [...menu.querySelectorAll("a")];
  const clear = button(words.clear_ticks, "quiet clear-ticks");
  const tick = button(words.tick, "quiet tick");
  let pages = ticks.read();
  const show = () => {
    for (const link of links) {
      const is_read = pages.has(page_of(link));
      if (is_read === link.classList.contains("read")) continue;
      link.classList.toggle("read", is_read);
      if (is_read) link.append(told(words.ticked));
      else link.querySelector(".told").remove();
    }
    clear.hidden = !pages.size;
    tick.setAttribute("aria-pressed", String(pages.has(this_page)));
  };
  const keep = (change) => {
    pages = ticks.read(); // another tab may have changed them
    change();
    ticks.write(pages);
    show();
  };
  tick.addEventListener("click", () => keep(() => pages.delete(this_page) || pages.add(this_page)));
  clear.addEventListener("click", () => {
    keep(() => pages.clear());
    (menu.querySelector("a[aria-current]") ?? links[0]).focus(); // the button is gone
  });
  addEventListener("storage", () => ((pages = ticks.read()), show()));
  menu.append(clear);
  if (links.some((link) => page_of(link) === this_page)) document.querySelector("article")?.after(tick);
  show();
}

// The minutes of each section, in both lists of the page's sections.
function reading_times() {
  const minutes = section_minutes[this_page] ?? {};
  for (const link of document.querySelectorAll(":is(.on-this-page, .sections-here) a")) {
    const of_section = minutes[link.hash.slice(1)];
    if (!of_section) continue;
    const time = document.createElement("small");
    time.textContent = ` ${words.minutes_short.replace("{}", of_section)}`;
    link.append(time);
  }
}

// Single keys, which a reader can turn off: speech recognition types them by mistake.
const KEYS = [
  ["/", words.key_search],
  ["n", words.key_next, () => document.querySelector(".previous-next a[rel=next]")?.click()],
  ["p", words.key_previous, () => document.querySelector(".previous-next a[rel=prev]")?.click()],
  ["l", words.key_language, () => document.querySelector("a.language-switch")?.click()],
  ["?", words.key_help, () => show_keys()],
];
const ALWAYS = [
  ["↑ ↓", words.key_results],
  ["Esc", words.key_close],
];

function show_keys() {
  let dialog = document.querySelector("dialog.keys");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.className = "keys";
    const head = Object.assign(document.createElement("h2"), { id: "keys-title", textContent: words.keys });
    const list = document.createElement("dl");
    for (const [key, meaning] of [...KEYS, ...ALWAYS]) {
      const name = document.createElement("dt");
      name.append(Object.assign(document.createElement("kbd"), { textContent: key }));
      list.append(name, Object.assign(document.createElement("dd"), { textContent: meaning }));
    }
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: single_keys() });
    box.addEventListener("change", () => memory.write("localStorage", "keys", box.checked ? "on" : "off"));
    label.append(box, ` ${words.single_keys}`);
    const close = button(words.close, "quiet");
    close.addEventListener("click", () => dialog.close());
    dialog.setAttribute("aria-labelledby", head.id);
    dialog.append(head, list, label, close);
    document.body.append(dialog);
  }
  if (!dialog.open) dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  if (!single_keys() || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable], dialog")) return;
  // A Korean keyboard types ㅜ where n is.
  const typed = /^([ㄱ-ㅣ]|Process)$/.test(event.key) ? event.code.replace("Key", "").toLowerCase() : event.key;
  const act = KEYS.find(([key]) => key === typed)?.[2];
  if (act) {
    event.preventDefault();
    act();
  }
});

// The footer's button works where single keys are off, and on a phone.
function keys_button() {
  const item = document.createElement("li");
  const open = button(words.keys, "link");
  open.addEventListener("click", show_keys);
  item.append(open);
  document.querySelector(".bottom ul").append(item);
}

// The button beside the title is far from the exercises.
function sheet_at_exercises() {
  const sheet = document.querySelector("button.problems");
  const heading = document.querySelector("section[id$='-exercises'] > h2");
  if (!sheet || !heading) return;
  const here = button(words.problem_sheet, "quiet sheet");
  here.addEventListener("click", () => sheet.click());
  heading.after(here);
}

progress();
reading_times();
keys_button();
sheet_at_exercises();
