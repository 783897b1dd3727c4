// Loads the scripts of figures that move and of symbols that light up together, as they come near
// (site/moving, site/linked).
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

when_near(document.querySelectorAll("[data-scripts]"), load_scripts);
