// mermaid.tiny.js is @mermaid-js/tiny 11.17.2 as npm has it, under the MIT licence.
// Draws Mermaid blocks with the Mermaid of this folder. Without `window.mermaid`, the theme would load it from another
// host. The library is large, so it's loaded on the first page that has a block.
(() => {
  const source = new URL("mermaid.tiny.js", document.currentScript.src);
  let options = {};
  let library;

  const load = () =>
    new Promise((resolve, reject) => {
      const facade = window.mermaid;
      const script = document.createElement("script");
      script.src = source;
      script.onload = () => {
        const loaded = window.mermaid;
        window.mermaid = facade;
        loaded.initialize(options);
        resolve(loaded);
      };
      script.onerror = reject;
      document.head.append(script);
    });

  window.mermaid = {
    initialize(given) {
      options = given;
    },
    async render(id, text) {
      library ??= load();
      return (await library).render(id, text);
    },
  };
})();

// The keyboard can scroll code and tables that are wider than the page. Landmarks of the theme that share a name get
// different ones, so that a screen reader's list tells them apart.
addEventListener("DOMContentLoaded", () => {
  for (const wide of document.querySelectorAll("pre > code, .md-typeset__scrollwrap")) {
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
  }
  document.querySelector("nav.md-path")?.setAttribute("aria-label", "Breadcrumb");
  document.querySelector(".md-sidebar--primary nav.md-nav--secondary")?.setAttribute("aria-label", "Sections");
});
