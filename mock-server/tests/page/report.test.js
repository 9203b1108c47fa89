// The report of the contract suite in a real browser: nothing cut off, contents, filter, both colours, and no script.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import axe from "axe-core";

import { startBrowser, startMock } from "./harness.js";

const CONTRACT = process.env.CONTRACT_BINARY ?? fileURLToPath(new URL("../../../target/debug/contract", import.meta.url));
const CREDENTIALS = {
  DEFENTRY_CRM_USERNAME: "service@partner.example",
  DEFENTRY_CRM_PASSWORD: "mock-crm-password",
  DEFENTRY_CLIENT_ID: "mock-client",
  DEFENTRY_CLIENT_SECRET: "mock-secret",
  DEFENTRY_CASES: "2",
};
const WIDTHS = [390, 768, 1280, 1920];

let folder;
let mock;
let faulty;
let browser;

/** A server in front of the mock with many faults, one with a long body that has no place to break. */
function startFaulty(base) {
  const server = createServer((asked, answer) => {
    const { pathname } = new URL(asked.url, base);
    const headers = { ...asked.headers, host: new URL(base).host };
    const passed = request(new URL(asked.url, base), { method: asked.method, headers }, (came) => {
      const chunks = [];
      came.on("data", (chunk) => chunks.push(chunk));
      came.on("end", () => {
        const isLeaks = asked.method === "GET" && pathname.endsWith("/leaks");
        const isUpdate = ["PATCH", "PUT"].includes(asked.method) && came.statusCode === 200;
        const isCreate = asked.method === "POST" && pathname === "/api/v1/account" && came.statusCode === 422;
        const body = isLeaks ? JSON.stringify({ message: "x".repeat(900) }) : Buffer.concat(chunks);
        const { "content-length": _, "transfer-encoding": __, ...kept } = came.headers;
        answer.writeHead(isLeaks ? 500 : isUpdate ? 404 : isCreate ? 201 : came.statusCode, kept);
        answer.end(body);
      });
    });
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** Runs the suite into a folder of this name; the report of it is a file. */
async function run(name, flags, variables = {}) {
  const results = join(folder, name);
  const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith("DEFENTRY_"));
  const env = { ...Object.fromEntries(inherited), ...variables, DEFENTRY_RESULTS_DIR: results };
  delete env.GITHUB_STEP_SUMMARY;
  const child = spawn(CONTRACT, ["run", "--seed", "5", ...flags], { env, stdio: "ignore" });
  await new Promise((resolve) => child.once("exit", resolve));
  return pathToFileURL(join(results, "report.html")).href;
}

const reports = {};

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "contract-report-"));
  [mock, browser] = await Promise.all([startMock(), startBrowser()]);
  faulty = await startFaulty(mock.url);
  const list = join(folder, "deviations.json");
  const atFaulty = ["--base-url", `http://127.0.0.1:${faulty.address().port}`];
  reports.passed = await run("passed", [], { DEFENTRY_CASES: "2" });
  reports.nothing = await run("nothing", ["--base-url", "http://127.0.0.1:9"], CREDENTIALS);
  reports.failed = await run("failed", atFaulty, CREDENTIALS);
  await run("deviations", ["--deviations", list, "--deviations-update", "--only", "leaks", "--only", "account", ...atFaulty], CREDENTIALS);
  reports.deviations = await run("deviations", ["--deviations", list, ...atFaulty], CREDENTIALS);
});

after(async () => {
  await browser?.close();
  faulty?.close();
  await mock?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The page of a report; at the end it may have complained of nothing and asked for nothing. */
async function onReport(state, options, act) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("request", (asked) => asked.url().startsWith("file:") || complaints.push(`request to ${asked.url()}`));
  page.on("console", (message) => complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  try {
    await page.goto(reports[state]);
    await act(page);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

const unfold = (page) => page.evaluate(() => document.querySelectorAll("details").forEach((part) => { part.open = true; }));

for (const state of ["passed", "nothing", "failed", "deviations"]) {
  describe(`a report, ${state}`, () => {
    for (const width of WIDTHS) {
      test(`is not cut off at ${width}`, () => onReport(state, { viewport: { width, height: 900 } }, async (page) => {
        await unfold(page);
        const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.equal(wide[0], wide[1]);
        const cut = await page.evaluate(() => [...document.querySelectorAll("main *, header *, nav *")]
          .filter((part) => part.checkVisibility() && getComputedStyle(part).display !== "inline")
          .filter((part) => part.getBoundingClientRect().right > innerWidth + 1 || part.scrollWidth > part.clientWidth + 1)
          .map((part) => part.outerHTML.slice(0, 200)));
        assert.deepEqual(cut, []);
      }));
    }

    test("has contents that lead to each part", () => onReport(state, {}, async (page) => {
      const links = page.getByRole("navigation", { name: "Contents" }).getByRole("link");
      assert(await links.count() >= 2);
      const parts = await page.locator("main h2").evaluateAll((heads) => heads.map(({ id }) => `#${id}`));
      assert.deepEqual(await links.evaluateAll((all) => all.map((link) => link.getAttribute("href"))), parts);
      for (const link of await links.all()) {
        await link.click();
        const isSeen = await page.evaluate(() => {
          const { top } = document.querySelector(location.hash).getBoundingClientRect();
          return top >= 0 && top < innerHeight;
        });
        assert(isSeen, await link.getAttribute("href"));
      }
    }));

    for (const colorScheme of ["light", "dark"]) {
      test(`is accessible in ${colorScheme}, contrast included`, () => onReport(state, { colorScheme }, async (page) => {
        await page.evaluate(axe.source);
        const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document));
        assert(passes.find(({ id }) => id === "color-contrast").nodes.length > 20);
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
      }));
    }
  });
}

describe("the filter", () => {
  const seen = (page) => page.locator(".check").evaluateAll((checks) => checks.filter((check) => check.checkVisibility()).length);

  test("shows what is asked for, and all again", () => onReport("failed", {}, async (page) => {
    const all = await page.locator(".check").count();
    assert.equal(await seen(page), 0, "it is folded");
    await page.getByRole("searchbox").fill("ACCOUNT-2 legacy");
    const named = await seen(page);
    assert(named > 0 && named < all);
    await page.locator("#shown", { hasText: `${named} of ${all}` }).waitFor();
    await page.getByRole("checkbox", { name: "fail" }).uncheck();
    assert(await seen(page) < named);
    await page.getByRole("searchbox").fill("nothing is called so");
    assert.equal(await seen(page), 0);
    await page.getByRole("searchbox").fill("");
    await page.getByRole("checkbox", { name: "fail" }).check();
    assert.equal(await seen(page), 0, "it is folded again");
    await page.locator("#shown", { hasText: `${all} of ${all}` }).waitFor();
  }));

  test("is not there where no script runs, and all checks are", () => onReport("failed", { javaScriptEnabled: false }, async (page) => {
    assert.equal(await page.getByRole("searchbox").isVisible(), false);
    await page.locator(".page > summary").first().click();
    assert.equal(await page.locator(".check > summary").first().isVisible(), true);
  }));
});

describe("the order", () => {
  const heads = (page) => page.locator("main h2").evaluateAll((all) => all.map(({ id }) => id));

  test("of a failed run begins with what failed, then what is new, untested, found", () => onReport("deviations", {}, async (page) => {
    const order = ["failed", "moved", "deviations", "untested", "silent", "matrix", "facts", "checks"];
    assert.deepEqual((await heads(page)).filter((id) => order.includes(id)), order);
    await page.locator("#failed ~ details.failure").first().locator("pre", { hasText: "curl -X" }).first().waitFor();
  }));
});
