// The root page: on to the language that the reader chose before, else to the browser's.
"use strict";

const languages = ["ko", "en"];
const remembered = localStorage.getItem("language");
const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
const language = [remembered, ...wanted].find((code) => languages.includes(code)) ?? "en";
location.replace(`${language}/index.html${location.search}${location.hash}`);
