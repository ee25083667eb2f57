// The ways from page to page: by keyboard, back, and to the same error elsewhere; pages with nothing on them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { Session, agent } from "./fixture.js";

export function wayTests({ test, page, pageOf, session, take, seen, shoot, base, command, work }) {
  const title = (words) => page.waitForFunction((text) => document.querySelector(".summary h1")?.textContent.includes(text), words);
  const clipboard = async (wanted) => {
    for (let tries = 0; tries < 100; tries += 1) if (wanted.test(await page.evaluate(() => navigator.clipboard.readText()))) return;
      else await page.waitForTimeout(50);
    assert.fail(`the clipboard holds ${await page.evaluate(() => navigator.clipboard.readText())}`);
  };

  test("keys go to the sessions before and after, and copy the output", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: base });
    for (const name of ["way one", "way two"]) {
      const way = new Session(name);
      way.log(null, 0, 5, { kind: "tool", config: { type: "tool", name: "go" }, inputs: { name }, output: `went ${name}` });
      take(way);
    }
    await session("way two");
    await title("way two");
    await page.keyboard.press("[");
    await title("way one");
    await page.keyboard.press("]");
    await title("way two");
    await page.keyboard.press("j");
    await page.waitForFunction(() => document.querySelector(".detail")?.detail);
    await page.keyboard.press("y");
    await clipboard(/^went way two$/);
    await page.keyboard.press("/");
    await page.keyboard.type("went");
    await page.waitForFunction(() => document.querySelector(".found").textContent === "1 hit");
    await page.keyboard.press("Escape");
    await page.keyboard.press("p");
    await page.locator(".row.selected mark").first().waitFor();
  });

  test("the list's filters are there again on the way back", async () => {
    await page.goto(`${base}/?state=bad`);
    await page.locator(".item a").first().click();
    await page.locator(".row").first().waitFor();
    await page.goBack();
    await page.locator(".item").first().waitFor();
    assert.match(page.url(), /state=bad/);
    assert.equal(await page.getByLabel("outcome", { exact: true }).inputValue(), "bad");
  });

  test("each filter is a chip that takes it away", async () => {
    await page.goto(`${base}/?state=bad&model=none&until=2100-01-01T00:00:00Z`);
    const chips = page.getByRole("group", { name: "filters" }).getByRole("button");
    await page.waitForFunction(() => document.querySelectorAll(".chips .chip").length === 4);
    assert.deepEqual(await chips.allInnerTexts(), ["✕ went wrong ×", "model none ×", "until 2100-01-01T00:00:00Z ×", "all away"]);
    await page.getByText("No session fits").waitFor();
    await chips.nth(1).click();
    await page.locator(".item").first().waitFor();
    assert.equal(await page.getByLabel("model", { exact: true }).inputValue(), "");
    assert.doesNotMatch(page.url(), /model/);
    await page.getByRole("button", { name: "all away" }).click();
    await page.waitForFunction(() => document.querySelector(".chips").hidden);
    assert.equal(await page.getByLabel("outcome", { exact: true }).inputValue(), "");
    assert.doesNotMatch(page.url(), /state|until/);
  });

  test("an error is shown with its causes, the input with its types, and the same error is found elsewhere", async () => {
    take(agent("broken again", { fails: true }));
    await session("broken");
    await page.locator(".row").first().click();
    await seen("caused by: operation timed out after 1500 ms");
    await page.locator(".row").nth(2).click();
    await page.locator("dt", { hasText: "limit: usize" }).waitFor();
    for (let tries = 0; tries < 60; tries += 1) { // the index of the texts follows the logs
      await page.getByRole("link", { name: "same error elsewhere" }).click();
      await page.locator(".item, .empty").first().waitFor();
      if ((await page.locator(".item").count()) >= 2) break;
      await page.goBack();
      await page.getByRole("link", { name: "same error elsewhere" }).waitFor();
    }
    assert.ok((await page.locator(".item").count()) >= 2);
  });

  test("a message is copied as JSON, and the path of a value", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: base });
    await session("tuesday");
    await page.locator(".row").nth(1).click();
    await page.getByRole("tab", { name: "Messages" }).click();
    await page.locator(".message.user .copy").first().click();
    await clipboard(/^\{\s+"role": "user",\s+"content": "Which country/);
    await page.locator(".message.system .copy").first().click();
    await clipboard(/"role": "system"/);
    await page.locator(".row").nth(2).click();
    await page.waitForFunction(() => document.querySelector(".detail h2")?.textContent === "search");
    await page.locator(".json .key", { hasText: "title" }).first().click();
    await clipboard(/^output\[0\]\.title$/);
  });

  test("at 200 % nothing is wider than the window, and every control has a name", async () => {
    const near = await pageOf({ viewport: { width: 720, height: 430 }, deviceScaleFactor: 2 });
    for (const path of ["/", "/session/tuesday", "/projects"]) {
      await near.goto(base + path);
      await near.locator(".item, .row, .grid").first().waitFor();
      assert.ok(await near.evaluate(() => document.documentElement.scrollWidth <= innerWidth), path);
      const nameless = await near.evaluate(() => [...document.querySelectorAll("button, a, input, select")].filter((one) => !(one.innerText || one.textContent || "").trim() && !one.getAttribute("aria-label") && !one.title).map((one) => one.outerHTML));
      assert.deepEqual(nameless, [], path);
    }
    await near.context().close();
  });

  test("a store with nothing in it says what to do, a server that is gone that it is, and one with a key asks for it", async () => {
    const started = [];
    const serve = async (...more) => {
      const server = spawn(command, ["--db", join(work, "empty.db"), "serve", "--listen", "127.0.0.1:0", ...more], { stdio: ["ignore", "pipe", "inherit"] });
      started.push(server);
      const url = await new Promise((found) => server.stdout.on("data", (data) => { const url = /http:\/\/\S+/.exec(String(data)); if (url) found(url[0]); }));
      const ended = new Promise((done) => server.on("exit", done));
      return { url, stop: () => { server.kill("SIGTERM"); return ended; } };
    };
    const empty = await pageOf({}, { anywhere: true });
    try {
      let server = await serve();
      await empty.goto(server.url);
      await empty.getByText("No sessions yet").waitFor();
      await shoot("empty", empty);
      await empty.goto(`${server.url}/projects`);
      await empty.getByText("No projects yet").waitFor();
      await server.stop();
      await empty.getByRole("link", { name: "Sessions" }).click();
      await empty.getByText("No connection").waitFor();
      await shoot("gone", empty);
      server = await serve("--api-key", "0123456789abcdef");
      await empty.goto(`${server.url}/projects`);
      await shoot("login", empty);
      await empty.locator("input[type=password]").fill("0123456789abcdef");
      await empty.keyboard.press("Enter");
      await empty.getByText("No sessions yet").waitFor();
      await server.stop();
    } finally {
      started.forEach((one) => one.kill("SIGKILL"));
      await empty.context().close();
    }
  });
}
