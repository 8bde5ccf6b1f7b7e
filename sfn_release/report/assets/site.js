// Search, ages, keys, the theme, and reloading while `report --serve` runs. Every page can be read without it.
"use strict";
(() => {
  const root = document.body.dataset.root;
  const pages = { b: "index.html", t: "timeline/index.html", r: "releases/index.html", w: "workflows/index.html" };
  const $ = (selector) => document.querySelector(selector);

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function remembered(key, value) {
    try {
      if (value === undefined) return localStorage.getItem(key);
      localStorage.setItem(key, value);
    } catch {
      // Storage is blocked: nothing is remembered.
    }
    return null;
  }

  function load(path, done) {
    const script = element("script", { src: `${root}/${path}` });
    script.addEventListener("load", () => { script.remove(); done(true); });
    script.addEventListener("error", () => { script.remove(); done(false); });
    document.head.append(script);
  }

  // The theme: the system's until you choose one.
  const themeButton = $("[data-theme-toggle]");
  const isDark = () =>
    (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  function toggleTheme() {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    remembered("sfn-release-theme", theme);
  }
  themeButton.hidden = false;
  themeButton.addEventListener("click", toggleTheme);

  // Search. A script has the entries, because a page can't fetch a file from the disk.
  const searchButton = $("[data-search]");
  let dialog = null;
  let input = null;
  let list = null;
  let status = null;
  let entries = null;
  let found = [];
  let chosen = -1;

  function makeDialog() {
    status = element("p", { class: "search-status sub", role: "status" });
    list = element("ul", { class: "search-results", role: "listbox", id: "search-results", "aria-label": "Results" });
    input = element("input", {
      type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "search-results",
      "aria-autocomplete": "list", "aria-label": "Search", autocomplete: "off", spellcheck: "false",
      placeholder: "Workflow, version, commit, author, state or reason",
    });
    const close = element("button", { type: "button", "aria-label": "Close the search" }, element("kbd", {}, "Esc"));
    close.addEventListener("click", () => dialog.close());
    dialog = element("dialog", { "aria-label": "Search" },
      element("div", { class: "search" }, element("div", { class: "search-head" }, input, close), list, status));
    document.body.append(dialog);
    input.addEventListener("input", search);
    input.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && found.length) {
        event.preventDefault();
        choose((chosen + step + found.length) % found.length);
      } else if (event.key === "Home" && event.ctrlKey) choose(0);
      else if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); open(found[chosen]); }
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => { input.value = ""; search(); });
  }

  function openSearch() {
    if (!dialog) makeDialog();
    if (!dialog.open) dialog.showModal();
    input.focus();
    if (entries === null) {
      status.textContent = "Loading …";
      load("assets/search.js", (worked) => {
        const data = globalThis.sfnReleaseSearch || { kinds: [], entries: [] };
        entries = data.entries.map(([kind, title, detail, path, more]) => ({
          kind: data.kinds[kind], title, detail, path, text: `${title} ${detail} ${more}`.toLowerCase(), name: title.toLowerCase(),
        }));
        if (!worked) status.textContent = "The search index isn't there.";
        else search();
      });
    }
  }

  function rank(entry, words) {
    let total = 0;
    for (const word of words) {
      if (!entry.text.includes(word)) return -1;
      const at = entry.name.indexOf(word);
      if (entry.name === word) total += 100;
      else if (at === 0) total += 40;
      else if (at > 0) total += /[\s._-]/.test(entry.name[at - 1]) ? 25 : 12;
      else total += 4;
    }
    return total;
  }

  function search() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = [];
    if (words.length && entries) {
      found = entries.map((entry, place) => ({ entry, place, value: rank(entry, words) }))
        .filter((hit) => hit.value >= 0)
        .sort((a, b) => b.value - a.value || a.place - b.place)
        .map((hit) => hit.entry);
    }
    const total = found.length;
    found = found.slice(0, 30);
    list.replaceChildren(...found.map((entry, number) => {
      const option = element("li", { role: "option", id: `search-${number}`, "aria-selected": "false" },
        element("span", { class: "kind badge" }, entry.kind), element("bdi", {}, entry.title));
      if (entry.detail) option.append(element("span", { class: "sub", dir: "auto" }, entry.detail));
      option.addEventListener("click", () => open(entry));
      return option;
    }));
    list.hidden = !total;
    input.setAttribute("aria-expanded", String(total > 0));
    if (!words.length) status.textContent = "↑ ↓ to choose, Enter to open, Esc to close";
    else if (entries) status.textContent = total > 30 ? `The first 30 of ${total} results` : `${total} ${total === 1 ? "result" : "results"}`;
    choose(total ? 0 : -1);
  }

  function choose(number) {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = number;
    const option = list.children[chosen];
    if (!option) { input.removeAttribute("aria-activedescendant"); return; }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }

  function open(entry) {
    dialog.close();
    location.href = `${root}/${entry.path}`;
  }

  searchButton.hidden = false;
  searchButton.addEventListener("click", openSearch);

  // A graph that is wider than the screen has its start in the middle.
  for (const box of document.querySelectorAll(".graph-scroll")) {
    const start = box.querySelector(".node-start") || box.querySelector(".node");
    if (!start) continue;
    const at = start.getBoundingClientRect(), around = box.getBoundingClientRect();
    if (box.scrollWidth > box.clientWidth) box.scrollLeft += at.left + at.width / 2 - around.left - around.width / 2;
  }

  // Ages. A page has only dates, because it may be read at any time; a printed page keeps them.
  const ages = [...document.querySelectorAll("time[data-age], time[data-with-age]")].map((place) => {
    const at = Date.parse(place.dateTime), date = place.textContent;
    if (!("withAge" in place.dataset)) return { at, date, place, age: place };
    const age = element("span", { class: "sub" });
    place.after(" ", age);
    return { at, date: "", place, age };
  }).filter(({ at }) => !Number.isNaN(at));
  const units = [[730 * 86400, 365 * 86400, "year"], [60 * 86400, 30 * 86400, "month"], [2 * 86400, 86400, "day"], [3600, 3600, "h"], [60, 60, "min"]];

  function ageText(at) {
    const span = (Date.now() - at) / 1000, long = Math.abs(span);
    const [, size, unit] = units.find(([least]) => long >= least) || [0, 1, ""];
    if (!unit) return span < 0 ? "in less than a minute" : "just now";
    const number = Math.floor(long / size);
    const words = `${number} ${unit}${unit.length > 3 && number !== 1 ? "s" : ""}`;
    return span < 0 ? `in ${words}` : `${words} ago`;
  }

  function showAges() {
    for (const { at, date, place, age } of ages) {
      const text = date ? ageText(at) : `(${ageText(at)})`;
      if (age.textContent !== text) age.textContent = text;
      if (date) place.title = date;
    }
  }

  function showDates() {
    for (const { date, age } of ages) age.textContent = date;
  }
  showAges();
  setInterval(showAges, 15_000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) showAges(); });
  addEventListener("beforeprint", showDates);
  addEventListener("beforeprint", () => { for (const list of document.querySelectorAll("details.alike")) list.open = true; });
  addEventListener("afterprint", showAges);

  // Keys. They can be turned off, because a speech program may type them by chance.
  const keysButton = $("[data-keys]");
  const keysOn = () => remembered("sfn-release-keys") !== "off";
  let keys = null;
  function showKeys() {
    if (!keys) {
      const rows = [["/", "search"], ["g b", "go to the board"], ["g t", "go to the timeline"], ["g r", "go to the releases"],
        ["g w", "go to the workflows"], ["n", "next page of a list"], ["p", "previous page of a list"], ["d", "dark or light"],
        ["?", "show these keys"], ["Esc", "close"]];
      const facts = element("dl", { class: "facts" });
      for (const [key, what] of rows) facts.append(element("dt", {}, element("kbd", {}, key)), element("dd", {}, what));
      const box = element("input", { type: "checkbox" });
      box.checked = keysOn();
      box.addEventListener("change", () => remembered("sfn-release-keys", box.checked ? "on" : "off"));
      const close = element("button", { type: "button" }, "Close");
      close.addEventListener("click", () => keys.close());
      keys = element("dialog", { "aria-labelledby": "keys-title" },
        element("div", { class: "keys" }, element("h2", { id: "keys-title" }, "Keyboard shortcuts"), facts,
          element("p", {}, element("label", {}, box, " Use these keys")), close));
      document.body.append(keys);
    }
    if (!keys.open) keys.showModal();
  }
  keysButton.hidden = false;
  keysButton.addEventListener("click", showKeys);

  let going = 0;
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable], dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !keysOn()) return;
    const key = event.key;
    if (Date.now() - going < 1200 && pages[key]) { location.href = `${root}/${pages[key]}`; return; }
    going = key === "g" ? Date.now() : 0;
    const step = { n: "next", p: "prev" }[key];
    if (key === "/") { event.preventDefault(); openSearch(); }
    else if (key === "?") showKeys();
    else if (key === "d") toggleTheme();
    else if (step) $(`a[rel~="${step}"]`)?.click();
  });

  // While the report is served, a changed ledger makes another build: show it.
  const seconds = Number(document.body.dataset.refresh || 0);
  if (seconds > 0) {
    const poll = () => {
      if (document.hidden) { setTimeout(poll, seconds * 1000); return; }
      load(`assets/build.js?${Date.now()}`, (worked) => {
        if (worked && globalThis.sfnReleaseBuild !== document.body.dataset.build && !document.querySelector("dialog[open]")) location.reload();
        else setTimeout(poll, seconds * 1000);
      });
    };
    setTimeout(poll, seconds * 1000);
  }
})();
