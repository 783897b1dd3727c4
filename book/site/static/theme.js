// Runs before the page is drawn: the reader's choice of light or dark, or else the system's.
"use strict";

const system_is_dark = matchMedia("(prefers-color-scheme: dark)");
const themes = ["auto", "light", "dark"];

function chosen_theme() {
  const chosen = localStorage.getItem("theme");
  return themes.includes(chosen) ? chosen : "auto";
}

function show_theme() {
  const choice = chosen_theme();
  const root = document.documentElement;
  root.dataset.choice = choice;
  root.dataset.theme = choice === "auto" ? (system_is_dark.matches ? "dark" : "light") : choice;
}

document.documentElement.classList.add("scripted");
system_is_dark.addEventListener("change", show_theme);
show_theme();
