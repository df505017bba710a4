// Opens reports in a real browser and says what a reader would stumble over:
//   npm install --prefix tests/browser && node tests/browser/axe.mjs plugfest-report/index.html…
// Ends with 0 where nothing is wrong, 1 where something is, 2 where it could not look. The browser is $CHROMIUM, or /usr/bin/chromium.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const VIEWS = [
  { name: "light", colorScheme: "light", viewport: { width: 1200, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1200, height: 900 } },
  { name: "light, 320 px wide", colorScheme: "light", viewport: { width: 320, height: 800 } },
  { name: "dark, 320 px wide", colorScheme: "dark", viewport: { width: 320, height: 800 } },
];
const BROWSER = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
};

/** Everything that is wrong in one view, a line each. */
async function faults(browser, url, { name, ...options }) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const found = watched(page, url);
  await page.goto(url);
  found.push(...(await overflow(page)), ...(await violations(page)));
  await context.close();
  return found.map((fault) => `${name}: ${fault}`);
}

/** Collects what must not happen: a complaint of the browser, a failed script, a dialog, anything that is loaded. */
function watched(page, url) {
  const found = [];
  page.on("console", (message) => {
    if (message.type() === "error") found.push(`browser: ${message.text()}`);
  });
  page.on("pageerror", (error) => found.push(`script: ${error.message}`));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) found.push(`the page asks for ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    found.push(`a dialog opens: ${dialog.message()}`);
    dialog.dismiss();
  });
  return found;
}

/** What axe-core objects to. What the page folds away is unfolded first, so that it is looked at too. */
async function violations(page) {
  await page.evaluate(() => {
    // A page has thousands of rows of the same few kinds, and axe-core takes minutes over them: some of every kind stay.
    const thin = (selector, most) => {
      const seen = new Map();
      for (const row of document.querySelectorAll(selector)) {
        const count = (seen.get(row.className) ?? 0) + 1;
        seen.set(row.className, count);
        if (count > most) row.remove();
      }
    };
    thin(".x", 8);
    thin(".r", 2);
    thin(".c", 10);
    for (const details of document.querySelectorAll("details")) details.open = true;
    // Rendering of what is off the screen is put off by the style; contrast can be told only of what is rendered.
    for (const part of document.querySelectorAll(".r, .x, .c")) part.style.contentVisibility = "visible";
  });
  await page.evaluate(AXE);
  const result = await page.evaluate(
    (values) =>
      globalThis.axe.run({
        runOnly: { type: "tag", values },
        rules: { "target-size": { enabled: true } },
        resultTypes: ["violations"],
      }),
    RULES,
  );
  if (result.passes.length === 0) return ["axe-core looked at nothing"];
  return result.violations.flatMap(({ id, help, nodes }) => [
    `${id}: ${help} (${nodes.length} places)`,
    ...nodes.slice(0, 5).map(({ target, failureSummary }) => `  ${target.join(" ")}: ${failureSummary.replaceAll("\n", " ")}`),
  ]);
}

/** Reflow (WCAG 1.4.10): nothing but tables and code may need a second direction of scrolling. */
async function overflow(page) {
  const { inner, outer } = await page.evaluate(() => ({
    inner: document.documentElement.scrollWidth,
    outer: document.documentElement.clientWidth,
  }));
  return inner > outer ? [`the page is ${inner} px wide on a screen of ${outer} px`] : [];
}

/** Without JavaScript, the filters work and a link to an exchange shows it. */
async function withoutScript(browser, url) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const found = [];
  await page.goto(url);
  const all = await page.locator(".r:visible").count();
  for (const state of ["satisfied", "violated", "undetermined", "untested", "not_applicable"]) {
    const choice = page.locator(`#fs-${state}`);
    if (await choice.isDisabled()) continue;
    await choice.check();
    const [shown, right] = [await page.locator(".r:visible").count(), await page.locator(`.r.s-${state}`).count()];
    if (shown !== right) found.push(`${state} shows ${shown} requirements instead of ${right}`);
  }
  await page.locator("#fs-all").check();
  if ((await page.locator(".r:visible").count()) !== all) found.push("a filter cannot be taken back");
  const exchange = page.locator(".x:not(.stub)").first();
  if ((await exchange.count()) > 0) {
    await page.goto(`${url}#${await exchange.getAttribute("id")}`);
    if (!(await exchange.getByRole("heading", { name: "Request", exact: true }).isVisible())) {
      found.push("a link to an exchange does not show its request");
    }
  }
  await context.close();
  return found.map((fault) => `without JavaScript: ${fault}`);
}

/** Nothing that a supplier sent became an element, and the search narrows. */
async function behaviour(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const found = watched(page, url);
  await page.goto(url);
  if ((await page.locator("script").count()) !== 1) found.push("it holds a script that is not ours");
  if ((await page.locator("img, iframe, object, embed, form, link, base").count()) !== 0) found.push("it holds an element that is not ours");
  await page.locator("#search-text").fill("no requirement holds this");
  await page.locator("#search-count", { hasText: "requirements hold" }).waitFor();
  if ((await page.locator(".r:visible").count()) !== 0) found.push("the search does not narrow");
  await context.close();
  return found;
}

const files = process.argv.slice(2);
if (files.length === 0 || !files.every((file) => existsSync(file))) {
  console.error("usage: node tests/browser/axe.mjs REPORT.html…");
  process.exit(2);
}
const browser = await chromium.launch(BROWSER).catch((error) => {
  console.error(`no browser: ${error.message}`);
  process.exit(2);
});
const found = [];
for (const file of files) {
  const url = pathToFileURL(resolve(file)).href;
  const lines = [...(await withoutScript(browser, url)), ...(await behaviour(browser, url))];
  for (const view of VIEWS) lines.push(...(await faults(browser, url, view)));
  found.push(...lines.map((line) => (files.length > 1 ? `${file}: ${line}` : line)));
}
await browser.close();
found.forEach((fault) => console.error(fault));
console.log(found.length ? `${found.length} lines of complaint` : `nothing to complain of in ${VIEWS.length} views`);
process.exit(found.length ? 1 : 0);
