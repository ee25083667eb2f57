// Texts that models write: Markdown is rendered, what is hostile in it stays text.
import assert from "node:assert/strict";
import { Session } from "./fixture.js";

const ANSWER = `# The answer

Sweden **won twice** with *Loreen*, see [the list](https://example.com/list) or https://example.com/more.
A second line of the paragraph, with \`a_code_span\` and snake_case_words.

1. Euphoria
   - in Baku
   - 372 points
2. Tattoo

| year | song | points |
|------|:----:|-------:|
| 2012 | Euphoria | 372 |
| 2023 | Tattoo \\| 2 | 583 |

\`\`\`rust
fn main() { println!("<b>**not bold**</b>"); }
\`\`\`

> quoted
> twice

- [x] done
- [ ] not done

---

The end.`;

const HOSTILE = `# <img src=x onerror="window.hacked = 1">

<script>window.hacked = 1</script> **<b onclick="window.hacked = 1">bold</b>**
[script](javascript:window.hacked=1) [data](data:text/html,<script>window.hacked=1</script>) [vb](vbscript:x) [file](file:///etc/passwd)
![pixel](https://evil.example/pixel.png) <https://evil.example/auto> [same](/data/sessions) [ref]: https://evil.example/ref
[text](https://evil.example/" onmouseover="window.hacked=1)

| <img src=x onerror="window.hacked = 1"> | b |
|---|---|
| <iframe src="https://evil.example"></iframe> | x |

\`\`\`"><script>window.hacked = 1</script>
</code></pre><script>window.hacked = 1</script>
\`\`\``;

/** Each would take minutes if a sign were looked for again and again. */
const COSTLY = ["*a ", "**a ", "[", "![", "[a](", "`", "_a ", "> ", "- ", "  - ", "|", "~~~\n", "https://", "<https://", "\\", "1. ", "# # "].map((piece) => `**costly**\n\n${piece.repeat(Math.floor(190000 / piece.length))}`);

