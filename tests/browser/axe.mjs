// Looks at reports in a real browser and says what is wrong with them.
//
//   node axe.mjs REPORT.html…
//
// Ends with 0 where nothing is wrong, 1 where something is, 2 where it could not look. The browser is Chromium at $CHROMIUM, or
// /usr/bin/chromium. Install once with `npm install` in this folder; both packages are pinned and have no dependencies.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const VIEWS = [
  { name: "light", options: { colorScheme: "light" } },
  { name: "dark", options: { colorScheme: "dark" } },
  { name: "narrow", options: { viewport: { width: 320, height: 800 } } },
];

const files = process.argv.slice(2);
if (files.length === 0 || !files.every((file) => existsSync(file)) || !existsSync(EXECUTABLE)) {
  console.error(`usage: node axe.mjs REPORT.html…   (browser: ${EXECUTABLE})`);
  process.exit(2);
}

const wrong = [];
const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ["--no-sandbox", "--disable-gpu"] });
try {
  for (const file of files) {
    const url = pathToFileURL(resolve(file)).href;
    for (const view of VIEWS) await accessible(url, view);
    await withoutScript(url);
    await inert(url);
  }
} finally {
  await browser.close();
}
for (const line of wrong) console.error(line);
console.log(`${files.length} reports, ${VIEWS.length} views each: ${wrong.length} things wrong`);
process.exit(wrong.length === 0 ? 0 : 1);

function say(url, what) {
  wrong.push(`${url}: ${what}`);
}

/** No violation of WCAG 2.2 A and AA, nor of axe's best practices; nothing wider than the window. */
async function accessible(url, { name, options }) {
  // The page's own policy forbids foreign scripts, which axe is: only here it is set aside.
  const page = await browser.newPage({ ...options, bypassCSP: true });
  await page.goto(url);
  await page.evaluate(openAll);
  await page.evaluate(AXE);
  const found = await page.evaluate(() =>
    window.axe.run({ resultTypes: ["violations"], rules: { "target-size": { enabled: true } } }),
  );
  for (const violation of found.violations) {
    say(url, `${name}: ${violation.id} (${violation.impact}): ${violation.help}; ${violation.nodes.length} times, first ${violation.nodes[0].html}`);
  }
  const [width, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  if (width > window) say(url, `${name}: ${width} pixels wide in a window of ${window}`);
  await page.close();
}

/** What is folded away must be accessible too; what is not drawn yet would not be looked at. */
function openAll() {
  const style = document.createElement("style");
  style.textContent = ".r, .x, .c { content-visibility: visible !important }";
  document.head.append(style);
  document.querySelectorAll("details").forEach((details) => (details.open = true));
}

/** Filters work by CSS alone, and a link to an exchange shows it. */
async function withoutScript(url) {
  const page = await browser.newPage({ javaScriptEnabled: false });
  await page.goto(url);
  const all = await page.locator(".r:visible").count();
  for (const state of ["satisfied", "violated", "undetermined", "untested", "not_applicable"]) {
    const choice = page.locator(`#fs-${state}`);
    if (await choice.isDisabled()) continue;
    await choice.check();
    const [shown, right] = [await page.locator(".r:visible").count(), await page.locator(`.r.s-${state}`).count()];
    if (shown !== right) say(url, `without script, ${state} shows ${shown} requirements instead of ${right}`);
  }
  await page.locator("#fs-all").check();
  if ((await page.locator(".r:visible").count()) !== all) say(url, "without script, the filter cannot be taken back");
  const link = await page.locator('.why a[href^="#exchange-"]').first().getAttribute("href").catch(() => null);
  if (link !== null) {
    await page.goto(`${url}${link}`);
    const message = page.locator(`[id="${link.slice(1)}"]`).getByText("Request", { exact: true });
    if (!(await message.isVisible())) say(url, `without script, ${link} does not show its request`);
  }
  await page.close();
}

/** Nothing that a supplier sent runs, and nothing is loaded. */
async function inert(url) {
  const page = await browser.newPage();
  page.on("dialog", (dialog) => {
    say(url, `a dialog opened: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) say(url, `it asked for ${request.url()}`);
  });
  page.on("pageerror", (error) => say(url, `its script failed: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") say(url, `the browser complains: ${message.text()}`);
  });
  await page.goto(url);
  if ((await page.locator("script").count()) !== 1) say(url, "it holds a script that is not ours");
  if ((await page.locator("img, iframe, object, embed, form, link").count()) !== 0) say(url, "it holds an element that is not ours");
  await page.locator("#search-text").fill("no requirement holds this");
  await page.waitForFunction(() => document.getElementById("search-count").value !== "");
  if ((await page.locator(".r:visible").count()) !== 0) say(url, "the search does not narrow");
  await page.close();
}
