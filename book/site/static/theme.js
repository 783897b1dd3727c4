// Runs before the page is drawn: the reader's choice of light or dark, or else the system's, and
// whether all of the page is laid out at once.
"use strict";

// A browser may refuse to keep anything: then a choice lasts as long as the page.
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
// Who comes back, or from a search, is led into the page: its heights have to be known.
const [coming] = performance.getEntriesByType("navigation");
const led_inside = location.search !== "" || (coming && coming.type !== "navigate");
document.documentElement.classList.toggle("whole", led_inside);
system_is_dark.addEventListener("change", () => show_theme());
show_theme();
