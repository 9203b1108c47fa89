// How the page reads: accessibility, contrast, every width, the focus; and what it says where the mock is not.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import axe from "axe-core";

import { APP, CRM, World, detail, item, messages, onOneMock, openPage, requests, startMock } from "./harness.js";

const shared = onOneMock();
const { onPage } = shared;

/** From here on the actions are in the bar, and two panes fit. */
const [WIDE, TWO] = [1153, 897];

/** Makes a page fuller than most: things that wait, long names, refusals, faults. */
async function fill({ world, page }) {
  await world.addEmail("a-very-long-address-that-a-user-has@subdomain.of.a.long.domain.example.com");
  const card = { card_number: "5555555555554444", expiry_month: 12, expiry_year: 2049 };
  await world.send("POST", "/api/v1/credit-card", { token: APP, body: card });
  await world.send("GET", "/api/v1/account/1/phone-watchlist/a-long-path-to-nothing/and-on-it-goes/further", { token: CRM });
  await world.send("GET", "/api/v1/email-watchlist", { token: CRM });
  await world.send("PATCH", "/api/v1/account/2", { token: CRM, body: { first_name: "x".repeat(200) } });
  await world.send("POST", "/_mock/faults", { body: { kind: "cut", method: "DELETE", path: "/api/v1/account/{account_id}/drivers-license-watchlist/{licenseId}", next: 3 } });
  await world.send("PUT", "/_mock/clock", { body: { advance_seconds: 3700 } });
  await world.alarms();
  await requests(page).nth(5).waitFor();
  await item(page, "4444").waitFor({ state: "attached" });
}

/** Each state of the page, as a name and a way to it. A window has the states that its width allows. */
const STATES = [
  ["the accounts", async (page, width) => width < TWO && page.locator("[data-tab=accounts]:not(main)").click()],
  ["a request", (page) => requests(page).filter({ hasText: "403" }).locator(".row").click()],
  ["a message", (page) => messages(page).first().locator(".row").click()],
  ["the guide", (page, width) => choose(page, width, "Connect")],
  ["the assumptions", async (page, width) => {
    await choose(page, width, "Assumptions");
    await detail(page).getByLabel("Value of list.shape").selectOption("bare");
  }],
  ["the menu", async (page, width) => width < WIDE && page.getByRole("button", { name: "Menu" }).click()],
];
const DIALOGS = { l: "Add a leak", n: "New account", i: "Add item", x: "Set a fault", t: "The mock's clock", b: "Sandboxes", "?": "Keyboard shortcuts" };

async function choose(page, width, name) {
  if (width < WIDE) await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("button", { name, exact: name !== "Assumptions" }).click();
}

/** Goes through all states, and back to the activity after each. */
async function eachState(page, width, look) {
  await look("the activity");
  for (const [name, go] of STATES) {
    await go(page, width);
    await look(name);
    await page.keyboard.press("Escape");
    if (width < TWO) await page.locator("[data-tab=activity]:not(main)").click();
    else if (await detail(page).isVisible()) await page.getByRole("button", { name: "Close", exact: true }).click();
  }
}

/**
 * The findings of axe, run within the page: the debugger is not bound by the page's policy. Of so many texts it must
 * have computed the contrast at the least.
 */
