// What people do with the viewer, done in a real Chromium: test.js COMMAND SCREENSHOTS
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { randomUUID } from "node:crypto";
import { chromium } from "playwright-core";
import { largeTests } from "./large.js";
import { markdownTests } from "./markdown.js";
import { valueTests } from "./values.js";
import { wayTests } from "./ways.js";
import { SEARCH, Session, agent, hostile, large, researcher } from "./fixture.js";

const [command, shots] = process.argv.slice(2).map((path) => resolve(path));
const work = mkdtempSync(join(tmpdir(), "humanloop-viewer-"));
const db = join(work, "store.db");
const run = (...args) => execFileSync(command, ["--db", db, ...args], { encoding: "utf8", maxBuffer: 1 << 28 });
const take = (session) => {
  session.write(join(work, "session.json"));
  run("import", join(work, "session.json"));
};

for (const one of [agent("monday", { limit: 3 }), agent("tuesday", { limit: 5, reply: "It was Sweden, with Loreen." }), agent("broken", { fails: true, question: "Who wrote the winning song?" }), hostile("hostile"), large("crawl")]) take(one);

mkdirSync(join(work, "tree/src"), { recursive: true });
writeFileSync(join(work, "tree/src/steps.rs"), `${"\n".repeat(20)}${SEARCH(5).replace("Searches the web", "Searches the whole web")}\n`);
const git = (...words) => execFileSync("git", ["-C", join(work, "tree"), "-c", "user.name=a", "-c", "user.email=a@example.org", ...words]).toString().trim();
git("init", "-q");
git("add", ".");
git("commit", "-q", "-m", "Search");
const server = spawn(command, ["--db", db, "serve", "--listen", "127.0.0.1:0", "--source", join(work, "tree")], { stdio: ["ignore", "pipe", "inherit"] });
const base = await new Promise((found) => server.stdout.on("data", (data) => { const url = /http:\/\/\S+/.exec(String(data)); if (url) found(url[0]); }));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
const wrong = [];
const pageOf = async (options, { anywhere = false } = {}) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => wrong.push(`error: ${error.stack}`));
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource/.test(message.text()) && wrong.push(`console: ${message.text()}`));
  page.on("request", (request) => { if (!anywhere && !request.url().startsWith(base) && !/^(data|file|blob):/.test(request.url())) wrong.push(`left the server: ${request.url()}`); });
  return page;
};
const page = await pageOf();
const tests = [];
const test = (name, body) => tests.push([name, body]);
const text = (selector) => page.locator(selector).first().innerText();
const seen = (what) => page.getByText(what).first().waitFor();
const shoot = (name, of = page) => of.screenshot({ path: join(shots, `${name}.png`) });
const session = (reference) => page.goto(`${base}/session/${reference}`).then(() => page.locator(".row").first().waitFor());

test("sessions are listed, filtered by the address, and found by their text", async () => {
  await page.goto(base);
  await page.locator(".item").nth(4).waitFor();
  await shoot("sessions");
  await page.getByLabel("outcome", { exact: true }).selectOption("bad");
  await page.waitForFunction(() => document.querySelectorAll(".item").length === 2);
  assert.match(page.url(), /state=bad/);
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll(".item").length === 2);
  // The index of the texts follows the logs.
  await page.goto(`${base}/?q=winning`);
  for (let tries = 0; tries < 60 && (await page.locator(".item").count()) !== 1; tries += 1) await page.reload().then(() => page.locator(".item, .empty").first().waitFor());
  assert.equal(await page.locator(".item").count(), 1);
  await page.goto(`${base}/?q=nothinglikeit`);
  await seen("No session fits");
});

test("a session is walked by keyboard, with one request for the page", async () => {
  const asked = [];
  const count = (request) => request.url().includes("/data/") && !request.url().includes("/live") && asked.push(request.url());
  page.on("request", count);
  await session("tuesday");
  page.off("request", count);
  assert.equal(asked.length, 1, asked.join());
  await page.locator(".rows").waitFor();
  for (let i = 0; i < 3; i += 1) await page.keyboard.press("j");
  await page.waitForFunction(() => document.querySelector(".detail h2")?.textContent === "search");
  assert.match(await text(".detail .tabbody"), /skipped[\s\S]*redacted/);
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.querySelector(".detail h2")?.textContent === "moderate");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.locator(".row").count(), 1);
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator(".row").count(), 5);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.id === "tabbody");
  await page.keyboard.press("?");
  await page.locator("dialog[open]").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("d");
  await seen("Two sessions");
});

