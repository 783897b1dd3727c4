// Loads the scripts of a figure that the reader can move, as the figure comes near (site/moving).
"use strict";

function load_scripts(figure) {
  for (const address of figure.dataset.scripts.split(" ")) {
    if (document.querySelector(`script[src="${address}"]`)) continue;
    const script = document.createElement("script");
    script.src = address;
    script.async = false; // they run in their order
    document.head.append(script);
  }
}

when_near(document.querySelectorAll(".moving"), load_scripts);
