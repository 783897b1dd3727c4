// The frame of the page: the menu on narrow screens, light and dark, the reader's place.
"use strict";

function theme_button() {
  const button = document.querySelector(".theme-button");
  const tell = () => {
    button.setAttribute("aria-label", `${words.theme}: ${words["theme_" + chosen_theme()]}`);
    button.title = button.getAttribute("aria-label");
  };
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(chosen_theme()) + 1) % themes.length];
    memory.write("localStorage", "theme", next);
    show_theme(next);
    tell();
  });
  tell();
}

function menu_button() {
  const button = document.querySelector(".menu-button");
  const menu = document.getElementById("menu");
  const open = (wanted) => {
    button.setAttribute("aria-expanded", String(wanted));
    document.body.classList.toggle("menu-open", wanted);
  };
  button.addEventListener("click", () => open(button.getAttribute("aria-expanded") !== "true"));
  menu.addEventListener("click", (event) => event.target.closest("a") && open(false));
  // Focus behind the menu would be invisible.
  document.addEventListener("focusin", ({ target }) => target.closest("main, footer") && open(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("menu-open")) {
      open(false);
      button.focus();
    }
  });
}

// A browser refuses to preload fonts from a folder; without that they come too late to be shown.
function letters_from_folder() {
  const href = `${document.documentElement.dataset.content_root}_static/letters-from-folder.css`;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
}

// Fetches the fonts of formulas that are not laid out yet; otherwise they would be missing in print.
function fetch_letters_of_formulas() {
  if (location.protocol === "file:") {
    // A file may not read its styles' rules, and nothing is sent over a network: fetch all.
    for (const face of document.fonts) if (face.family.includes("KaTeX_")) face.load().catch(() => {});
    return;
  }
  for (const sheet of document.styleSheets) {
    for (const { selectorText, style } of sheet.cssRules) {
      if (!selectorText || !style.fontFamily.includes("KaTeX_")) continue;
      if (!document.querySelector(selectorText)) continue;
      const { fontStyle, fontWeight, fontFamily } = style;
      document.fonts.load(`${fontStyle} ${fontWeight} 1em ${fontFamily}`);
    }
  }
}

// Calls a function for each element that comes near; a long chapter has hundreds of controls.
function when_near(elements, act) {
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        watch.unobserve(target);
        act(target);
      }
    },
    { rootMargin: "100% 0px" },
  );
  for (const element of elements) watch.observe(element);
}

// Marks the section in view in the list of the page's sections.
function follow_sections() {
  const links = new Map(
    [...document.querySelectorAll(".on-this-page a")].map((link) => [link.hash.slice(1), link]),
  );
  const sections = [...document.querySelectorAll("article section[id]")].filter((section) =>
    links.has(section.id),
  );
  if (!sections.length) return;
  let marked;
  const mark = () => {
    const passed = sections.filter((section) => section.getBoundingClientRect().top < 120);
    const link = passed.length ? links.get(passed[passed.length - 1].id) : undefined;
    if (link === marked) return;
    marked?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
    marked = link;
  };
  let waiting = false;
  addEventListener(
    "scroll",
    () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => ((waiting = false), mark()));
    },
    { passive: true },
  );
  mark();
}

// Boxes that scroll sideways can be scrolled with the keyboard too.
function reach_wide_blocks() {
  const wide = "article :is(pre, .formula, figure, .table-box, .text_html)";
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const scrolls = target.scrollWidth > target.clientWidth + 1;
      target.toggleAttribute("data-scrolls", scrolls);
      if (scrolls) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const block of document.querySelectorAll(wide)) watch.observe(block);
}

// The form for mistakes with a paragraph filled in: its cell, and the beginning of its text.
function mistake_address(form, pair, text) {
  const address = new URL(form);
  const name = `${pair.replace(/^pair-/, "")}-${document.documentElement.lang}`;
  address.searchParams.set("paragraph", name);
  address.searchParams.set("text", text.replace(/\s+/g, " ").trim().slice(0, 500));
  return address.href;
}

// The text of a block, with formulas as they were written.
function text_of(block) {
  const copy = block.cloneNode(true);
  for (const formula of copy.querySelectorAll(".katex")) {
    formula.replaceWith(`$${formula.querySelector("annotation").textContent}$`);
  }
  for (const control of copy.querySelectorAll("button, .headerlink, .twin")) control.remove();
  return copy.textContent;
}

// Puts a computed figure into the page, whose colours and letters then apply to it.
async function place_figure(picture) {
  const answer = await fetch(picture.src);
  if (!answer.ok || !picture.isConnected) return;
  const text = (await answer.text()).replace(/<style>.*?<\/style>/s, ""); // the page has the style
  const drawing = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  picture.replaceWith(document.importNode(drawing, true));
}

const computed_figures = () => [...document.querySelectorAll("article img.plot")];
const place_figures = () => Promise.all(computed_figures().map(place_figure));

// "Suggest an edit" refers to the reader's selection, if it is part of a paragraph.
function suggest_for_selection() {
  const link = document.querySelector("a.mistake");
  const form = link?.href;
  document.addEventListener("selectionchange", () => {
    const selected = getSelection();
    const node = selected.anchorNode;
    const block = (node?.closest ? node : node?.parentElement)?.closest("article [class*=pair-]");
    const pair = block && [...block.classList].find((name) => name.startsWith("pair-"));
    if (link && pair && !selected.isCollapsed) link.href = mistake_address(form, pair, String(selected));
  });
}

// Prints the exercises alone, their solutions folded.
function problem_sheet() {
  const root = document.documentElement;
  document.querySelector("button.problems")?.addEventListener("click", () => {
    root.dataset.print = "problems";
    print();
  });
  addEventListener("afterprint", () => delete root.dataset.print);
}

// Print opens everything that is folded.
addEventListener("beforeprint", () => {
  for (const box of document.querySelectorAll("details:not([open])")) {
    box.open = true;
    box.dataset.opened_for_print = "";
  }
});
addEventListener("afterprint", () => {
  for (const box of document.querySelectorAll("details[data-opened_for_print]")) box.open = false;
});

if (location.protocol === "file:") letters_from_folder();
theme_button();
menu_button();
follow_sections();
reach_wide_blocks();
suggest_for_selection();
problem_sheet();
// A page that was opened as a file may not read another one.
if (location.protocol !== "file:") when_near(computed_figures(), place_figure);
addEventListener("load", () => setTimeout(fetch_letters_of_formulas, 1000));