test("messages join calls to results and mark what is repeated; prompt and code are shown", async () => {
  await session("tuesday");
  await page.locator(".row").nth(4).click();
  await page.getByRole("tab", { name: "Messages" }).click();
  await seen("2 messages repeated");
  await seen("result");
  await shoot("session");
  await page.getByRole("tab", { name: "Prompt" }).click();
  assert.ok((await page.locator(".pair .variable").count()) >= 4);
  await page.locator(".row").nth(2).click();
  await page.getByRole("tab", { name: "Code" }).click();
  await seen("src/steps.rs:41");
  await page.locator(".t-keyword").first().waitFor();
  assert.equal(await page.getByRole("link", { name: "open in the editor" }).getAttribute("href"), `vscode://file${join(work, "tree/src/steps.rs")}:21`);
  await seen(`git ${git("log", "-1", "--format=%h")}, not what ran`);
  await page.getByRole("button", { name: "changed since" }).click();
  await page.locator(".gone b").first().waitFor();
  await shoot("code");
  await page.getByRole("button", { name: "changed in the working tree" }).click();
  await seen("from what ran to src/steps.rs now");
  assert.equal(await page.locator(".difference .came").count(), 1);
  assert.match(await text(".difference .came"), /whole/);
  await page.getByRole("tab", { name: "Raw" }).click();
  await seen("prompt_template").catch(() => seen("reference_id"));
});

test("errors show up to the root, and e goes to them", async () => {
  await session("broken");
  assert.ok((await page.locator(".row").first().getAttribute("class")).includes("isbad"));
  await page.keyboard.press("e");
  await seen("operation timed out after 1500 ms");
  await page.keyboard.press("e");
  await page.keyboard.press("e");
  await page.waitForFunction(() => document.querySelector(".detail .badge")?.textContent.includes("panicked"));
  await shoot("errors");
});

test("who sees the list finds the failing call of 50,000 and its code in ten seconds", async () => {
  const began = Date.now();
  await page.goto(base);
  await page.locator(".item", { hasText: "50,000 logs" }).locator("a").click();
  await page.getByRole("button", { name: "1 went wrong" }).click();
  await page.locator(".detail .error", { hasText: "connection reset by the needle host" }).waitFor();
  await page.getByRole("tab", { name: "Code" }).click();
  await page.locator(".code", { hasText: "fn fetch" }).waitFor();
  assert.ok(Date.now() - began < 10000, `it took ${Date.now() - began} ms`);
  await shoot("found");
});

test("a failing call among 50,000 is found, and only what is seen is drawn", async () => {
  await session("crawl");
  assert.ok((await page.locator(".row").count()) < 120);
  await page.keyboard.press("e");
  await seen("connection reset by the needle host");
  await page.getByLabel("search in this session").fill("tool:fetch error:needle");
  await page.waitForFunction(() => document.querySelector(".found").textContent === "1 hit");
  await page.getByLabel("search in this session").fill("needle");
  await page.waitForFunction(() => document.querySelector(".found").textContent === "1 hit");
  await page.keyboard.press("Escape");
  await page.keyboard.press("n");
  await page.locator(".row.selected mark").first().waitFor();
  await page.waitForFunction(() => [...(CSS.highlights.get("found") ?? [])].some((place) => place.toString() === "needle"));
  await page.getByLabel("search in this session").fill("");
  await page.waitForFunction(() => document.querySelector(".found").textContent === "");
  await page.locator(".scroll").evaluate((element) => (element.scrollTop = element.scrollHeight));
  await page.waitForFunction(() => document.querySelectorAll(".row").length > 5);
  await shoot("large");
});

valueTests({ test, page, session, take, seen });

test("a session leaves as a file in three forms, with or without its values", async () => {
  await session("tuesday");
  await page.locator(".export summary").click();
  assert.equal(await page.locator(".export a").count(), 6);
  await shoot("export");
  for (const [name, wanted] of [["one page that opens offline", /^<!doctype html>/], ["OpenTelemetry spans", /^\{"resourceSpans"/], ["JSON without values", /\$redacted/]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name, exact: true }).click()]);
    const body = readFileSync(await download.path(), "utf8");
    assert.match(body, wanted);
    assert.equal(/Loreen/.test(body), !/without/.test(name), name);
  }
  await page.keyboard.press("Escape");
});

