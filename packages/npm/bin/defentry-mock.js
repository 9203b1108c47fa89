#!/usr/bin/env node
// `npx defentry-mock` is the binary `mock-server`.
"use strict";

const { spawn } = require("node:child_process");
const { findBinary } = require("../index.js");

function main() {
  let binary;
  try {
    binary = findBinary();
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
    return;
  }
  const child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
  // A terminal sends Ctrl-C to both, and the server ends in order. Others send a signal to this process only.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`error: ${binary}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}

main();
