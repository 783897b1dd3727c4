// sphinx-copybutton keeps its words in its script and has none in Korean: replace them before
// it makes its buttons, which it does when the page is complete.
"use strict";

if (document.documentElement.lang === "ko" && typeof messages !== "undefined") {
  Object.assign(messages.en, {
    copy: "복사",
    copy_to_clipboard: "복사",
    copy_success: "복사했습니다",
    copy_failure: "복사하지 못했습니다",
  });
  iconCopy = iconCopy.replace("Copy to clipboard", "복사");
}