async function findings(page, texts) {
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document));
  const read = passes.find(({ id }) => id === "color-contrast").nodes.length;
  assert(read >= texts, `the contrast of ${read} texts was computed`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(" ")}`);
}

/** What sticks out of the window or out of its own box, and what is cut off. */
const cutOff = (page) => page.evaluate(() => {
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const part of document.querySelectorAll("button, input, select, summary, h1, h2, h3, h4, p, dd, li, code, pre, .tag, .scroll, section")) {
    if (!part.checkVisibility({ visibilityProperty: true }) || part.closest(".hidden, .skip")) continue;
    const { left, right, width } = part.getBoundingClientRect();
    const name = part.outerHTML.slice(0, 100);
    if (width > 0 && (right > innerWidth + 1 || left < -1)) faults.push(`beyond the window: ${name}`);
    if (part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0 && !part.matches("input, select")) faults.push(`wider than its box: ${name}`);
    if (getComputedStyle(part).textOverflow === "ellipsis") faults.push(`shortened by dots: ${name}`);
  }
  return faults;
});

/** Scrollers within scrollers, among them the page itself. */
const nested = (page) => page.evaluate(() => {
  const scrolls = (part) => /auto|scroll/.test(getComputedStyle(part).overflowY) && part.scrollHeight > part.clientHeight + 1;
  const all = [...document.querySelectorAll("body *")].filter((part) => part.checkVisibility() && scrolls(part) && part.localName !== "textarea");
  const isNested = (part) => all.some((other) => other !== part && other.contains(part)) || (document.documentElement.scrollHeight > innerHeight + 1 && !part.closest("dialog, [popover]"));
  return all.filter(isNested).map((part) => part.outerHTML.slice(0, 100));
});

describe("how it reads", () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const [width, height] of [[1440, 1000], [360, 740]]) {
      onPage(`in ${colorScheme}, ${width} wide, every state is accessible, contrast included`, async ({ world, page }) => {
        await fill({ world, page });
        await page.evaluate(axe.source);
        await eachState(page, width, async (state) => assert.deepEqual(await findings(page, 15), [], state));
        const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const [red] = /\d+/.exec(ground);
        assert.equal(Number(red) < 128, colorScheme === "dark", ground);
        // Of the dialogs one width in each scheme is enough: their colours are the same in all.
        for (const [key, name] of Object.entries((width === 1440) === (colorScheme === "light") ? DIALOGS : {})) {
          await page.keyboard.press(key);
          await page.getByRole("dialog", { name, exact: true }).waitFor();
          assert.deepEqual(await findings(page, 3), [], name);
          await page.keyboard.press("Escape");
        }
      }, { colorScheme, viewport: { width, height } });
    }
  }

  for (const width of [320, 390, 768, 896, 1024, 1152, 1248, 1440, 1920]) {
    onPage(`in a window of ${width} nothing is cut off, scrolled sideways or scrolled within what scrolls`, async ({ world, page }) => {
      await fill({ world, page });
      await eachState(page, width, async (state) => {
        assert.deepEqual(await cutOff(page), [], state);
        assert.deepEqual(await nested(page), [], state);
      });
      // Dialogs have the same width in all windows but the narrowest.
      for (const key of Object.keys(width === 320 || width === 1440 ? DIALOGS : {})) {
        await page.keyboard.press(key);
        await page.locator("dialog[open]").waitFor();
        assert.deepEqual(await cutOff(page), [], DIALOGS[key]);
        await page.keyboard.press("Escape");
      }
    }, { viewport: { width, height: 800 } });
  }

  onPage("every control that has the focus shows it, and the stream is one stop of the Tab key", async ({ world, page }) => {
    await world.addEmail("new@example.com");
    for (let number = 0; number < 10; number += 1) await world.emails();
    await requests(page).nth(10).waitFor();
    const unseen = [];
    const rows = new Set();
    for (let presses = 0; presses < 80; presses += 1) {
      await page.keyboard.press("Tab");
      const [shown, key] = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        const isShown = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
        return [isShown ? null : document.activeElement.outerHTML.slice(0, 120), document.activeElement.closest("#stream .row")?.dataset.key];
      });
      if (shown) unseen.push(shown);
      if (key) rows.add(key);
    }
    assert.deepEqual(unseen.filter((html) => !html.startsWith("<body")), []);
    assert.equal(rows.size, 1);
  });
});

describe("where the mock is not", () => {
  test("the page says that it has stopped, and goes on when it is back", async () => {
    const first = await startMock();
    const { page, close } = await openPage(shared.browser, new World(first.url));
    let second;
    try {
      await first.stop();
      await page.getByRole("alert").getByText("The mock does not answer").waitFor();
      await page.locator("#live.stopped").waitFor();
      second = await startMock(new URL(first.url).port);
      await page.locator("#live.live").waitFor();
      assert.equal(await page.locator("#banner").isVisible(), false);
      await new World(second.url).addEmail("after@example.com");
      await item(page, "after@example.com").waitFor();
    } finally {
      await close();
      await second?.stop();
    }
  });

  test("the page of a sandbox that has ended says so", async () => {
    const world = await World.make(shared.mock.url);
    const { page, close } = await openPage(shared.browser, world);
    try {
      await new World(shared.mock.url).send("DELETE", `/_mock/sandboxes/${world.base.split("/").pop()}`);
      await page.getByRole("alert").getByText("it has ended, or was never made").waitFor();
    } finally {
      await close();
    }
  });
});
