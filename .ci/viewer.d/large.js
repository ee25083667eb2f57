// Sessions of many logs and messages, and what comes while one looks.
import assert from "node:assert/strict";
import { Session } from "./fixture.js";

const tool = (name) => ({ type: "tool", name });
const prompt = { type: "model", name: "answer", model: "gpt-4o" };

export function largeTests({ test, page, session, take, seen, text, base }) {
  const names = () => page.locator(".row b").allInnerTexts();

  test("5,000 siblings are one line, which opens and scrolls to the last", async () => {
    const wide = new Session("wide");
    const root = wide.log(null, 0, 6000, { kind: "flow", config: tool("root"), inputs: {}, output: "x" });
    for (let i = 0; i < 5000; i += 1) wide.log(root, i, 1, { kind: "tool", config: tool("same"), inputs: { i }, output: "x" });
    take(wide);
    await session("wide");
    assert.deepEqual(await names(), ["root", "same × 5,000"]);
    await page.locator(".row").nth(1).click();
    await page.locator(".scroll").evaluate((element) => (element.scrollTop = element.scrollHeight));
    await seen("4999 → x");
    assert.ok((await page.locator(".row").count()) < 120);
  });

  test("2,000 messages are shown, those of the call before as repeated", async () => {
    const messages = Array.from({ length: 2000 }, (_, i) => ({ role: i % 2 ? "assistant" : "user", content: `message ${i}` }));
    const chat = new Session("chat");
    chat.log(null, 0, 5, { kind: "prompt", config: prompt, inputs: {}, messages: messages.slice(0, 1990), output: "first" });
    chat.log(null, 10, 5, { kind: "prompt", config: prompt, inputs: {}, messages, output: "second" });
    take(chat);
    await session("chat");
    await page.locator(".row").nth(1).click();
    await page.getByRole("tab", { name: "Messages" }).click();
    await seen("1,990 messages repeated from the call before");
    assert.equal(await page.locator(".messages > .message").count(), 11);
    await page.locator(".repeated > summary").click();
    await page.locator(".repeated > .message").nth(1989).waitFor();
  });

  test("what comes at 100 logs a second is shown as it comes, and the place in the list stays", async () => {
    const busy = new Session("busy");
    const root = busy.log(null, 0, null, { kind: "flow", config: tool("busy"), inputs: {}, outcome: "running" });
    for (let i = 0; i < 200; i += 1) busy.log(root, i, 1, { kind: "tool", config: tool(`step ${i % 2 ? "odd" : i}`), inputs: { i }, output: "x" });
    take(busy);
    await session("busy");
    await page.locator(".live.live").waitFor();
    await page.locator(".row").nth(3).click();
    await page.locator(".scroll").evaluate((element) => (element.scrollTop = 1000));
    const chosen = await page.evaluate(() => new URL(location).searchParams.get("log"));
    const started = Date.now();
    for (let round = 0; round < 5; round += 1) {
      const logs = Array.from({ length: 100 }, (_, i) => ({ project: "late", session_reference_id: "busy", parent_reference_id: root, reference_id: `late ${round} ${i}`, config: tool(`late ${round} ${i}`), inputs: {}, output: "x", duration: 0.001 }));
      assert.equal((await page.request.post(`${base}/v4/logs`, { data: logs })).status(), 200);
      await page.waitForFunction((count) => document.querySelector(".summary").innerText.includes(`logs ${count}`), 201 + (round + 1) * 100);
      const rest = started + (round + 1) * 1000 - Date.now();
      if (rest > 0) await page.waitForTimeout(rest);
    }
    assert.equal(await page.locator(".scroll").evaluate((element) => element.scrollTop), 1000);
    assert.equal(await page.evaluate(() => new URL(location).searchParams.get("log")), chosen);
    assert.ok(Date.now() - started < 15000, `500 logs took ${Date.now() - started} ms to appear`);
  });

  test("a session's calls stand in their order, or the longest first", async () => {
    const times = new Session("times");
    const root = times.log(null, 0, 100, { kind: "flow", config: tool("root"), inputs: {}, output: "x" });
    for (const [name, at, took] of [["short", 0, 5], ["long", 10, 60], ["middle", 75, 20]]) times.log(root, at, took, { kind: "tool", config: tool(name), inputs: {}, output: "x" });
    take(times);
    await session("times");
    assert.deepEqual(await names(), ["root", "short", "long", "middle"]);
    await page.getByRole("button", { name: "in the order of the calls" }).click();
    assert.deepEqual(await names(), ["root", "long", "middle", "short"]);
    await page.reload();
    await page.locator(".row").first().waitFor();
    assert.deepEqual(await names(), ["root", "long", "middle", "short"]);
    // What the end had to wait for is marked, and where the time went is said.
    assert.equal(await page.locator(".bar.critical").count(), 4);
    assert.match(await text(".overview"), /long\s+60\.0 ms\s+1/);
    await page.waitForFunction(() => document.querySelectorAll(".row .hot").length === 1);
  });
}
