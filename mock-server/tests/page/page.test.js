// The page in a real browser: a developer's journey, masked values, the journal, faults, and accessibility.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";

import axe from "axe-core";

import { APP, CRM, World, openPage, startBrowser, startMock, tabTo } from "./harness.js";

const run = promisify(execFile);

let mock;
let browser;

before(async () => {
  [mock, browser] = await Promise.all([startMock(), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await mock?.stop();
});

/** A test with a world and its page; at the end there may be no complaints except those `expected`. */
function onPage(name, act, { assume, expected = [], ...options } = {}) {
  test(name, async () => {
    const world = await World.make(mock.url, assume ? { assume } : {});
    const { page, complaints, close } = await openPage(browser, world, options);
    try {
      await act({ world, page });
      assert.deepEqual(complaints.filter((complaint) => !expected.some((known) => complaint.includes(known))), []);
    } finally {
      await close();
    }
  });
}

const item = (page, text) => page.locator("#account-body li.item", { hasText: text });
const leaks = (page) => page.locator("#account-body li.leak");
const requests = (page) => page.locator("#journal-list li[data-request]");

/** All that the page holds, seen or not. */
const everything = (page) => page.evaluate(() =>
  document.documentElement.outerHTML + [...document.querySelectorAll("input, textarea")].map((field) => field.value).join("\n"));

describe("a journey", () => {
  onPage("an email that the user adds is confirmed on the page, leaked there, and raises an alarm", async ({ world, page }) => {
    await world.addEmail("new@example.com");
    await item(page, "new@example.com").getByText("pending", { exact: true }).waitFor();
    await page.locator("#outbox-list", { hasText: "new@example.com" }).waitFor();

    await item(page, "new@example.com").getByRole("button", { name: "Confirm" }).click();
    await item(page, "new@example.com").getByText("confirmed").waitFor();
    assert.equal((await world.emails()).find(({ email }) => email === "new@example.com").is_confirmed, 1);

    await item(page, "new@example.com").getByRole("button", { name: "Leak this" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a leak" });
    assert.equal(await dialog.getByLabel("Value", { exact: true }).inputValue(), "new@example.com");
    await dialog.getByLabel("Severity").selectOption("HIGH");
    await dialog.getByLabel("Title").fill("From the page");
    await dialog.getByRole("button", { name: "Add the leak" }).click();

    const leak = leaks(page).filter({ hasText: "From the page" });
    await leak.getByText("alarm open").waitFor();
    await leak.getByText("HIGH").waitFor();
    const alarm = (await world.alarms()).find(({ title }) => title === "From the page");
    assert.equal(alarm.status, "OPEN");

    await world.send("GET", `/api/v1/alarms/${alarm.id}/close`, { token: APP });
    await leak.getByText("alarm closed").waitFor();
  });

  onPage("the same by keyboard alone", async ({ world, page }) => {
    await world.addEmail("keys@example.com");
    await item(page, "keys@example.com").waitFor();
    const { id } = (await world.emails()).find(({ email }) => email === "keys@example.com");
    await tabTo(page, `Confirm this Email, number ${id}`);
    await page.keyboard.press("Enter");
    await item(page, "keys@example.com").getByText("confirmed").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "account-heading", "the button is gone, its place is not");

    await tabTo(page, `Leak this Email, number ${id}`);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Add a leak" }).waitFor();
    await page.keyboard.type("CRIT");
    await tabTo(page, "Add the leak");
    await page.keyboard.press("Enter");
    await leaks(page).filter({ hasText: "CRITICAL" }).filter({ hasText: "keys@example.com" }).getByText("alarm open").waitFor();
    assert.equal(
      await page.evaluate(() => document.activeElement.dataset.key), `leak-email-${id}`, "a closed dialog gives the focus back");
  });

  onPage("a slash leads to the search, Escape closes what is open", async ({ page }) => {
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "search");
    await page.keyboard.type("jane/");
    assert.equal(await page.locator("#search").inputValue(), "jane/", "and is a letter where one writes");
    await page.keyboard.press("Backspace");
    await page.locator("#accounts-list li").nth(1).waitFor({ state: "detached" });
    await page.getByRole("button", { name: /Jane Roe/ }).click();
    await page.getByRole("heading", { name: "Jane Roe" }).waitFor();
    for (const name of ["Add a leak", "Electronic ID", "Set a fault", "Sandboxes", "Reset"]) {
      await page.getByRole("button", { name, exact: true }).press("Enter");
      await page.locator("dialog[open]").waitFor();
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
    }
  });

  onPage("a message is confirmed where it lies, and a used link says why it does not work", async ({ world, page }) => {
    await world.addEmail("new@example.com");
    const message = page.locator("#outbox-list li", { hasText: "new@example.com" });
    await message.getByRole("button", { name: "Confirm" }).click();
    await message.getByText("confirmed", { exact: true }).waitFor();
    await item(page, "new@example.com").getByText("confirmed").waitFor();

    await page.reload();
    await message.getByRole("button", { name: "Confirm" }).click();
    await message.getByText("This link no longer works").waitFor();
  }, { expected: ["410 (Gone)"] });

  onPage("a code is copied with one click, with a clipboard and without", async ({ world, page }) => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const card = { card_number: "5555555555554444", expiry_month: 12, expiry_year: 2049 };
    const { data } = await world.send("POST", "/api/v1/credit-card", { token: APP, body: card });
    await page.locator("#outbox-list").getByRole("button", { name: /^Copy \d{6}$/ }).click();
    await page.getByRole("status").getByText("Code copied").waitFor();
    const code = await page.evaluate(() => navigator.clipboard.readText());
    await world.send("POST", "/api/v1/credit-cards/verify", { token: APP, body: { credit_card_id: data.id, code } });
    await item(page, "4444").getByText("confirmed").waitFor();

    await page.evaluate(() => navigator.clipboard.writeText("something else"));
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true }));
    await page.locator("#outbox-list").getByRole("button", { name: /^Copy \d{6}$/ }).click();
    await page.waitForFunction(() => document.getElementById("news").textContent === "Code copied");
    await page.evaluate(() => delete navigator.clipboard);
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), code);
  });

  onPage("an electronic ID gives an account its SSN, and what is refused says why in its place", async ({ page }) => {
    await page.getByRole("button", { name: /Jane Roe/ }).click();
    await page.getByRole("button", { name: "Complete an electronic ID" }).click();
    const dialog = page.getByRole("dialog");
    assert.equal(await dialog.getByLabel("Account id").inputValue(), "2");
    await dialog.getByLabel("SSN").fill("not a number");
    await dialog.getByRole("button", { name: "Complete it" }).click();
    await dialog.getByRole("alert").getByText("not of the form of a national ID of SE").waitFor();
    await dialog.getByLabel("SSN").fill("19900102-2384");
    await dialog.getByRole("button", { name: "Complete it" }).click();
    await page.locator("#account-body").getByText("********-**84").waitFor();
  }, { expected: ["400 (Bad Request)"] });

  onPage("the clock is moved, frozen and set, and what fell due is told", async ({ world, page }) => {
    await world.addEmail("new@example.com");
    await item(page, "new@example.com").waitFor();
    await page.locator("#clock").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Freeze" }).click();
    await dialog.getByText("is frozen").waitFor();
    await dialog.getByRole("button", { name: "+1 day" }).click();
    await dialog.getByText("confirmation link expired").waitFor();
    await dialog.getByLabel("Set to (UTC)").fill("2031-02-03T04:05:06");
    await dialog.getByRole("button", { name: "Set", exact: true }).click();
    await dialog.getByText("2031-02-03 04:05:06 UTC").waitFor();
    assert.deepEqual(await world.send("GET", "/_mock/clock"), { now: "2031-02-03T04:05:06Z", frozen: true });
    await page.keyboard.press("Escape");
    await item(page, "new@example.com").getByText("expired", { exact: true }).waitFor();
    await page.locator("#now").getByText("2031-02-03 04:05:06 (frozen)").waitFor();
  });

  onPage("a reset asks first, and then all is as in the seed", async ({ world, page }) => {
    await world.addEmail("new@example.com");
    await item(page, "new@example.com").waitFor();
    await page.getByRole("button", { name: "Reset" }).click();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Cancel", "the harmless answer is the nearest");
    await page.keyboard.press("Enter");
    assert.equal((await world.emails()).length, 3);
    await page.getByRole("button", { name: "Reset" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Reset" }).click();
    await item(page, "new@example.com").waitFor({ state: "detached" });
    await page.getByText("No message yet").waitFor();
    await page.getByText("No request yet").waitFor();
    assert.equal((await world.emails()).length, 2);
  });
});

