// The page in a real browser: how it begins, and what a developer does with accounts, messages and the clock.

import assert from "node:assert/strict";
import { describe } from "node:test";

import { APP, CRM, focused, item, leaks, messages, onOneMock, requests, tabTo } from "./harness.js";

const shared = onOneMock();
const { onPage } = shared;

const CARD = { card_number: "5555555555554444", expiry_month: 12, expiry_year: 2049 };
const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());

describe("an empty world", () => {
  onPage("shows how to begin, and fills as things happen", async ({ world, page }) => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const begin = page.locator("#begin");
    for (const text of [world.base, "1|mock-crm-token", "2|mock-app-token", "service@partner.example", "mock-crm-password", "mock-client", "mock-secret"]) {
      await begin.getByText(text, { exact: true }).waitFor();
    }
    for (const [name, text] of [["base URL", world.base], ["CRM token", CRM], ["app token", APP]]) {
      await begin.getByRole("button", { name: `Copy the ${name}` }).click();
      await page.getByRole("status").getByText(`Copied the ${name}`).waitFor();
      assert.equal(await clipboard(page), text);
    }
    await begin.getByRole("button", { name: "Copy the first request" }).click();
    await page.getByRole("status").getByText("Copied the first request").waitFor();
    assert.equal(await clipboard(page), `curl ${world.base}/api/v1/email-watchlist \\\n  -H 'Authorization: Bearer ${APP}'`);

    await begin.getByRole("button", { name: "Send it from here" }).click();
    await requests(page).getByText("/api/v1/email-watchlist").waitFor();
    await page.locator("#activity-count", { hasText: /^1$/ }).waitFor();
    assert.equal(await begin.getByText(world.base, { exact: true }).isVisible(), true, "the guide stays below what happens");
    await page.getByRole("button", { name: "Connect" }).click();
    await page.locator("#detail").getByText("1|mock-crm-token").waitFor();
  });

  onPage("without accounts it offers to make one", async ({ page }) => {
    await page.getByText("This world has no accounts yet.").waitFor();
    await page.locator("#begin").getByText("Base URL").waitFor();
  }, { seed: "empty" });
});

