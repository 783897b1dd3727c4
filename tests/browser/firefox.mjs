// Firefox, driven by WebDriver BiDi, reads, searches, switches and moves a figure; what it showed is
// printed as JSON for reads_in_firefox.py: node firefox.mjs MODULES FIREFOX ADDRESS PICTURES
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, executablePath, address, pictures] = process.argv.slice(2);
const puppeteer = createRequire(join(modules, "firefox.js"))("puppeteer-core");

const firefox = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
const faults = [];

async function opened(path, width = 1300) {
  const page = await firefox.newPage();
  await page.setViewport({ width, height: 900 });
  const fault = (text) => faults.push(`${path}: ${text.slice(0, 300)}`);
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && fault(message.text()));
  page.on("pageerror", (error) => fault(error.message));
  page.on("requestfailed", (request) => fault(`${request.url()} failed`));
  page.on("request", (request) => {
    const own = [address, "data:"].some((start) => request.url().startsWith(start));
    if (!own) fault(`${request.url()} is asked for`);
  });
  await page.goto(address + path, { waitUntil: "load" });
  return page;
}

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Until an expression of the page is true. The content policy forbids what puppeteer would do.
async function until(page, expression, what) {
  for (let tries = 0; tries < 300; tries++) {
    if (await page.evaluate(expression)) return;
    await wait(100);
  }
  throw new Error(`${page.url()}: ${what} did not happen in 30 s`);
}

const picture = (page, name) => page.screenshot({ path: join(pictures, `firefox-${name}.png`) });

async function reading(language) {
  const page = await opened(`${language}/book/lstm.html`);
  const colours = () => page.evaluate(() => [document.body, document.querySelector("article")].map((part) => getComputedStyle(part)).map(({ backgroundColor, color }) => [backgroundColor, color])[0]);
  await until(page, () => document.fonts.status === "loaded", "the letters");
  const light = await colours();
  await picture(page, `${language}-light`);
  while ((await page.evaluate(() => document.documentElement.dataset.theme)) !== "dark") await page.click(".theme-button");
  const dark = await colours();
  await page.evaluate(() => document.querySelector("article .katex-display").scrollIntoView({ block: "center", behavior: "instant" }));
  await wait(500);
  await picture(page, `${language}-dark`);
  const shown = await page.evaluate(() => {
    for (const section of document.querySelectorAll("article > section > section")) section.style.contentVisibility = "visible";
    const formulas = [...document.querySelectorAll("article .katex-html")].filter((formula) => formula.checkVisibility());
    return {
      language: document.documentElement.lang,
      formulas: formulas.length,
      empty: formulas.filter((formula) => formula.getBoundingClientRect().height < 5).length,
      letters: [...document.fonts].filter(({ status }) => status === "loaded").map(({ family }) => family.replaceAll('"', "")),
      over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    };
  });
  await page.evaluate(() => document.querySelector(".theme-button").click());
  await page.close();
  return { ...shown, light, dark };
}

async function searching(language, query) {
  const page = await opened(`${language}/book/intro.html`);
  await page.keyboard.press("/");
  await page.keyboard.type(query);
  await until(page, () => document.querySelector(".found .count").textContent.endsWith("."), "the whole search");
  await picture(page, `${language}-search`);
  const first = await page.evaluate(() => document.querySelector(".found li a").getAttribute("href"));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await until(page, () => document.querySelector(".clear-marks") !== null, "the marks");
  const marked = await page.evaluate(() => [...CSS.highlights.get("found")].map((range) => range.toString()));
  await page.close();
  return { first, marked };
}

async function switching() {
  const page = await opened("ko/book/gru.html", 390);
  const place = () => {
    const top = document.querySelector(".top").offsetHeight;
    const blocks = places();
    const number = blocks.findIndex((block) => block.getBoundingClientRect().bottom > top + 8);
    return [number, blocks[number].getBoundingClientRect().top];
  };
  await page.evaluate(() => scrollTo({ top: 0.4 * document.documentElement.scrollHeight, behavior: "instant" }));
  await wait(1000);
  const [number, before] = await page.evaluate(place);
  await page.evaluate(() => document.querySelector("a.language-switch").click());
  await until(page, () => location.pathname.includes("/en/") && document.readyState === "complete", "the switch");
  await wait(1500);
  const after = await page.evaluate((block) => places()[block].getBoundingClientRect().top, number);
  await picture(page, "switched");
  await page.close();
  return { number, before, after };
}

async function moving() {
  const page = await opened("en/book/lstm.html");
  await page.evaluate(() => document.querySelector(".moving").scrollIntoView({ block: "center", behavior: "instant" }));
  await until(page, () => document.querySelector(".moving.started") !== null, "the start of the figure");
  const texts = () => page.evaluate(() => [...document.querySelectorAll(".moving svg text")].map((part) => part.textContent).join(" "));
  const before = await texts();
  await page.focus(".moving input[type=range]");
  for (let times = 0; times < 5; times++) await page.keyboard.press("ArrowRight");
  await wait(500);
  await picture(page, "moving");
  const after = await texts();
  await page.close();
  return { before, after };
}

try {
  const seen = {
    reading: [await reading("ko"), await reading("en")],
    searching: [await searching("ko", "망각 게이트"), await searching("en", "forget gate")],
    switching: await switching(),
    moving: await moving(),
    version: await firefox.version(),
  };
  console.log(JSON.stringify({ ...seen, faults }));
} finally {
  await firefox.close();
}