describe("what may be seen", () => {
  const NUMBERS = ["+46701740605", "SE4550000000058398257466", "900101-2385", "4242424242424242", "19900101-2385"];

  onPage("personal numbers are masked until they are asked for, and again after that", async ({ world, page }) => {
    await world.send("POST", "/api/v1/account/1/phone-watchlist/send-verification-code", { token: CRM, body: {} });
    await page.locator("#outbox-list").getByText("+*********05").waitFor();
    const masked = await everything(page);
    assert.deepEqual(NUMBERS.filter((number) => masked.includes(number)), []);

    await page.getByLabel("Show personal numbers").check();
    await item(page, "4242424242424242").waitFor();
    await page.locator("#outbox-list").getByText("+46701740605").waitFor();
    const revealed = await everything(page);
    assert.deepEqual(NUMBERS.filter((number) => !revealed.includes(number)), []);

    await page.getByLabel("Show personal numbers").uncheck();
    await item(page, "4242424242424242").waitFor({ state: "detached" });
    await page.locator("#outbox-list").getByText("+*********05").waitFor();
    const again = await everything(page);
    assert.deepEqual(NUMBERS.filter((number) => again.includes(number)), []);
  });

  onPage("a number is leaked without being shown", async ({ world, page }) => {
    await item(page, "IBAN").getByRole("button", { name: "Leak this" }).click();
    const dialog = page.getByRole("dialog");
    const hides = () => dialog.getByLabel("Value", { exact: true }).evaluate((field) => getComputedStyle(field).webkitTextSecurity);
    assert.equal(await hides(), "disc");
    await dialog.getByLabel("Show the value").check();
    assert.equal(await hides(), "none");
    await dialog.getByLabel("Title").fill("Concealed");
    await dialog.getByRole("button", { name: "Add the leak" }).click();
    await leaks(page).filter({ hasText: "Concealed" }).getByText("********************7466").waitFor();
    assert.equal((await world.alarms()).filter(({ type }) => type === "IBAN").length, 2);
  });

  onPage("what is hostile in a world is text on its page", async ({ world, page }) => {
    const hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>";
    const account = { ssn: "19900101-1234", first_name: hostile, last_name: "\"'><svg onload=alert(3)>", email: "x@example.com" };
    await world.send("POST", "/api/v1/account", { token: CRM, body: account });
    await world.send("POST", "/_mock/leaks", { body: { kind: "email", value: "john.work@example.com", title: hostile } });
    await world.send("GET", `/api/v1/${encodeURIComponent(hostile)}`, { token: APP });
    await world.send("POST", `/api/v1/email-watchlist`, { token: APP, body: { [hostile]: hostile, email: hostile } });
    await world.send("PATCH", "/api/v1/account/1", { token: CRM, body: { first_name: hostile } });
    await world.addEmail("new@example.com");

    await page.getByRole("heading", { name: hostile }).waitFor();
    await page.getByRole("button", { name: hostile }).nth(1).click();
    await page.locator("#account-heading", { hasText: "svg onload" }).waitFor();
    await page.getByRole("button", { name: hostile }).first().click();
    await leaks(page).filter({ hasText: hostile }).waitFor();
    await page.locator("#outbox-list summary").first().click();
    await page.locator("#outbox-list pre", { hasText: hostile }).waitFor();
    for (const request of await requests(page).locator("summary").all()) await request.click();
    assert.equal(await page.locator("main img, main script, main svg").count(), 0);
  });

  onPage("the page of a sandbox shows that world alone, and leads to others", async ({ world, page }) => {
    const main = new World(mock.url);
    const other = await World.make(mock.url);
    await main.send("GET", "/api/v1/only-in-main");
    await other.addEmail("other@example.com");
    await world.addEmail("own@example.com");
    await item(page, "own@example.com").waitFor();
    await page.locator("#outbox-list", { hasText: "own@example.com" }).waitFor();
    assert.equal(await page.locator("#outbox-list li").count(), 1);
    assert.equal(await requests(page).count(), 1);
    assert.equal(await item(page, "other@example.com").count(), 0);
    await page.locator("#where", { hasText: "Sandbox" }).waitFor();

    await page.getByRole("button", { name: "Sandboxes" }).click();
    await page.getByLabel("Assumptions to set").fill("remove.status=200\nid.form = uuid");
    await page.getByRole("button", { name: "Make one and go to its page" }).click();
    await page.waitForURL((url) => url.pathname.startsWith("/_sandbox/") && !world.base.endsWith(url.pathname.split("/")[2]));
    await page.getByText(/^\d+, 2 set$/).waitFor();
    assert.equal(await item(page, "own@example.com").count(), 0);
    await page.getByRole("link", { name: "main world" }).click();
    await page.waitForURL(`${mock.url}/_mock/`);
    await requests(page).filter({ hasText: "/api/v1/only-in-main" }).waitFor();
  });
});

