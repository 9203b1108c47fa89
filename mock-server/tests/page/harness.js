// A running fake with a world for each test, and the page of it in a browser.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

export const CRM = "1|mock-crm-token";
export const APP = "2|mock-app-token";

const BINARY = process.env.MOCK_SERVER_BINARY
  ?? fileURLToPath(new URL("../../../target/debug/mock-server", import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Starts a fake; port 0 is a free one. */
export async function startFake(port = 0) {
  const child = spawn(BINARY, ["--listen", `127.0.0.1:${port}`, "--log", "json"], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const [line] = await Promise.race([
    new Promise((resolve) => createInterface(child.stdout).once("line", (line) => resolve([line]))),
    ended.then((code) => { throw new Error(`the fake ended with ${code}`); }),
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

  /** The user of account 1 adds an email, which waits for them. */
  addEmail(email) {
    return this.send("POST", "/api/v1/email-watchlist", { token: APP, body: { email } });
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
 * The page of a world in a window of its own. What it must never do is noted: requests to another origin, errors that
 * nothing has caused; `complaints` has them.
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
  await page.locator("#accounts-list button.account").first().waitFor();
  await page.locator("#live.live").waitFor();
  return { page, complaints, close: () => context.close() };
}

/** Presses Tab until what is named has the focus, as somebody does who has no mouse. */
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
