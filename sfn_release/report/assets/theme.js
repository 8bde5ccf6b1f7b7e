// Sets the remembered theme before the first paint. Loaded in the head, so that nothing flashes.
"use strict";
(() => {
  try {
    const theme = localStorage.getItem("sfn-release-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is blocked: the system's theme stays.
  }
})();
