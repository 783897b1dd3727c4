// Tells screen readers the reason that an answer of a quick question opens to.
"use strict";

for (const question of document.querySelectorAll(".quick-question")) {
  const told = document.createElement("p");
  told.className = "told";
  told.setAttribute("role", "status");
  question.append(told);
  question.addEventListener(
    "toggle",
    ({ target }) => {
      if (!target.open || "opened_for_print" in target.dataset) return;
      const reason = target.querySelector(".reason")?.cloneNode(true);
      if (!reason) return;
      for (const drawn of reason.querySelectorAll(".katex-html, annotation, .peek")) drawn.remove();
      told.textContent = reason.textContent.trim();
    },
    true, // the event does not bubble
  );
}
