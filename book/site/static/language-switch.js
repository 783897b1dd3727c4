// The switch leads to the same page without this script; with it, also to the same place.
"use strict";

const language_switch = document.querySelector("a.language-switch");

function place_in_view() {
  // The heading that the reader has last scrolled past; both languages have the same anchors.
  const passed = [...document.querySelectorAll("article section[id]")].filter(
    (section) => section.getBoundingClientRect().top < window.innerHeight / 3,
  );
  const top_of_page = window.scrollY < 10;
  return top_of_page || passed.length === 0 ? "" : "#" + passed[passed.length - 1].id;
}

function aim() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const box = target && target.getBoundingClientRect();
  const target_in_view = box && box.bottom > 0 && box.top < window.innerHeight;
  const here = target_in_view ? location.hash : place_in_view();
  language_switch.href = language_switch.href.split(/[?#]/)[0] + location.search + here;
}

if (language_switch) {
  for (const moment of ["pointerenter", "pointerdown", "focus", "click"]) {
    language_switch.addEventListener(moment, aim);
  }
  aim();
}