describe("a journey", () => {
  onPage("an email that the user adds is confirmed on the page, leaked there, and its alarm is closed there", async ({ world, page }) => {
    await world.addEmail("new@example.com");
    await item(page, "new@example.com").getByText("pending", { exact: true }).waitFor();
    await messages(page).filter({ hasText: "new@example.com" }).waitFor();

    await item(page, "new@example.com").getByRole("button", { name: "Confirm" }).click();
    await item(page, "new@example.com").getByText("confirmed").waitFor();
    assert.equal((await world.email("new@example.com")).is_confirmed, 1);

    await item(page, "new@example.com").getByRole("button", { name: "Leak" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a leak" });
    assert.equal(await dialog.getByLabel("Value", { exact: true }).inputValue(), "new@example.com");
    await dialog.getByLabel("Severity").selectOption("HIGH");
    await dialog.getByLabel("Title").fill("From the page");
    await dialog.getByRole("button", { name: "Add the leak" }).click();

    const leak = leaks(page).filter({ hasText: "From the page" });
    await leak.getByText("alarm open").waitFor();
    await leak.getByText("High").waitFor();
    const alarm = (await world.alarms()).find(({ title }) => title === "From the page");
    assert.equal(alarm.status, "OPEN");

    await leak.getByRole("button", { name: `Close alarm ${alarm.id}` }).click();
    await leak.getByText("alarm closed").waitFor();
    await requests(page).getByText(`/api/v1/account/1/alarms/${alarm.id}/close`).waitFor();
    assert.equal((await world.alarms()).find(({ id }) => id === alarm.id).status, "CLOSED");
  });

  onPage("the same by keyboard alone", async ({ world, page }) => {
    await world.addEmail("keys@example.com");
    await item(page, "keys@example.com").waitFor();
    const { id } = await world.email("keys@example.com");
    await tabTo(page, `Confirm Email ${id}`);
    await page.keyboard.press("Enter");
    await item(page, "keys@example.com").getByText("confirmed").waitFor();

    await tabTo(page, `Leak Email ${id}`);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Add a leak" }).waitFor();
    assert.equal(await focused(page), "Add the leak", "all is given, so Enter adds it");
    await page.keyboard.press("Enter");
    await leaks(page).filter({ hasText: "keys@example.com" }).getByText("alarm open").waitFor();
    assert.equal(await focused(page), `leak-email-${id}`, "a closed dialog gives the focus back");
  });

  onPage("shortcuts and arrows lead everywhere, and can be switched off", async ({ world, page }) => {
    await world.emails();
    await world.alarms();
    await requests(page).nth(1).waitFor();
    await page.keyboard.press("/");
    assert.equal(await focused(page), "search");
    await page.keyboard.type("jane/");
    assert.equal(await page.locator("#search").inputValue(), "jane/", "and is a letter where one writes");
    await page.keyboard.press("Backspace");
    await page.locator("#accounts-count", { hasText: /^1 of 3$/ }).waitFor();
    await page.keyboard.press("Enter");
    await page.locator("[data-account='2']").getByText("It watches nothing yet").waitFor();
    await page.locator("#search").fill("");
    await page.locator("[data-account='3']").waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(page), "account-3");
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await page.locator("[data-account='1'] .row[aria-expanded=true]").waitFor();

    await page.keyboard.press("s");
    assert.equal(await focused(page), "request-2", "the newest");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator("#detail-heading", { hasText: "/api/v1/email-watchlist" }).waitFor();
    await page.keyboard.press("k");
    await page.locator("#detail-heading", { hasText: "/api/v1/alarms" }).waitFor();
    await page.keyboard.press("j");
    await page.locator("#detail-heading", { hasText: "/api/v1/email-watchlist" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#detail").waitFor({ state: "hidden" });
    assert.equal(await focused(page), "request-1", "the row whose details were open");

    for (const [key, name] of [["l", "Add a leak"], ["n", "New account"], ["i", "Add item"], ["x", "Set a fault"], ["t", "The mock's clock"], ["b", "Sandboxes"]]) {
      await page.keyboard.press(key);
      await page.getByRole("dialog", { name, exact: true }).waitFor();
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
    }
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    assert((await help.locator("dt").count()) >= 15);
    await help.getByLabel("Shortcuts of a single key are on").uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.press("l");
    assert.equal(await page.locator("dialog[open]").count(), 0);
  });

  onPage("a message knows whether its link works, whoever opened it", async ({ world, page }) => {
    await world.addEmail("new@example.com");
    const message = messages(page).filter({ hasText: "new@example.com" });
    await message.getByText("open", { exact: true }).waitFor();
    await message.getByRole("button", { name: /^Confirm new@/ }).click();
    await message.getByText("used", { exact: true }).waitFor();
    await item(page, "new@example.com").getByText("confirmed").waitFor();
    await page.reload();
    await message.getByText("used", { exact: true }).waitFor();
    assert.equal(await message.getByRole("button", { name: /^Confirm new@/ }).count(), 0);

    await world.addEmail("other@example.com");
    const other = messages(page).filter({ hasText: "other@example.com" });
    await other.getByText("open", { exact: true }).waitFor();
    const { messages: sent } = await world.send("GET", "/_mock/outbox");
    await fetch(sent.at(-1).link);
    await other.getByText("used", { exact: true }).waitFor();

    await world.addEmail("late@example.com");
    const late = messages(page).filter({ hasText: "late@example.com" });
    await late.getByText("open", { exact: true }).waitFor();
    await world.send("POST", "/api/v1/resend/watchlist-email-confirmation", { token: APP, body: {} });
    await late.nth(1).getByText("replaced", { exact: true }).waitFor();
    await late.nth(0).getByText("open", { exact: true }).waitFor();
    await world.send("PUT", "/_mock/clock", { body: { advance_seconds: 25 * 3600 } });
    await late.nth(0).getByText("expired", { exact: true }).waitFor();
    await page.locator("#stream .day").waitFor();
    await late.nth(0).locator(".row").click();
    await page.locator("#detail").getByText("no longer works").waitFor();
    assert.equal(await page.locator("#detail").getByRole("button", { name: "Confirm" }).count(), 0);
  });

  onPage("a code is copied with one click, with a clipboard and without", async ({ world, page }) => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const { data } = await world.send("POST", "/api/v1/credit-card", { token: APP, body: CARD });
    const copy = messages(page).getByRole("button", { name: /^Copy the code \d{6}$/ });
    await copy.click();
    await page.getByRole("status").getByText("Copied the code").waitFor();
    const code = await clipboard(page);

    await page.evaluate(() => navigator.clipboard.writeText("something else"));
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true }));
    await copy.click();
    await page.waitForFunction(() => document.getElementById("news").textContent.startsWith("Copied the code"));
    await page.evaluate(() => delete navigator.clipboard);
    assert.equal(await clipboard(page), code);

    await world.send("POST", "/api/v1/credit-cards/verify", { token: APP, body: { credit_card_id: data.id, code } });
    await item(page, "4444").getByText("confirmed").waitFor();
    await messages(page).getByText("used", { exact: true }).waitFor();
  });

  onPage("an electronic ID is offered where there is no SSN, and what is refused says why", async ({ page }) => {
    await page.locator("[data-account='1'] [data-item]").first().waitFor();
    assert.equal(await page.getByRole("button", { name: "Electronic ID" }).count(), 0, "John has an SSN");
    await page.getByRole("button", { name: /Jane Roe/ }).click();
    await page.getByRole("button", { name: "Electronic ID" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Jane Roe").waitFor();
    await dialog.getByLabel("SSN").fill("not a number");
    await dialog.getByRole("button", { name: "Complete it" }).click();
    await dialog.getByRole("alert").getByText("not of the form of a national ID of SE").waitFor();
    await dialog.getByLabel("SSN").fill("19900102-2384");
    await dialog.getByRole("button", { name: "Complete it" }).click();
    await page.locator("[data-account='2']").getByText("•••• 84").waitFor();
  }, { expected: ["400 (Bad Request)"] });

  onPage("accounts and items are added by the documented API", async ({ world, page }) => {
    await page.getByRole("button", { name: "New account" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("SSN").fill("19900101-1234");
    await dialog.getByLabel("First name").fill("Erika");
    await dialog.getByLabel("Last name").fill("Example");
    await dialog.getByRole("button", { name: "Add the account" }).click();
    await dialog.getByRole("alert").getByText("POST /api/v1/account answers 422").waitFor();
    await dialog.getByRole("button", { name: "Fill in an example" }).click();
    await dialog.getByRole("button", { name: "Add the account" }).click();
    const erika = page.locator(".account.open", { hasText: "Erika Example" });
    await erika.getByText("It watches nothing yet").waitFor();

    // As the user, for whom the page gets an app token.
    await erika.getByRole("button", { name: "Add item" }).click();
    await dialog.getByLabel("Email", { exact: true }).fill("erika.work@example.com");
    await dialog.getByRole("button", { name: "Add the item" }).click();
    await item(page, "erika.work@example.com").getByText("pending", { exact: true }).waitFor();

    // As the partner.
    await erika.getByRole("button", { name: "Add item" }).click();
    await dialog.getByLabel("Kind").selectOption("iban");
    await dialog.getByLabel("Added by").selectOption("partner");
    await dialog.locator("input[name=iban]").fill("SE35 5000 0000 0549 1000 0003");
    await dialog.getByRole("button", { name: "Add the item" }).click();
    await item(page, "•••• 0003").getByText("confirmed").waitFor();

    // Each kind has a form of its own.
    await erika.getByRole("button", { name: "Add item" }).click();
    for (const kind of ["passport", "drivers_license", "credit_card", "phone"]) {
      await dialog.getByLabel("Kind").selectOption(kind);
      await dialog.locator("#enrol-fields input").first().waitFor();
    }
    await page.keyboard.press("Escape");
    const { requests: sent } = await world.send("GET", "/_mock/requests");
    const paths = sent.filter(({ status }) => status < 400).map(({ method, path }) => `${method} ${path.replace(/\d+/g, (number) => (number === "1" ? "1" : "N"))}`);
    assert.deepEqual(paths.filter((path) => path.includes("POST")).map((path) => path.split("?")[0]).map((path) => path.replace(/account\/[^/]+/, "account/N")), [
      "POST /api/v1/account", "POST /api/v1/sso/token", "POST /api/v1/email-watchlist", "POST /api/v1/account/N/iban-watchlist",
    ]);
  }, { expected: ["422 (Unprocessable"] });

  onPage("the page acts for the second partner too, which has to log in", async ({ page }) => {
    await page.getByRole("button", { name: /Matti Malli/ }).click();
    await page.locator("[data-account='3']").getByText("Partner Two").waitFor();
    await page.locator("[data-account='3']").getByRole("button", { name: "Add item" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Added by").selectOption("partner");
    await dialog.getByRole("button", { name: "Fill in an example" }).click();
    await dialog.getByRole("button", { name: "Add the item" }).click();
    await item(page, "erika@example.com").getByText("confirmed").waitFor();
    await requests(page).getByText("/api/v1/crm/auth/login").waitFor();
  });

  onPage("the clock is moved, frozen and set, shows it, and what fell due is told", async ({ world, page }) => {
    await world.addEmail("new@example.com");
    await item(page, "new@example.com").waitFor();
    assert.equal(await page.locator("#clock-moved").isVisible(), false);
    await page.locator("#clock").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "+1 hour" }).click();
    await page.locator("#clock-moved", { hasText: "1 h ahead" }).waitFor();
    await dialog.getByRole("button", { name: "Freeze" }).click();
    await dialog.getByText("frozen").waitFor();
    await dialog.getByRole("button", { name: "+1 day" }).click();
    await dialog.getByText("confirmation link expired").waitFor();
    await dialog.getByLabel("Set to (UTC)").fill("2031-02-03T04:05:06");
    await dialog.getByRole("button", { name: "Set", exact: true }).click();
    await dialog.getByText("2031-02-03 04:05:06 UTC").waitFor();
    assert.deepEqual(await world.send("GET", "/_mock/clock"), { now: "2031-02-03T04:05:06Z", frozen: true });
    await page.keyboard.press("Escape");
    await item(page, "new@example.com").getByText("expired", { exact: true }).waitFor();
    await page.locator("#now").getByText("2031-02-03 04:05:06").waitFor();
    await page.locator("#clock-moved", { hasText: "frozen" }).waitFor();
  });

  onPage("a reset asks first, and then all is as in the seed", async ({ world, page }) => {
    await world.addEmail("new@example.com");
    await item(page, "new@example.com").waitFor();
    await page.getByRole("button", { name: "Reset" }).click();
    assert.equal(await focused(page), "Cancel", "the harmless answer is the nearest");
    await page.keyboard.press("Enter");
    assert.equal((await world.emails()).length, 3);
    await page.getByRole("button", { name: "Reset" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Reset" }).click();
    await item(page, "new@example.com").waitFor({ state: "detached" });
    await page.locator("#activity-count", { hasText: /^0$/ }).waitFor();
    assert.equal((await world.emails()).length, 2);
  });
});
