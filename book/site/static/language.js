// Keeps the reader's place and choice when the language is switched. Without this script the
// switch leads to the same page.
"use strict";

// The blocks that both languages' pages have, in the same order: prose of pairs, code, formulas,
// works; on the front page every piece of text. A figure that moves adds its own when it has started.
const places = () =>
  [
    ...document.querySelectorAll(
      "article :is([class*=pair-], .cell, div.math, .citation), .front main :is(h1, h2, p, li)",
    ),
  ].filter((block) => !block.closest(".moving, .linked"));

// The first block in view and how far below the bar it begins.
function place_in_view() {
  const top = document.querySelector(".top").offsetHeight;
  const blocks = places();
  const number = blocks.findIndex((block) => block.getBoundingClientRect().bottom > top + 8);
  if (scrollY < 10 || number < 0) return null;
  return { number, count: blocks.length, offset: blocks[number].getBoundingClientRect().top };
}

function go_to(place) {
  const blocks = places();
  if (blocks.length !== place.count) return;
  const reach = () =>
    scrollTo({ top: scrollY + blocks[place.number].getBoundingClientRect().top - place.offset, behavior: "instant" });
  reach();
  // Fonts, pictures and figures that arrive later move the text, until the reader scrolls.
  const follow = new ResizeObserver(reach);
  follow.observe(document.querySelector("main"));
  const stop = () => follow.disconnect();
  for (const act of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(act, stop, { once: true, passive: true });
  }
  addEventListener("load", () => setTimeout(stop, 5000));
}

for (const link of document.querySelectorAll("a.language-switch")) {
  link.addEventListener("click", () => {
    memory.write("localStorage", "language", link.hreflang);
    link.href = link.href.split(/[?#]/)[0] + location.search + location.hash;
    const page = document.documentElement.dataset.page;
    const place = place_in_view();
    memory.write("sessionStorage", "place", place ? JSON.stringify({ page, place }) : "");
  });
}

const kept = JSON.parse(memory.read("sessionStorage", "place") || "null");
memory.write("sessionStorage", "place", "");
if (kept?.place && kept.page === document.documentElement.dataset.page) go_to(kept.place);