describe("the journal", () => {
  onPage("shows what comes at once, with status, hint and grounds", async ({ world, page }) => {
    await world.send("GET", "/api/v1/email-watchlist", { token: CRM });
    const request = requests(page).first();
    await request.getByText("403").waitFor();
    await request.getByText("this route takes the app token; you sent a CRM token; see SCOPE-3").waitFor();
    await request.locator("summary").click();
    await request.getByText("SCOPE-3", { exact: true }).waitFor();
    await request.getByText("scope.wrong-token", { exact: true }).waitFor();
    await request.getByText("is 403: a CRM token on an app route, or the reverse").waitFor();
    await request.getByText("Bearer $CRM_TOKEN").waitFor();

    await world.emails();
    await requests(page).nth(1).waitFor();
    await page.getByLabel("Only refused").check();
    await requests(page).first().waitFor({ state: "hidden" });
    assert.equal(await requests(page).nth(1).isVisible(), true);
    assert.equal(await request.isVisible(), false, "a new one is above it");

    await page.getByRole("button", { name: "Clear the journal" }).click();
    await page.getByText("No request yet").waitFor();
  });

  onPage("tells what a fault did, and what time alone brings is seen too", async ({ world, page }) => {
    await world.send("POST", "/_mock/faults", { body: { kind: "cut", next: 1 } });
    await assert.rejects(world.emails());
    await requests(page).first().getByText("no response").waitFor();
    await requests(page).first().getByText("fault 1: cut").waitFor();
    await world.send("POST", "/_mock/faults", { body: { kind: "message-delay", seconds: 3 } });
    await world.addEmail("late@example.com");
    await requests(page).first().getByText("fault 2: message-delay").waitFor();
    assert.equal(await page.locator("#outbox-list li[data-message]").count(), 0);
    await page.locator("#outbox-list li[data-message]").waitFor();
  });

  onPage("gives a command that does the same again in a shell", async ({ world, page }) => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const email = "it's+tag@example.com";
    await world.addEmail(email);
    await requests(page).first().locator("summary").click();
    await requests(page).first().getByRole("button", { name: "Copy as curl" }).click();
    await page.getByRole("status").getByText("Command copied").waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(command, /Bearer 2\|mock-app-token/);
    assert.doesNotMatch(await requests(page).first().innerText(), /mock-app-token|it's\+tag/);

    await world.send("DELETE", `/api/v1/email-watchlist/${(await world.emails()).at(-1).id}`, { token: APP });
    const { stdout } = await run("bash", ["-c", command.replace("curl ", "curl --silent ")]);
    assert.equal(JSON.parse(stdout).data.email, email);
    assert.equal((await world.emails()).at(-1).email, email);
  });

  onPage("keeps what is open and focused while more comes in", async ({ world, page }) => {
    await world.emails();
    const first = page.locator("li[data-request='1']");
    await first.locator("summary").press("Enter");
    await first.getByText("Request 1, answered").waitFor();
    for (let number = 0; number < 5; number += 1) await world.emails();
    await page.locator("li[data-request='6']").waitFor();
    assert.equal(await first.getByText("Request 1, answered").isVisible(), true);
    assert.equal(await page.evaluate(() => document.activeElement.closest("li")?.dataset.request), "1");
    assert.deepEqual(
      await requests(page).evaluateAll((rows) => rows.map((row) => row.dataset.request)), ["6", "5", "4", "3", "2", "1"]);
  });
});

