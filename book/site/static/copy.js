// A button on each code block that copies it. It replaces sphinx-copybutton, which takes 20 kB, has no
// Korean, and makes all buttons at once.
"use strict";

async function to_clipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without https, a browser can only copy a selection.
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const went_well = document.execCommand("copy");
  field.remove();
  if (!went_well) throw new Error("copying was refused");
}

function add_button(code) {
  const box = code.parentElement;
  if (box.querySelector(".copy")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = words.copy;
  button.addEventListener("click", async () => {
    try {
      await to_clipboard(code.textContent);
      button.textContent = words.copied;
    } catch {
      button.textContent = words.copy_failed;
    }
    setTimeout(() => (button.textContent = words.copy), 2000);
  });
  box.append(button);
}

when_near(
  document.querySelectorAll("article .highlight-python pre, article > section > div[class*=highlight-] pre"),
  add_button,
);
