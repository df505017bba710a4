// Opens a report in a real browser and asks axe-core what a reader with a disability would stumble over:
//   npm install --prefix tests/browser && node tests/browser/axe.mjs plugfest-report/index.html
// Ends with 1 where anything is violated, where the page is wider than a narrow screen, or where the browser complains.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
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
async function faults(browser, file, { name, ...options }) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const found = [];
  page.on("console", (message) => {
    if (message.type() === "error") found.push(`browser: ${message.text()}`);
  });
  page.on("pageerror", (error) => found.push(`script: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) found.push(`the page asks for ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  found.push(...(await overflow(page)), ...(await violations(page)));
  await context.close();
  return found.map((fault) => `${name}: ${fault}`);
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
    (values) => globalThis.axe.run({ runOnly: { type: "tag", values }, resultTypes: ["violations"] }),
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

const [file] = process.argv.slice(2);
if (!file) {
  console.error("usage: node tests/browser/axe.mjs REPORT.html");
  process.exit(2);
}
const browser = await chromium.launch(BROWSER);
const found = [];
for (const view of VIEWS) found.push(...(await faults(browser, resolve(file), view)));
await browser.close();
found.forEach((fault) => console.error(fault));
console.log(found.length ? `${found.length} lines of complaint` : `nothing to complain of in ${VIEWS.length} views`);
process.exit(found.length ? 1 : 0);