describe("assumptions", () => {
  onPage("are listed with what they are, filtered by key", async ({ page }) => {
    await page.getByText("Assumptions in force").click();
    await page.locator("#assumptions-list li").nth(50).waitFor();
    await page.getByLabel("Only those that are set").check();
    const row = page.locator("#assumptions-list li");
    assert.equal(await row.count(), 1);
    await row.getByText("set; by default 204").waitFor();
    await page.getByLabel("Only those that are set").uncheck();
    await page.getByLabel("Filter assumptions by key").fill("throttle");
    await row.nth(1).waitFor({ state: "detached" });
    await row.getByText("requests a minute for one token").waitFor();
  }, { assume: { "remove.status": "200" } });
});

describe("faults", () => {
  const faults = (page) => page.locator("#faults-list li");
  const setByClient = (world, fault) => world.send("POST", "/_mock/faults", { body: fault });
  const emails = async ({ base }, token) => {
    const answer = await fetch(`${base}/api/v1/email-watchlist`, { headers: { Authorization: `Bearer ${token}` } });
    return answer.status;
  };

  onPage("one is set by the form, matches, and is over", async ({ world, page }) => {
    assert.equal(await page.locator("#faults").isVisible(), false);
    await page.getByRole("button", { name: "Set a fault" }).click();
    const dialog = page.getByRole("dialog", { name: "Set a fault" });
    await dialog.locator("select[name=status]").selectOption("502");
    await dialog.locator("select[name=when]").selectOption("after");
    await dialog.locator("select[name=method]").selectOption("GET");
    await dialog.locator("select[name=token]").selectOption("app");
    await page.locator("#fault-paths option[value='/api/v1/email-watchlist']").waitFor({ state: "attached" });
    await dialog.getByLabel("Path").fill("/api/v1/email-watchlist");
    await dialog.getByLabel("How many").fill("1");
    await dialog.getByRole("button", { name: "Set it" }).click();
    await faults(page).getByText("GET /api/v1/email-watchlist with token app").waitFor();
    await faults(page).getByText("answers 502 after the work is done; matched 0 times; 1 to come").waitFor();

    assert.deepEqual([await emails(world, CRM), await emails(world, APP), await emails(world, APP)], [403, 502, 200]);
    await faults(page).getByText("matched once; over").waitFor();
    await page.locator("#faults-heading", { hasText: "0, 1 over" }).waitFor();
    await faults(page).getByRole("button", { name: "End fault 1" }).click();
    await page.locator("#faults").waitFor({ state: "hidden" });
  });

  onPage("of each kind are set by the form with the fields that it has", async ({ world, page }) => {
    const kinds = page.locator("#fault-dialog select[name=kind] option");
    const names = await kinds.evaluateAll((options) => options.map(({ value }) => value));
    for (const kind of names) {
      await page.getByRole("button", { name: "Set a fault" }).click();
      await page.locator("#fault-dialog").getByLabel("Kind").selectOption(kind);
      await page.getByRole("button", { name: "Set it" }).click();
      await faults(page).getByText(`: ${kind}`).waitFor();
    }
    assert.equal(names.length, 10);
    await page.getByRole("button", { name: "End all faults" }).click();
    await page.locator("#faults").waitFor({ state: "hidden" });
    assert.deepEqual((await world.send("GET", "/_mock/faults")).faults, []);
  });

  onPage("that a client sets show as they come, with phone numbers masked", async ({ world, page }) => {
    await setByClient(world, { kind: "message-drop", to: "+46701740605" });
    await setByClient(world, { kind: "latency", milliseconds: { uniform: [50, 400] }, share: 0.25, token: "none" });
    await faults(page).getByText("every message to +*********05").waitFor();
    await faults(page).getByText("every path without a token").waitFor();
    await faults(page).getByText("answers 50 to 400 ms late; 25% of them; matched 0 times; until it is ended").waitFor();
    assert(!(await everything(page)).includes("+46701740605"));
    await page.getByLabel("Show personal numbers").check();
    await faults(page).getByText("every message to +46701740605").waitFor();
  });

  onPage("that are refused say why, and the form stays", async ({ page }) => {
    await page.getByRole("button", { name: "Set a fault" }).click();
    const dialog = page.getByRole("dialog", { name: "Set a fault" });
    await dialog.getByLabel("Path").fill("api/v1");
    await dialog.getByRole("button", { name: "Set it" }).click();
    await dialog.getByRole("alert").getByText("path: ").waitFor();
    assert.equal(await dialog.getByLabel("Path").inputValue(), "api/v1");
  }, { expected: ["400 (Bad Request)"] });
});

