// Values of all kinds: markup, long texts, pictures, sounds, files, characters that one does not see.
import assert from "node:assert/strict";
import { Session } from "./fixture.js";

export function valueTests({ test, page, session, take, seen }) {
  test("HTML in prompts is text, and a value of 20 MB opens on demand", async () => {
    await session("hostile");
    for (let i = 0; i < 3; i += 1) {
      await page.locator(".row").nth(i).click();
      await page.waitForFunction((at) => document.querySelectorAll(".row")[at].classList.contains("selected") && document.querySelector(".tabbody > *"), i);
      for (const tab of await page.getByRole("tab").all()) await tab.click();
    }
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.locator("main img, main script").count(), 0);
    await page.getByRole("tab", { name: "Input" }).click();
    await page.locator(".part", { hasText: "Output" }).getByRole("button", { name: "copy" }).first().focus();
    await page.getByRole("button", { name: "show all (20.0 MB)" }).click();
    await page.waitForFunction(() => [...document.querySelectorAll(".tabbody pre")].some((pre) => pre.textContent.endsWith("the very end")));
  });

  test("a picture in a value is shown as one, with its size", async () => {
    const files = new Session("files");
    const picture = `iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==`;
    files.log(null, 0, 5, { kind: "tool", config: { type: "tool", name: "draw" }, inputs: { style: "plain" }, output: `data:image/png;base64,${picture}` });
    take(files);
    await session("files");
    await page.locator(".row").first().click();
    await seen("image/png");
    await page.waitForFunction(() => document.querySelector(".tabbody img")?.naturalWidth === 1);
    await page.getByRole("button", { name: "as text" }).click();
    await seen("data:image/png;base64");
  });

  test("a sound can be heard, another file saved, and unseen characters seen", async () => {
    const sounds = new Session("sounds");
    const wav = Buffer.concat([Buffer.from("RIFF"), Buffer.from([0x24, 8, 0, 0]), Buffer.from("WAVEfmt "), Buffer.alloc(400)]).toString("base64");
    sounds.log(null, 0, 5, { kind: "tool", config: { type: "tool", name: "speak" }, inputs: { file: `data:application/zip;base64,UEsDBAoAAAAA` }, output: wav });
    sounds.log(null, 9, 5, { kind: "tool", config: { type: "tool", name: "write" }, inputs: {}, output: "a\tb \u202ec\n" });
    take(sounds);
    await session("sounds");
    await page.locator(".row").first().click();
    await seen("audio/wav");
    await page.locator(".tabbody audio[controls]").waitFor();
    assert.equal(await page.getByRole("link", { name: "save the file" }).getAttribute("download"), "value.zip");
    await page.locator(".row").nth(1).click();
    await page.waitForFunction(() => document.querySelector(".detail h2")?.textContent === "write");
    await page.keyboard.press("s");
    await page.waitForFunction(() => [...document.querySelectorAll(".unseen")].map((one) => one.dataset.sign).join(" ") === "→ · \\u202e ↵");
    assert.equal(await page.locator(".tabbody pre").last().evaluate((pre) => pre.textContent), "a\tb \u202ec\n");
    await page.keyboard.press("s");
    await page.waitForFunction(() => !document.querySelector(".unseen"));
  });
}