test("a session says what is not as it should be: clocks that differ, calls that never ended, what was lost", async () => {
  const odd = new Session("odd");
  const root = odd.log(null, 100, 50, { kind: "flow", config: { type: "tool", name: "late" }, inputs: {}, output: "x" });
  odd.log(root, 40, 5, { kind: "tool", config: { type: "tool", name: "early" }, inputs: {}, output: "x" });
  odd.log(root, 110, null, { kind: "tool", config: { type: "tool", name: "lost" }, inputs: {}, outcome: "interrupted" });
  const process = { id: randomUUID(), pid: 4711 };
  odd.log(root, 120, 5, { kind: "tool", config: { type: "tool", name: "told" }, inputs: {}, output: "x", process });
  odd.losses.push({ process, lost: { queue_full: 12, refused: 1 }, sample: 0.25 });
  take(odd);
  await session("odd");
  await seen("1 log began before what called them");
  assert.match(await text(".summary"), /never ended 1/);
  await seen("Not all is here: 13 records of program 4711 were lost: 12, the queue was full; 1, the destination did not take it. And program 4711 records 25 % of its sessions");
  await shoot("losses");
});

test("equal siblings and the rounds of a loop are one line, until it is opened", async () => {
  const loop = new Session("loop");
  const root = loop.log(null, 0, 100, { kind: "flow", config: { type: "tool", name: "agent" }, inputs: {}, output: "x" });
  const step = (name, at) => loop.log(root, at, 4, { kind: "tool", config: { type: "tool", name }, inputs: { at }, output: "x" });
  for (let i = 0; i < 6; i += 1) step("fetch", i * 5);
  let think;
  for (let i = 0; i < 4; i += 1) [think] = [step("think", 30 + i * 10), step("act", 35 + i * 10)];
  loop.log(think, 61, 1, { kind: "tool", config: { type: "tool", name: "inside" }, inputs: {}, output: "x" });
  take(loop);
  await session("loop");
  assert.deepEqual(await page.locator(".row b").allInnerTexts(), ["agent", "fetch × 6", "think → act × 4"]);
  await shoot("loop");
  await page.locator(".row").nth(2).click();
  await page.waitForFunction(() => document.querySelectorAll(".row").length === 12);
  await page.getByLabel("search in this session").fill("inside");
  await page.waitForFunction(() => document.querySelector(".found").textContent === "1 hit");
});

test("a call is copied as curl and as a test, a session as Markdown", async () => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: base });
  await session("tuesday");
  await page.locator(".row").nth(4).click();
  const clipboard = async (wanted) => {
    let found = "";
    for (let tries = 0; tries < 200 && !wanted.test(found); tries += 1) found = await page.waitForTimeout(50).then(() => page.evaluate(() => navigator.clipboard.readText()));
    assert.match(found, wanted);
  };
  const copied = async (name, wanted) => {
    await page.locator(".detailhead .menu summary").click();
    await page.getByRole("button", { name, exact: true }).click();
    await clipboard(wanted);
  };
  await page.waitForFunction(() => document.querySelector(".detail h2")?.textContent === "answer");
  await copied("call as curl", /^curl [\s\S]*Bearer \$OPENAI_API_KEY[\s\S]*"model": "gpt-4o"/);
  await copied("Rust test", /^#\[test\]\nfn answer_as_logged\(\)[\s\S]*Loreen/);
  await page.getByRole("button", { name: "copy as Markdown" }).click();
  await clipboard(/^# Session tuesday/);
});

test("a drag over the map zooms into the time, and back", async () => {
  await session("tuesday");
  const box = await page.locator(".minimap").boundingBox();
  const before = await text(".axis");
  await page.mouse.move(box.x + box.width * 0.25, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 10);
  await page.mouse.up();
  await page.waitForFunction((all) => document.querySelector(".axis").innerText !== all, before);
  await page.getByRole("button", { name: "zoom out" }).click();
  await page.waitForFunction((all) => document.querySelector(".axis").innerText === all, before);
});

test("versions of a project, their difference and their logs", async () => {
  await page.goto(`${base}/projects`);
  await page.getByRole("link", { name: "search" }).click();
  await page.locator(".grid tbody tr").nth(1).waitFor();
  await page.keyboard.press("d");
  await page.locator(".came b").first().waitFor();
  await shoot("versions");
  await page.getByRole("tab", { name: "Logs" }).click();
  await page.locator(".version .item a").first().click();
  await page.locator(".detail h2").waitFor();
});

test("two sessions are compared", async () => {
  await page.goto(base);
  const ids = await page.evaluate(async () => (await (await fetch("/data/sessions")).json()).sessions.filter((one) => /monday|tuesday/.test(one.reference_id)).map((one) => one.id));
  await page.goto(`${base}/compare/${ids[1]}/${ids[0]}`);
  await page.locator(".pairrow").nth(2).click();
  await seen("code changed");
  await page.locator(".detail .came").first().waitFor();
  await shoot("compare");
  const phone = await pageOf({ viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true });
  await phone.goto(page.url());
  await phone.locator(".pairrow").nth(2).click(); // the calls are there beside what differs
  await phone.locator(".detail .came").first().waitFor();
  assert.ok(await phone.locator(".pairrow").nth(1).isVisible());
});

