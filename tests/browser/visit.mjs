// Opens the pages of a report in Chromium, and prints everything that is wrong as one JSON object.
//   node visit.mjs CHROMIUM URL PAGES.json [SCREENSHOTS]
import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [, , executablePath, base, pagesFile, screenshots] = process.argv;
const { pages, searches, graphs } = JSON.parse(readFileSync(pagesFile, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const problems = [];
const visited = [];
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});

function watched(page, where) {
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`${where()}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`${where()}: ${error.message}`));
  page.on("requestfailed", (request) => {
    // A page that is left while it loads aborts its requests.
    const reason = request.failure()?.errorText;
    if (reason !== "net::ERR_ABORTED") problems.push(`${where()}: not loaded: ${request.url()}: ${reason}`);
  });
  page.on("dialog", (dialog) => { problems.push(`${where()}: a dialog: ${dialog.message()}`); dialog.dismiss(); });
  return page;
}

// Every page at three widths, light and dark. axe runs through the debugger, beside the page's policy.
for (const [width, colorScheme] of [[390, "light"], [800, "dark"], [1440, "light"], [1440, "dark"]]) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: false });
  let path = "";
  const page = watched(await context.newPage(), () => `${path} at ${width} ${colorScheme}`);
  for (path of pages) {
    await page.goto(base + path);
    visited.push(path);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 1) problems.push(`${path} at ${width}: ${wide} px too wide`);
    const hidden = await page.evaluate(() => [...document.querySelectorAll(".graph-scroll")].filter((box) => {
      const start = box.querySelector(".node-start")?.getBoundingClientRect(), around = box.getBoundingClientRect();
      return start && (start.left < around.left || start.right > around.right);
    }).length);
    if (hidden) problems.push(`${path} at ${width}: the start of ${hidden} graphs is out of sight`);
    await page.evaluate(axe);
    const found = await page.evaluate(() => axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"], preload: false,
    }));
    for (const violation of found.violations) {
      const places = violation.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} (${node.failureSummary})`);
      problems.push(`${path} at ${width} ${colorScheme}: axe ${violation.id}: ${places.join("; ")}`);
    }
    if (screenshots) {
      mkdirSync(screenshots, { recursive: true });
      await page.screenshot({ path: `${screenshots}/${path.replaceAll(/\W+/g, "-")}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
  await context.close();
}

// A state is reached by keyboard, and Enter shows its definition.
{
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = watched(await context.newPage(), () => "the graph by keyboard");
  for (const path of graphs) {
    await page.goto(base + path);
    const link = page.locator(".state-graph a.node-link").last();
    await link.focus();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Tab");
    if (!(await link.evaluate((at) => at === document.activeElement))) problems.push(`${path}: Tab doesn't stop at a state`);
    const width = await link.evaluate((at) => getComputedStyle(at.querySelector(".node-shape")).strokeWidth);
    if (width !== "4px") problems.push(`${path}: the focus of a state has a line of ${width}`);
    const anchor = await link.getAttribute("href");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.href.includes(anchor.replace(/^[^#]*/, "")), { timeout: 5000 }).catch(() => {});
    const target = page.locator(":target");
    if (!(await target.count())) problems.push(`${path}: Enter on a state leads to ${page.url()}, which has no target`);
    else if (!(await target.isVisible())) problems.push(`${path}: the definition of a state isn't shown`);
  }
  await context.close();
}

// Ages are true when the page is read, and stay true; a printed page has the dates.
{
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 } });
  const page = watched(await context.newPage(), () => "ages");
  await page.clock.install({ time: new Date("2026-03-10T12:30:00Z") });
  await page.goto(base + pages[0]);
  const shown = () => page.evaluate(() => [...document.querySelectorAll("time[data-age], time[data-with-age]")].map((time) => {
    const age = "withAge" in time.dataset ? time.nextElementSibling : time;
    return `${time.dateTime} ${age.textContent}`;
  }).join("; "));
  const expect = async (when, ...texts) => {
    const found = await shown();
    for (const text of texts) if (!found.includes(text)) problems.push(`ages ${when}: no ${text} in ${found}`);
  };
  await expect("at first", "2026-03-10T07:01:15Z 5 h ago", "2026-03-10T12:00:00Z (30 min ago)");
  await page.clock.fastForward("02:00:00");
  await expect("later", "2026-03-10T07:01:15Z 7 h ago", "2026-03-10T12:00:00Z (2 h ago)");
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await expect("printed", "2026-03-10T07:01:15Z 2026-03-10 07:01 UTC");
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await expect("after it", "2026-03-10T07:01:15Z 7 h ago");
  await context.close();
}

// The search and the theme, by keyboard alone.
{
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, colorScheme: "light" });
  const page = watched(await context.newPage(), () => "keyboard");
  for (const [text, expected] of searches) {
    await page.goto(base + pages[0]);
    await page.keyboard.press("/");
    await page.locator("dialog input").waitFor();
    await page.keyboard.type(text);
    await page.locator('[role="option"][aria-selected="true"]').waitFor({ timeout: 5000 }).catch(() => {});
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.evaluate(axe);
    const found = await page.evaluate(() => axe.run("dialog", { resultTypes: ["violations"], preload: false }));
    for (const violation of found.violations) problems.push(`search: axe ${violation.id}: ${violation.nodes[0].failureSummary}`);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.href.includes(expected), { timeout: 5000 }).catch(() => {});
    if (!page.url().includes(expected)) problems.push(`the search for ${text} leads to ${page.url()}, not ${expected}`);
  }
  await page.goto(base + pages[0]);
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.className);
  if (first !== "skip") problems.push(`the first stop of Tab is ${first}, not the skip link`);
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  if (await page.locator("dialog[open]").count()) problems.push("Esc doesn't close the search");
  await page.keyboard.press("d");
  await page.reload();
  const theme = await page.evaluate(() => document.documentElement.dataset.theme);
  if (theme !== "dark") problems.push(`the theme isn't remembered: ${theme}`);
  await page.keyboard.press("?");
  if (!(await page.locator("dialog[open] h2").count())) problems.push("? doesn't show the keys");
  await page.locator('dialog[open] input[type="checkbox"]').uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  if (await page.locator("dialog[open]").count()) problems.push("keys that are off still work");
  await context.close();
}

// Without JavaScript everything can be read, and nothing is offered that doesn't work.
{
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 800, height: 900 } });
  const page = watched(await context.newPage(), () => "without JavaScript");
  await page.goto(base + pages[0]);
  if (!(await page.locator("h1").isVisible())) problems.push("without JavaScript there is no heading");
  if (await page.locator("header button").filter({ visible: true }).count()) problems.push("without JavaScript a button shows");
  await page.getByRole("link", { name: "Timeline" }).click();
  await page.waitForURL("**/timeline/index.html");
  await page.getByRole("link", { name: "All pages" }).click();
  await page.waitForURL("**/everything/index.html");
  if (!(await page.locator("main a").count())) problems.push("the list of all pages is empty");
  await context.close();
}

await browser.close();
console.log(JSON.stringify({ problems, visited: visited.length }));