describe("how it reads", () => {
  /** What makes a page fuller than most: things that wait, long names, refusals, everything open. */
  async function fill({ world, page }) {
    await world.addEmail("a-very-long-address-that-a-user-has@subdomain.of.a.long.domain.example.com");
    const card = { card_number: "5555555555554444", expiry_month: 12, expiry_year: 2049 };
    await world.send("POST", "/api/v1/credit-card", { token: APP, body: card });
    await world.send("GET", "/api/v1/account/1/phone-watchlist/a-long-path-to-nothing/and-on-it-goes/further", { token: CRM });
    await world.send("GET", "/api/v1/email-watchlist", { token: CRM });
    await world.send("PATCH", "/api/v1/account/2", { token: CRM, body: { first_name: "x".repeat(200) } });
    await world.send("POST", "/_mock/faults", { body: { kind: "cut", method: "DELETE", path: "/api/v1/account/{account_id}/drivers-license-watchlist/{licenseId}", next: 3 } });
    await requests(page).nth(4).waitFor();
    await item(page, "4444").waitFor();
    for (const summary of await page.locator("summary").all()) await summary.click();
    await page.locator(".within").first().waitFor();
  }

  /**
   * The findings of axe, run within the page: the debugger is not bound by the page's policy. Of so many texts it must
   * have computed the contrast at the least.
   */
  async function findings(page, texts) {
    await page.evaluate(axe.source);
    const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document));
    const read = passes.find(({ id }) => id === "color-contrast").nodes.length;
    assert(read >= texts, `the contrast of ${read} texts was computed`);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(" ")}`);
  }

  for (const colorScheme of ["light", "dark"]) {
    for (const [name, viewport] of [["wide", { width: 1440, height: 1000 }], ["narrow", { width: 360, height: 740 }]]) {
      onPage(`in ${colorScheme}, ${name}, it is accessible, contrast included`, async ({ world, page }) => {
        await fill({ world, page });
        assert.deepEqual(await findings(page, 100), []);
        const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const [red] = /\d+/.exec(ground);
        assert.equal(Number(red) < 128, colorScheme === "dark", ground);
        for (const button of ["Add a leak", "Electronic ID", "Set a fault", "Sandboxes", "Reset"]) {
          await page.getByRole("button", { name: button, exact: true }).click();
          await page.locator("dialog[open]").waitFor();
          assert.deepEqual(await findings(page, 4), [], button);
          await page.keyboard.press("Escape");
        }
        await page.locator("#clock").click();
        assert.deepEqual(await findings(page, 4), [], "the clock");
      }, { colorScheme, viewport });
    }
  }

  for (const width of [320, 360, 768, 1120, 1920]) {
    onPage(`a window of ${width} is not scrolled sideways`, async ({ world, page }) => {
      await fill({ world, page });
      const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.equal(wide[0], wide[1]);
      const cut = await page.evaluate(() => [...document.querySelectorAll("button, input, summary, h2, p")]
        .filter((part) => part.checkVisibility() && !part.closest(".jumps, .hidden") && part.getBoundingClientRect().right > innerWidth + 1)
        .map((part) => part.outerHTML));
      assert.deepEqual(cut, []);
    }, { viewport: { width, height: 800 } });
  }

  onPage("every control that has the focus shows it", async ({ world, page }) => {
    await world.addEmail("new@example.com");
    await item(page, "new@example.com").waitFor();
    const unseen = [];
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press("Tab");
      const shown = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 ? null : document.activeElement.outerHTML.slice(0, 120);
      });
      if (shown) unseen.push(shown);
    }
    assert.deepEqual(unseen.filter((html) => !html.startsWith("<body")), []);
  });
});

describe("where the mock is not", () => {
  test("the page says that it has stopped, and goes on when it is back", async () => {
    const first = await startMock();
    const { page, close } = await openPage(browser, new World(first.url));
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
    const world = await World.make(mock.url);
    const { page, close } = await openPage(browser, world);
    try {
      await new World(mock.url).send("DELETE", `/_mock/sandboxes/${world.base.split("/").pop()}`);
      await page.getByRole("alert").getByText("there is no such sandbox").waitFor();
    } finally {
      await close();
    }
  });
});