test("what happens meanwhile appears by itself, and the selection stays", async () => {
  await page.goto(base);
  await page.locator(".live.live").waitFor();
  const live = new Session("live");
  const root = live.log(null, 0, null, { kind: "flow", config: { type: "tool", name: "assist" }, inputs: { question: "a live one" }, outcome: "running" });
  take(live);
  await seen("a live one");
  await session("live");
  await page.locator(".live.live").waitFor();
  await page.locator(".row").first().click();
  live.log(root, 10, 5, { kind: "tool", config: { type: "tool", name: "came later" }, inputs: {}, output: "x" });
  take(live);
  await seen("came later");
  assert.equal(await text(".row.selected b"), "assist");
});

test("what is not there says so", async () => {
  await page.goto(`${base}/session/00000000-0000-0000-0000-000000000000`);
  await seen("Not there");
});

test("phone and dark", async () => {
  const dark = await pageOf({ colorScheme: "dark", reducedMotion: "reduce" });
  await dark.goto(`${base}/session/tuesday`);
  await dark.locator(".row").nth(3).click();
  await dark.locator(".tabbody").waitFor();
  await shoot("dark", dark);
  const phone = await pageOf({ viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true });
  for (const path of ["/", "/projects", "/session/broken"]) {
    await phone.goto(base + path);
    await phone.locator(".item, .grid, .row").first().waitFor();
    assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is wider than a phone`);
  }
  await shoot("phone", phone);
  await phone.locator(".row").nth(2).click();
  await phone.locator(".detail h2").waitFor();
  await phone.getByRole("button", { name: "close" }).click();
});

test("the pictures of the README", async () => {
  take(researcher("research"));
  for (const colorScheme of ["light", "dark"]) {
    const frame = await pageOf({ viewport: { width: 1280, height: 560 }, colorScheme, deviceScaleFactor: 2 });
    await frame.goto(`${base}/session/research`);
    await frame.getByText("Time by function").waitFor();
    assert.equal(await frame.locator(".bar i").getAttribute("title"), "first token after 740 ms");
    await shoot(`readme-overview-${colorScheme}`, frame);
    await frame.keyboard.press("e");
    await frame.getByText("operation timed out").first().waitFor();
    await frame.getByRole("tab", { name: "Code" }).click();
    await frame.locator(".t-keyword").first().waitFor();
    await shoot(`readme-session-${colorScheme}`, frame);
    await frame.goto(`${base}/projects`);
    await frame.locator(".grid tbody tr").first().waitFor();
    await shoot(`readme-projects-${colorScheme}`, frame);
  }
});

test("an exported file opens offline, with the same viewer", async () => {
  for (const reference of ["hostile", "tuesday"]) {
    const file = join(work, `${reference}.html`);
    run("export", reference, "--html", "--output", file);
    const offline = await pageOf({ offline: true });
    await offline.goto(`file://${file}`);
    await offline.locator(".row").nth(2).click();
    await offline.locator(".tabbody").waitFor();
    for (const tab of await offline.getByRole("tab").all()) await tab.click();
    assert.equal(await offline.evaluate(() => window.hacked), undefined);
    await offline.reload();
    await offline.locator(".tabbody").waitFor(); // the address holds the log
    await offline.getByLabel("search in this session").fill(reference === "hostile" ? "jumps" : "Loreen");
    await offline.waitForFunction(() => /hit/.test(document.querySelector(".found").textContent));
  }
});

wayTests({ test, page, pageOf, session, take, seen, shoot, base, command, work });
largeTests({ test, page, session, take, seen, text, base });
markdownTests({ test, page, session, take, shoot, text });

let failed = 0;
page.setDefaultTimeout(Number(process.env.PATIENCE ?? 30000));
const chosen = tests.filter(([name]) => name.includes(process.env.ONLY ?? ""));
for (const [name, body] of chosen) {
  try {
    await body();
    assert.deepEqual(wrong.splice(0), []);
    assert.doesNotMatch(await page.evaluate(() => document.body?.innerText ?? ""), /\[object /); // an element that became text
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name} at ${page.url()}\n${error.stack}\n${wrong.splice(0).join("\n")}`);
    await page.screenshot({ path: join(shots, `failed-${failed}.png`) }).catch(() => {});
  }
}
await browser.close();
server.kill("SIGTERM");
rmSync(work, { recursive: true, force: true });
console.log(`${chosen.length - failed} of ${chosen.length}`);
process.exit(failed ? 1 : 0);
