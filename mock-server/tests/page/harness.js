// A running mock with a world for each test, and the page of it in a browser.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

export const CRM = "1|mock-crm-token";
export const APP = "2|mock-app-token";

const BINARY = process.env.MOCK_SERVER_BINARY
  ?? fileURLToPath(new URL("../../../target/debug/mock-server", import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Starts a mock; port 0 is a free one. */
export async function startMock(port = 0) {
  const child = spawn(BINARY, ["--listen", `127.0.0.1:${port}`, "--log", "json"], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const [line] = await Promise.race([
    new Promise((resolve) => createInterface(child.stdout).once("line", (line) => resolve([line]))),
    ended.then((code) => { throw new Error(`the mock ended with ${code}`); }),
  ]);
  const stop = async () => {
    child.kill();
    await ended;
  };
  return { url: line.replace("listening on ", ""), stop };
}

export const startBrowser = () => chromium.launch({ executablePath: CHROMIUM, args: QUIET });

/** A client of the world at `base`, as a developer's program is one. */
export class World {
  constructor(base) {
    this.base = base;
  }

  /** A world of its own on the server at `root`. */
  static async make(root, body = {}) {
    const { base_url: base } = await new World(root).send("POST", "/_mock/sandboxes", { body });
    return new World(base);
  }

  async send(method, path, { token, body } = {}) {
    const headers = body === undefined ? {} : { "Content-Type": "application/json" };
    if (token) headers.Authorization = `Bearer ${token}`;
    const answer = await fetch(this.base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    return text ? JSON.parse(text) : null;
  }

  /** The user of account 1 adds an email, which is pending. */
  addEmail(email) {
    return this.send("POST", "/api/v1/email-watchlist", { token: APP, body: { email } });
  }

  async email(email) {
    return (await this.emails()).find((one) => one.email === email);
  }

  async emails() {
    const { data } = await this.send("GET", "/api/v1/email-watchlist", { token: APP });
    return data;
  }

  async alarms() {
    const { data } = await this.send("GET", "/api/v1/alarms", { token: APP });
    return data;
  }
}

/**
 * The page of a world in a window of its own. `complaints` records requests to another origin and
 * errors without a cause, which it must never have.
 */
export async function openPage(browser, world, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  // On a busy machine the page looks again only after its longest rest of 15 seconds.
  page.setDefaultTimeout(60_000);
  const complaints = [];
  const { origin } = new URL(world.base);
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`request to ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(`${world.base}/_mock/`);
  await page.locator("#live.live").waitFor();
  await page.locator("#accounts-list li").first().waitFor({ state: "attached" });
  return { page, complaints, close: () => context.close() };
}

/** Presses Tab until the named control has the focus, as a user without a mouse does. */
export async function tabTo(page, name) {
  for (let presses = 0; presses < 200; presses += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const active = document.activeElement;
      return active.getAttribute("aria-label") ?? active.textContent.trim();
    });
    if (focused === name) return;
  }
  throw new Error(`200 times Tab does not lead to ${name}`);
}

/** One mock and one browser for the tests of a file; `onPage` makes a test with a world of its own and its page. */
export function onOneMock() {
  const shared = {};
  before(async () => {
    [shared.mock, shared.browser] = await Promise.all([startMock(), startBrowser()]);
  });
  after(async () => {
    await shared.browser?.close();
    await shared.mock?.stop();
  });
  /** At the end there may be no complaints except those `expected`. */
  shared.onPage = (name, act, { assume, seed, expected = [], ...options } = {}) => test(name, async () => {
    const world = await World.make(shared.mock.url, { ...(assume ? { assume } : {}), ...(seed ? { seed } : {}) });
    const { page, complaints, close } = await openPage(shared.browser, world, options);
    try {
      await act({ world, page });
      assert.deepEqual(complaints.filter((complaint) => !expected.some((known) => complaint.includes(known))), []);
    } finally {
      await close();
    }
  });
  return shared;
}

export const item = (page, text) => page.locator("[data-item]", { hasText: text });
export const leaks = (page) => page.locator("[data-alarm]");
export const requests = (page) => page.locator("#stream [data-request]");
export const messages = (page) => page.locator("#stream [data-message]");
export const detail = (page) => page.locator("#detail");

/** The id of the element that has the focus, or its key or its text. */
export const focused = (page) => page.evaluate(() => {
  const { id, dataset, textContent } = document.activeElement;
  return id || dataset.key || textContent;
});

/** All that the page holds, seen or not. */
export const everything = (page) => page.evaluate(() =>
  document.documentElement.outerHTML + [...document.querySelectorAll("input, textarea")].map((field) => field.value).join("\n"));
