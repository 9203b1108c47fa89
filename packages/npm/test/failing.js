// A test that fails, for helper.test.js.
"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { withSandbox } = require("../node-test.js");

test(
  "a list without a token",
  withSandbox(async ({ baseUrl }) => {
    assert.equal((await fetch(`${baseUrl}/api/v1/email-watchlist`)).status, 200);
  }),
);
