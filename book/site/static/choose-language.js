// The root page leads to the language that the reader chose before, or to the browser's.
"use strict";

const languages = ["ko", "en"];
let remembered;
try {
  remembered = localStorage.getItem("language");
} catch {} // this browser keeps nothing
const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
const language = [remembered, ...wanted].find((code) => languages.includes(code)) ?? "en";
location.replace(`${language}/index.html${location.search}${location.hash}`);
