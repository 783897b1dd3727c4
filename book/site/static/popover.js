// What a reference leads to, shown where it stands: an equation, a figure, a term, a work, a function of
// the library; and what a symbol of the notation means. By mouse, keyboard and touch. Without this script links are links.
"use strict";

// All scripts of a page share one space of names: these keep to themselves.
{
  const POINTED = "article a.reference.internal[href*='#'], article .math.symbol";
  const SHOWN = "div.math, figure, [id^=term-], .exercise";
  const DELAY = { show: 300, hide: 250 }; // milliseconds

  const bubble = document.createElement("div");
  bubble.className = "popover";
  bubble.id = "popover";
  bubble.setAttribute("role", "tooltip");
  bubble.popover = "manual";

  // The same formula everywhere on the page has the meaning that is written on the first.
  const meanings = new Map();
  for (const first of document.querySelectorAll(".math.symbol")) {
    meanings.set(first.querySelector("annotation").textContent, first.dataset.meaning);
  }
  const meaning_of = (formula) => meanings.get(formula.querySelector("annotation")?.textContent);

  const other_pages = new Map();
  function page_of(address) {
    const path = address.href.split("#")[0];
    if (path === location.href.split("#")[0]) return Promise.resolve(document);
    if (!other_pages.has(path)) {
      const fetched = fetch(path).then(async (answer) => {
        if (!answer.ok) throw new Error(answer.statusText);
        return new DOMParser().parseFromString(await answer.text(), "text/html");
      });
      fetched.catch(() => other_pages.delete(path));
      other_pages.set(path, fetched);
    }
    return other_pages.get(path);
  }

  // Of a function or class of the library: how it is called, and what it does.
  function description_of(signature) {
    const box = document.createElement("div");
    const call = document.createElement("code");
    const copy = signature.cloneNode(true);
    for (const sign of copy.querySelectorAll(".headerlink")) sign.remove();
    call.textContent = copy.textContent.trim();
    box.lang = "en";
    box.append(call, ...[...signature.nextElementSibling.children].slice(0, 1).map((said) => document.importNode(said, true)));
    return box;
  }

  // A copy of what the link leads to, if that is something to be shown.
  async function target_of(link) {
    const address = new URL(link.href);
    const target = (await page_of(address)).getElementById(decodeURIComponent(address.hash.slice(1)));
    if (target?.matches("dt.sig")) return description_of(target);
    if (!target?.matches(SHOWN)) return null;
    const copy = document.importNode(target, true);
    for (const control of copy.querySelectorAll("button, .headerlink, .twin, .peek, .eqno")) control.remove();
    for (const marked of [copy, ...copy.querySelectorAll("[id]")]) {
      if (!marked.closest("svg")) marked.removeAttribute("id"); // a drawing uses its own
    }
    return copy;
  }

  // A page describes each work on the first link to it. Browsers show titles, too: not twice.
  const works = new Map();
  for (const link of document.querySelectorAll("article a.reference.internal[title]")) {
    works.set(link.getAttribute("href"), link.title);
    link.removeAttribute("title");
  }
  const work_of = (anchor) => works.get(anchor.getAttribute("href"));

  async function contents_of(anchor) {
    const text = anchor.matches(".math") ? meaning_of(anchor) : work_of(anchor);
    return text ? document.createTextNode(text) : target_of(anchor);
  }

  let shown, waiting;
  async function show(anchor, touched) {
    if (shown === anchor) return;
    hide();
    shown = anchor;
    let contents;
    try {
      contents = await contents_of(anchor);
    } catch {}
    if (shown !== anchor) return;
    if (!contents) {
      shown = undefined;
      if (touched) location.assign(anchor.href);
      return;
    }
    bubble.replaceChildren(contents);
    if (touched && anchor.href) {
      const link = Object.assign(document.createElement("a"), { href: anchor.href, textContent: words.go_there });
      const line = Object.assign(document.createElement("p"), { className: "go" });
      line.append(link);
      bubble.append(line);
    }
    document.body.append(bubble);
    bubble.showPopover();
    anchor.setAttribute("aria-describedby", bubble.id);
    place(anchor.getClientRects()[0]);
  }

  function place(line) {
    const { offsetWidth: width, offsetHeight: height } = bubble;
    const left = Math.min(Math.max(8, line.left + line.width / 2 - width / 2), innerWidth - width - 8);
    const above = line.top - height - 8;
    bubble.style.left = `${left}px`;
    bubble.style.top = `${above > 60 ? above : line.bottom + 8}px`;
  }

  function hide() {
    clearTimeout(waiting);
    shown?.removeAttribute("aria-describedby");
    shown = undefined;
    if (bubble.isConnected) bubble.remove();
  }

  function anchor_at(target) {
    const found = target.closest?.(POINTED);
    if (found) return found;
    const formula = target.closest?.("article span.math");
    return formula && meaning_of(formula) ? formula : null;
  }

  function later(act, delay) {
    clearTimeout(waiting);
    waiting = setTimeout(act, delay);
  }

  // A page that was opened as a file may not read another one.
  const readable = (anchor) =>
    location.protocol !== "file:" || !anchor.href || work_of(anchor) || new URL(anchor.href).pathname === location.pathname;

  document.addEventListener("pointerover", ({ target, pointerType }) => {
    if (pointerType === "touch") return;
    const anchor = anchor_at(target);
    if (anchor && readable(anchor)) later(() => show(anchor), DELAY.show);
    else if (bubble.contains(target)) clearTimeout(waiting);
    else if (shown || waiting) later(hide, DELAY.hide);
  });
  document.addEventListener("focusin", ({ target }) => {
    const anchor = anchor_at(target);
    if (anchor && target === anchor && anchor.matches(":focus-visible") && readable(anchor)) show(anchor);
    else if (!bubble.contains(target)) hide();
  });
  document.addEventListener("click", (event) => {
    const anchor = anchor_at(event.target);
    if (event.pointerType !== "touch" || !anchor || !readable(anchor)) {
      if (!bubble.contains(event.target)) hide();
      return;
    }
    if (anchor.href && shown === anchor) return; // the second tap goes there
    event.preventDefault();
    show(anchor, true);
  });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  addEventListener("scroll", hide, { passive: true });
}
