// Runs before the page is drawn: sets light or dark by the reader's choice or the system's, and
// decides whether the whole page is laid out at once.
"use strict";

// If a browser keeps nothing, a choice lasts as long as the page.
const memory = {
  read(store, name) {
    try {
      return window[store].getItem(name);
    } catch {
      return null;
    }
  },
  write(store, name, value) {
    try {
      window[store].setItem(name, value);
    } catch {}
  },
};

// A reader can turn the single keys off (comforts.js).
const single_keys = () => memory.read("localStorage", "keys") !== "off";

const system_is_dark = matchMedia("(prefers-color-scheme: dark)");
const themes = ["auto", "light", "dark"];

function chosen_theme() {
  const chosen = document.documentElement.dataset.choice ?? memory.read("localStorage", "theme");
  return themes.includes(chosen) ? chosen : "auto";
}

function show_theme(choice = chosen_theme()) {
  const root = document.documentElement;
  root.dataset.choice = choice;
  root.dataset.theme = choice === "auto" ? (system_is_dark.matches ? "dark" : "light") : choice;
}

document.documentElement.classList.add("scripted");
// Returning readers, search results and language switches jump into the page, so its heights must be
// known.
const [coming] = performance.getEntriesByType("navigation");
const switched = (memory.read("sessionStorage", "place") ?? "") !== "";
const led_inside = switched || location.search !== "" || (coming && coming.type !== "navigate");
document.documentElement.classList.toggle("whole", led_inside);
system_is_dark.addEventListener("change", () => show_theme());
show_theme();
