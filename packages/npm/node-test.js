// A sandbox for a test of node:test.
"use strict";

const { sandbox } = require("./index.js");

function withSandbox(run, options) {
  return async (context) => {
    const world = await sandbox(options);
    try {
      await run(world, context);
    } catch (error) {
      context.diagnostic(await world.report());
      throw error;
    } finally {
      await world.end().catch((error) => context.diagnostic(error.message));
    }
  };
}

module.exports = { withSandbox };