export function markdownTests({ test, page, session, take, shoot, text }) {
  const prompt = { type: "model", name: "write", model: "gpt-4o" };
  const say = (content) => [{ role: "user", content }];

  test("an answer in Markdown is rendered, and shown as written on demand", async () => {
    const written = new Session("written");
    const root = written.log(null, 0, 50, { kind: "prompt", config: prompt, inputs: { question: "plain" }, messages: say("- one\n- two"), output: ANSWER, output_message: { role: "assistant", content: ANSWER } });
    written.log(root, 10, 5, { kind: "tool", config: { type: "tool", name: "read" }, inputs: {}, output: "# a file\n# of comments\n- x\n- y" });
    take(written);
    await session("written");
    await page.locator(".row").first().click();
    const md = page.locator(".tabbody .md");
    await md.waitFor();
    assert.equal(await md.locator("[role=heading]").innerText(), "The answer");
    assert.deepEqual(await md.locator("strong, em, p > code").allInnerTexts(), ["won twice", "Loreen", "a_code_span"]);
    assert.deepEqual(await md.locator("ol > li > p").allInnerTexts(), ["Euphoria", "Tattoo"]);
    assert.deepEqual(await md.locator("ol ul li").allInnerTexts(), ["in Baku", "372 points"]);
    assert.deepEqual(await md.locator("td").allInnerTexts(), ["2012", "Euphoria", "372", "2023", "Tattoo | 2", "583"]);
    assert.equal(await md.locator(".fenced .t-keyword").innerText(), "fn");
    assert.match(await md.locator("blockquote").innerText(), /^quoted\s+twice$/);
    assert.deepEqual(await md.locator(".task .box").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label"))), ["done", "not done"]);
    assert.deepEqual(await md.locator("a").evaluateAll((all) => all.map((one) => [one.href, one.rel, one.target])), ["list", "more"].map((at) => [`https://example.com/${at}`, "noopener noreferrer nofollow", "_blank"]));
    assert.ok(await md.locator("p").first().evaluate((p) => p.textContent.includes("A second line of the paragraph") && p.textContent.includes("snake_case_words")));
    await shoot("markdown");
    await page.getByRole("button", { name: "as written" }).click();
    assert.equal(await page.locator(".tabbody pre.text").last().evaluate((pre) => pre.textContent), ANSWER);
    await page.getByRole("button", { name: "rendered" }).click();
    await md.waitFor();
    await page.getByRole("tab", { name: "Messages" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".message .md").length === 2);
    await shoot("markdown-messages");
    await page.keyboard.press("m");
    await page.waitForFunction(() => !document.querySelector(".md") && document.querySelectorAll(".message pre.text").length === 2);
    await page.keyboard.press("m");
    await page.waitForFunction(() => document.querySelectorAll(".message .md").length === 2);
    await page.reload(); // forgets the choice
    await page.locator(".row").nth(1).click();
    await page.waitForFunction(() => document.querySelector(".detail h2")?.textContent === "read");
    await page.getByRole("tab", { name: "Input" }).click();
    // What a tool gives back is shown as it is.
    assert.equal(await page.locator(".tabbody .md").count(), 0);
    await page.getByRole("button", { name: "rendered" }).click();
    await page.locator(".tabbody .md [role=heading]").first().waitFor();
  });

  test("nothing in a hostile Markdown text is HTML, loads anything, or leads to what is no web page", async () => {
    const evil = new Session("evil");
    evil.log(null, 0, 5, { kind: "prompt", config: prompt, inputs: { question: HOSTILE }, messages: say(HOSTILE), output: HOSTILE, output_message: { role: "assistant", content: HOSTILE } });
    take(evil);
    await session("evil");
    await page.locator(".row").first().click();
    for (const tab of ["Input", "Messages"]) {
      await page.getByRole("tab", { name: tab }).click();
      await page.locator(".tabbody .md").first().waitFor();
      for (const button of await page.getByRole("button", { name: "rendered" }).all()) await button.click();
      assert.equal(await page.locator(".tabbody .md").count(), 2);
      assert.equal(await page.locator(".md :is(script, img, iframe, b, object, embed, form, input, style, link, svg)").count(), 0);
      const odd = await page.evaluate(() => [...document.querySelectorAll(".md *")].flatMap((one) => [...one.attributes].filter(({ name }) => /^on|^style$|^src/.test(name)).map(({ name }) => name)));
      assert.deepEqual(odd, []);
      const links = await page.locator(".md a").evaluateAll((all) => all.map((one) => [one.protocol, one.rel]));
      assert.ok(links.length >= 4 && links.every(([protocol, rel]) => protocol === "https:" && rel.includes("noopener")), JSON.stringify(links));
      assert.match(await text(".md"), /javascript:window[\s\S]*image: pixel/);
    }
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    await shoot("markdown-hostile");
  });

  test("a Markdown text that is made to be slow is shown as quickly as others", async () => {
    const slow = new Session("slow");
    COSTLY.forEach((output, i) => slow.log(null, i, 1, { kind: "prompt", config: { ...prompt, name: `write ${i}` }, inputs: {}, output }));
    take(slow);
    await session("slow");
    for (let i = 0; i < COSTLY.length; i += 1) {
      await page.locator(".row").nth(i).click();
      await page.waitForFunction((name) => document.querySelector(".detail h2")?.textContent === name, `write ${i}`);
      const began = Date.now();
      await page.getByRole("button", { name: /show all/ }).click();
      await page.waitForFunction(() => ![...document.querySelectorAll(".tabbody .more")].some((one) => one.textContent.startsWith("show all")));
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
      const took = Date.now() - began;
      if (process.env.VERBOSE) console.log(JSON.stringify(COSTLY[i].slice(12, 22)), took, "ms");
      assert.ok(took < 8000, `${JSON.stringify(COSTLY[i].slice(12, 22))} takes ${took} ms`);
    }
  });
}
