// The page in a real browser: the stream of requests and messages, their details, faults, assumptions, sandboxes.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe } from "node:test";
import { promisify } from "node:util";

import { APP, CRM, World, detail, everything, focused, item, leaks, messages, onOneMock, requests } from "./harness.js";

const run = promisify(execFile);
const shared = onOneMock();
const { onPage } = shared;

describe("what may be seen", () => {
  const NUMBERS = ["+46701740605", "SE4550000000058398257466", "900101-2385", "4242424242424242", "19900101-2385"];

  onPage("personal numbers are masked until they are asked for, which the browser remembers", async ({ world, page }) => {
    await world.send("POST", "/api/v1/account/1/phone-watchlist/send-verification-code", { token: CRM, body: {} });
    await messages(page).getByText("to •••• 05").waitFor();
    await item(page, "•••• 7466").waitFor();
    const masked = await everything(page);
    assert.deepEqual(NUMBERS.filter((number) => masked.includes(number)), []);
    assert(!/\*{4}/.test(await page.locator("#accounts").innerText()), "no rows of asterisks");

    await page.getByLabel("Numbers").check();
    await item(page, "4242424242424242").waitFor();
    const revealed = await everything(page);
    assert.deepEqual(NUMBERS.filter((number) => !revealed.includes(number)), []);
    await page.reload();
    await item(page, "4242424242424242").waitFor();

    await page.getByLabel("Numbers").uncheck();
    await item(page, "4242424242424242").waitFor({ state: "detached" });
    const again = await everything(page);
    assert.deepEqual(NUMBERS.filter((number) => again.includes(number)), []);
  });

  onPage("a number is leaked without being shown", async ({ world, page }) => {
    await item(page, "IBAN").getByRole("button", { name: "Leak" }).click();
    const dialog = page.getByRole("dialog");
    const hides = () => dialog.getByLabel("Value", { exact: true }).evaluate((field) => getComputedStyle(field).webkitTextSecurity);
    assert.equal(await hides(), "disc");
    await dialog.getByLabel("Show the value").check();
    assert.equal(await hides(), "none");
    await dialog.getByLabel("Title").fill("Concealed");
    await dialog.getByRole("button", { name: "Add the leak" }).click();
    await leaks(page).filter({ hasText: "Concealed" }).getByText("•••• 7466").waitFor();
    assert.equal((await world.alarms()).filter(({ type }) => type === "IBAN").length, 2);
  });

  onPage("a leak that is refused names the kind and how it is written", async ({ page }) => {
    await page.getByRole("button", { name: "Add a leak" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Kind").selectOption("phone");
    await dialog.getByLabel("Value", { exact: true }).fill("12");
    await dialog.getByRole("button", { name: "Add the leak" }).click();
    await dialog.getByRole("alert").getByText("Phone: ").waitFor();
    await dialog.getByRole("alert").getByText("an example is +46701740650").waitFor();
  }, { expected: ["400 (Bad Request)"] });

  onPage("what is hostile in a world is text on its page", async ({ world, page }) => {
    const hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>";
    const account = { ssn: "19900101-1234", first_name: hostile, last_name: "\"'><svg onload=alert(3)>", email: "x@example.com" };
    await world.send("POST", "/api/v1/account", { token: CRM, body: account });
    await world.send("POST", "/_mock/leaks", { body: { kind: "email", value: "john.work@example.com", title: hostile } });
    await world.send("GET", `/api/v1/${encodeURIComponent(hostile)}`, { token: APP });
    await world.send("POST", "/api/v1/email-watchlist", { token: APP, body: { [hostile]: hostile, email: hostile } });
    await world.send("PATCH", "/api/v1/account/1", { token: CRM, body: { first_name: hostile } });
    await world.addEmail("new@example.com");

    await page.locator(".account.open", { hasText: hostile }).waitFor();
    await leaks(page).filter({ hasText: hostile }).waitFor();
    await page.getByRole("button", { name: "svg onload" }).click();
    await page.locator(".account.open", { hasText: "svg onload" }).waitFor();
    await messages(page).first().locator(".row").click();
    await detail(page).locator("pre", { hasText: hostile }).waitFor();
    for (const row of await requests(page).locator(".row").all()) await row.click();
    assert.equal(await page.locator("main img, main script, main svg:not(.icon)").count(), 0);
  });
});

describe("the activity", () => {
  onPage("shows a request and its response side by side, and why it was answered so", async ({ world, page }) => {
    await world.send("POST", "/api/v1/account/1/iban-watchlist", { token: CRM, body: { iban: "x" } });
    const request = requests(page).first();
    await request.getByText("422").waitFor();
    await request.locator(".row").click();
    await detail(page).getByRole("heading", { name: "/api/v1/account/1/iban-watchlist" }).waitFor();
    const [sent, answered] = ["Request", "Response"].map((name) => detail(page).getByRole("region", { name, exact: true }));
    await sent.getByText('"iban"').waitFor();
    await answered.getByText('"errors"').waitFor();
    await answered.getByText("Headers").click();
    await answered.locator("dt", { hasText: /content-type/i }).waitFor();
    const [left, right] = await Promise.all([sent.boundingBox(), answered.boundingBox()]);
    assert(left.y === right.y && left.x < right.x, "beside one another");
    await detail(page).getByText(/\d ms/).waitFor();
    await detail(page).locator(".basis li", { hasText: "IBAN-1" }).getByText("documented", { exact: true }).waitFor();
    await detail(page).locator(".basis li", { hasText: "legacy.error.422" }).getByText("assumed", { exact: true }).waitFor();

    // JSON folds.
    const fold = answered.locator(".json summary").nth(1);
    await fold.click();
    await fold.getByText("1 field").waitFor();
    assert.equal(await answered.locator(".json .string").first().isVisible(), false);

    // The address of the page leads back to it.
    await page.reload();
    await detail(page).getByRole("heading", { name: "/api/v1/account/1/iban-watchlist" }).waitFor();
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await detail(page).waitFor({ state: "hidden" });
  }, { viewport: { width: 1440, height: 900 } });

  onPage("is filtered by text, kind, status and path, with honest counts", async ({ world, page }) => {
    await world.send("GET", "/api/v1/email-watchlist", { token: CRM });
    await world.emails();
    await world.alarms();
    await world.addEmail("new@example.com");
    const count = (text) => page.locator("#activity-count", { hasText: new RegExp(`^${text}$`) }).waitFor();
    await count("5");
    await page.getByLabel("Filter by status").selectOption("refused");
    await count("1 of 5");
    await requests(page).first().waitFor({ state: "hidden" });
    await requests(page).filter({ hasText: "403" }).waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await count("5");
    await page.getByLabel("Filter by kind").selectOption("email");
    await count("1 of 5");
    await page.getByLabel("Filter by kind").selectOption("request");
    await count("4 of 5");
    await page.getByLabel("Filter by path").selectOption("/api/v1/email-watchlist");
    await count("3 of 5");
    await page.getByLabel("Filter by text").fill("post");
    await count("1 of 5");
    // What comes is filtered too.
    await world.addEmail("second@example.com");
    await count("2 of 7");
    await page.getByLabel("Filter by text").fill("nothing like it");
    await page.getByText("Nothing here matches the filters").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByLabel("Filter by status").selectOption("open");
    await count("2 of 7");
  });

  onPage("is cleared only after it has asked", async ({ world, page }) => {
    await world.addEmail("new@example.com");
    await page.locator("#activity-count", { hasText: /^2$/ }).waitFor();
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("The messages").uncheck();
    await dialog.getByRole("button", { name: "Clear", exact: true }).click();
    await page.locator("#activity-count", { hasText: /^1$/ }).waitFor();
    assert.equal(await messages(page).count(), 1);
  });

  onPage("shows older requests on demand", async ({ world, page }) => {
    for (let number = 0; number < 205; number += 1) await world.send("GET", `/api/v1/account/${number}`, { token: CRM });
    await page.reload();
    await page.locator("#activity-count", { hasText: /the last 200/ }).waitFor();
    await page.getByRole("button", { name: "Show older requests" }).click();
    await page.locator("#activity-count", { hasText: /^205$/ }).waitFor();
    assert.equal(await page.locator("[data-request='1']").count(), 1);
  });

  onPage("tells what a fault did, and what time alone brings is seen too", async ({ world, page }) => {
    await world.send("POST", "/_mock/faults", { body: { kind: "cut", next: 1 } });
    await assert.rejects(world.emails());
    await requests(page).first().getByText("no response").waitFor();
    await requests(page).first().getByText("fault 1: cut").waitFor();
    await world.send("POST", "/_mock/faults", { body: { kind: "message-delay", seconds: 3 } });
    await world.addEmail("late@example.com");
    await requests(page).first().getByText("fault 2: message-delay").waitFor();
    await messages(page).waitFor();
  });

  onPage("gives a command that does the same again in a shell", async ({ world, page }) => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const email = "it's+tag@example.com";
    await world.addEmail(email);
    await requests(page).first().locator(".row").click();
    await detail(page).getByRole("button", { name: "Copy as curl" }).click();
    await page.getByRole("status").getByText("Copied the command").waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(command, /Bearer 2\|mock-app-token/);
    assert.doesNotMatch(await detail(page).innerText(), /mock-app-token|it's\+tag/);

    await world.send("DELETE", `/api/v1/email-watchlist/${(await world.email(email)).id}`, { token: APP });
    const { stdout } = await run("bash", ["-c", command.replace("curl ", "curl --silent ")]);
    assert.equal(JSON.parse(stdout).data.email, email);
    assert.equal((await world.emails()).at(-1).email, email);
  });

  onPage("keeps what is open and focused while more comes in", async ({ world, page }) => {
    await world.emails();
    const first = page.locator("[data-request='1']");
    await first.locator(".row").press("Enter");
    await detail(page).getByText("Request 1", { exact: true }).waitFor();
    await first.locator(".row").focus();
    for (let number = 0; number < 5; number += 1) await world.emails();
    await page.locator("[data-request='6']").waitFor();
    assert.equal(await detail(page).getByText("Request 1", { exact: true }).isVisible(), true);
    assert.equal(await focused(page), "request-1");
    assert.deepEqual(
      await requests(page).evaluateAll((rows) => rows.map((row) => row.dataset.request)), ["6", "5", "4", "3", "2", "1"]);
  });

  onPage("puts a message behind the request that sent it", async ({ world, page }) => {
    await world.addEmail("one@example.com");
    await world.emails();
    await world.addEmail("two@example.com");
    await messages(page).nth(1).waitFor();
    await requests(page).nth(2).waitFor();
    const order = await page.locator("#stream .happening").evaluateAll((rows) => rows.map((row) => row.dataset.request ?? `m${row.dataset.message}`));
    assert.deepEqual(order, ["m2", "3", "2", "m1", "1"]);
  });
});

describe("assumptions", () => {
  onPage("are listed with what they are, and other values are tried in a new sandbox", async ({ world, page }) => {
    await page.getByText("1 set", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Assumptions" }).click();
    const rows = detail(page).locator("[data-assumption]");
    await rows.nth(50).waitFor();
    await detail(page).getByText("Nothing was learnt from a real API yet").waitFor();
    await detail(page).getByLabel("Only changed").check();
    assert.equal(await rows.count(), 1);
    await rows.getByText("By default 204").waitFor();
    await detail(page).getByLabel("Only changed").uncheck();
    await detail(page).getByLabel("Filter assumptions").fill("throttle");
    await rows.getByText("requests a minute for one token", { exact: false }).first().waitFor();
    await detail(page).getByLabel("Filter assumptions").fill("");
    await detail(page).getByLabel("Value of list.shape").selectOption("bare");
    await detail(page).getByLabel("Value of id.form").selectOption("uuid");
    await detail(page).getByText("2 other values chosen").waitFor();
    await detail(page).getByRole("button", { name: "Try in a new sandbox" }).click();
    await page.waitForURL((url) => url.pathname.startsWith("/_sandbox/") && !world.base.endsWith(url.pathname.split("/")[2]));
    await page.getByText("3 set", { exact: true }).waitFor();
    const sandbox = new World(page.url().replace("/_mock/", ""));
    assert(Array.isArray(await sandbox.send("GET", "/api/v1/email-watchlist", { token: APP })));
  }, { assume: { "remove.status": "200" } });

  onPage("what was learnt from a real API is shown, and where it was followed", async ({ world, page }) => {
    const operation = { app: { legacy: { "200": { statuses: { "200": { seen: 3, types: { "application/json": 3 }, body: {} } } } } } };
    const source = {
      kind: "run", date: "2026-11-28", requests: 42, assumptions: { "remove.status": { 200: 3 } }, bodies: {},
      operations: { "GET /api/v1/alarms": operation },
    };
    await world.send("PUT", "/_mock/profile", { body: { profile: 1, sources: { abcdef: source } } });
    await page.locator("#assumptions-set", { hasText: "2026-11-28" }).waitFor();
    await page.getByRole("button", { name: "Assumptions" }).click();
    await detail(page).getByRole("heading", { name: "Learnt from a real API" }).waitFor();
    await detail(page).getByText("2026-11-28: run, 42 requests").waitFor();
    await detail(page).locator("[data-assumption='remove.status']").getByText("observed", { exact: true }).waitFor();

    await world.send("GET", "/api/v1/alarms", { token: APP });
    await requests(page).first().locator(".row").click();
    await detail(page).locator(".basis li", { hasText: "seen on 2026-11-28" }).getByText("observed", { exact: true }).waitFor();
  });
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
    await dialog.getByText("The same in a test").click();
    await dialog.getByText(`curl -X POST ${world.base}/_mock/faults`).waitFor();
    await dialog.getByText('"next":1').waitFor();
    await dialog.getByRole("button", { name: "Set it" }).click();
    await faults(page).getByText("GET /api/v1/email-watchlist with token app").waitFor();
    await faults(page).getByText("answers 502 after the work is done; matched 0 times; 1 to come").waitFor();

    assert.deepEqual([await emails(world, CRM), await emails(world, APP), await emails(world, APP)], [403, 502, 200]);
    await faults(page).getByText("matched once; over").waitFor();
    await page.locator("#faults-heading", { hasText: "0, 1 over" }).waitFor();
    await faults(page).getByRole("button", { name: "Remove fault 1" }).click();
    await page.locator("#faults").waitFor({ state: "hidden" });
  });

  onPage("of each kind are set by the form, which does not jump, and come back when their end is undone", async ({ world, page }) => {
    const kinds = page.locator("#fault-dialog select[name=kind] option");
    const names = await kinds.evaluateAll((options) => options.map(({ value }) => value));
    const tops = new Set();
    for (const kind of names) {
      await page.getByRole("button", { name: "Set a fault" }).click();
      await page.locator("#fault-dialog").getByLabel("Kind").selectOption(kind);
      tops.add((await page.locator("#fault-dialog select[name=kind]").boundingBox()).y);
      await page.getByRole("button", { name: "Set it" }).click();
      await faults(page).nth(names.indexOf(kind)).waitFor();
    }
    assert.equal(names.length, 10);
    assert.equal(tops.size, 1, "the field under the pointer stays there");
    await page.getByRole("button", { name: "End all faults" }).click();
    await page.locator("#faults").waitFor({ state: "hidden" });
    assert.deepEqual((await world.send("GET", "/_mock/faults")).faults, []);
    await page.getByRole("button", { name: "Undo" }).click();
    await faults(page).nth(9).waitFor();
    const { faults: again } = await world.send("GET", "/_mock/faults");
    assert.deepEqual(again.map(({ kind }) => kind), names);
  });

  onPage("have a share, an end and a spread", async ({ world, page }) => {
    await page.getByRole("button", { name: "Set a fault" }).click();
    const dialog = page.getByRole("dialog", { name: "Set a fault" });
    await dialog.getByLabel("Kind").selectOption("latency");
    await dialog.getByLabel("Milliseconds", { exact: true }).fill("5");
    await dialog.getByLabel("Up to milliseconds").fill("9");
    await dialog.getByLabel("Share in %").fill("25");
    await dialog.getByLabel("Ends after seconds").fill("600");
    await dialog.getByRole("button", { name: "Set it" }).click();
    await faults(page).getByText("answers 5 to 9 ms late; 25% of them; matched 0 times; until").waitFor();
    const { faults: [fault] } = await world.send("GET", "/_mock/faults");
    assert.deepEqual([fault.milliseconds, fault.share, fault.for_seconds], [{ uniform: [5, 9] }, 0.25, 600]);
  });

  onPage("that a client sets show as they come, with phone numbers masked", async ({ world, page }) => {
    await setByClient(world, { kind: "message-drop", to: "+46701740605" });
    await setByClient(world, { kind: "latency", milliseconds: { uniform: [50, 400] }, share: 0.25, token: "none" });
    await faults(page).getByText("every message to •••• 05").waitFor();
    await faults(page).getByText("every path without a token").waitFor();
    assert(!(await everything(page)).includes("+46701740605"));
    await page.getByLabel("Numbers").check();
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

describe("sandboxes", () => {
  onPage("the page of one shows that world alone, its base URL and its name, and leads to others", async ({ world, page }) => {
    const main = new World(shared.mock.url);
    const other = await World.make(shared.mock.url);
    await main.send("GET", "/api/v1/only-in-main");
    await other.addEmail("other@example.com");
    await world.addEmail("own@example.com");
    await item(page, "own@example.com").waitFor();
    await messages(page).filter({ hasText: "own@example.com" }).waitFor();
    assert.deepEqual([await messages(page).count(), await requests(page).count()], [1, 1]);
    assert.equal(await item(page, "other@example.com").count(), 0);
    await page.locator("#begin").getByText(world.base, { exact: true }).waitFor();
    assert.match(await page.title(), /^Sandbox .+ · Defentry mock$/);

    await page.getByRole("button", { name: "Sandboxes" }).click();
    await page.getByLabel("Assumptions to set").fill("remove.status=200\nid.form = uuid");
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("checkout-team");
    await page.getByRole("button", { name: "Make it and go to its page" }).click();
    await page.waitForURL((url) => url.pathname === "/_sandbox/checkout-team/_mock/");
    await page.getByText("2 set", { exact: true }).waitFor();
    assert.equal(await page.title(), "Sandbox checkout-team · Defentry mock");
    assert.equal(await item(page, "own@example.com").count(), 0);

    await page.getByRole("button", { name: "Sandboxes" }).click();
    const row = page.locator("#sandbox-list li", { hasText: "checkout-team" });
    await row.getByText(/made .*(now|ago)/).waitFor();
    await row.getByRole("button", { name: "End sandbox" }).click();
    await page.keyboard.press("Escape");
    assert.equal((await fetch(`${shared.mock.url}/_sandbox/checkout-team/_mock/health`)).status, 200, "the first press only asks");
    await page.getByRole("button", { name: "Sandboxes" }).click();
    await page.getByRole("link", { name: "Main world" }).click();
    await page.waitForURL(`${shared.mock.url}/_mock/`);
    await requests(page).filter({ hasText: "/api/v1/only-in-main" }).waitFor();
    await page.getByRole("button", { name: "Sandboxes" }).click();
    await page.getByRole("button", { name: "End sandbox checkout-team" }).click();
    await page.getByRole("button", { name: "Yes, end sandbox checkout-team" }).click();
    await row.waitFor({ state: "detached" });
  });
});
