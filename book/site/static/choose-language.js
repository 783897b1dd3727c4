// The root page: on to the language that the reader chose before, else to the browser's.
"use strict";

const languages = ["ko", "en"];
let remembered;
try {
  remembered = localStorage.getItem("language");
} catch {} // nothing is kept in this browser
const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
const language = [remembered, ...wanted].find((code) => languages.includes(code)) ?? "en";
location.replace(`${language}/index.html${location.search}${location.hash}`);
