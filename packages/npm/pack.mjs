// Packs the main package and one package a platform, ready to be published:
//
//     node pack.mjs VERSION FOLDER PLATFORM=BINARY…      as in linux-x64=target/release/mock-server
//
// The platforms are named as Node does, `process.platform` and `process.arch`. A file BINARY.licences goes with its binary. With GITHUB_REPOSITORY in the environment,
// the packages name that repository, which a registry compares with where they were built.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"];

const here = path.dirname(fileURLToPath(import.meta.url));
const [version, folder, ...pairs] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+/.test(version ?? "") || pairs.length === 0) {
  throw new Error("usage: node pack.mjs VERSION FOLDER PLATFORM=BINARY…");
}
const binaries = Object.fromEntries(pairs.map((pair) => pair.split("=", 2)));
for (const platform of Object.keys(binaries)) {
  if (!PLATFORMS.includes(platform)) throw new Error(`${platform} is none of ${PLATFORMS.join(", ")}`);
}

const main = JSON.parse(readFileSync(path.join(here, "package.json"), "utf8"));
const repository = process.env.GITHUB_REPOSITORY && {
  repository: { type: "git", url: `git+https://github.com/${process.env.GITHUB_REPOSITORY}.git` },
};
const common = { version, license: main.license, ...repository };
mkdirSync(folder, { recursive: true });

const names = [];
for (const [platform, binary] of Object.entries(binaries)) {
  const [os, cpu] = platform.split("-");
  const name = `${main.name}-${platform}`;
  const description = `The binary of ${main.name} for ${platform}`;
  names.push(name);
  pack(
    {
      name,
      description,
      ...common,
      os: [os],
      cpu: [cpu],
      preferUnplugged: true,
      files: ["bin", "THIRD-PARTY-LICENSES"],
    },
    (target) => {
      const file = path.join(target, "bin", os === "win32" ? "mock-server.exe" : "mock-server");
      mkdirSync(path.dirname(file));
      copyFileSync(binary, file);
      chmodSync(file, 0o755);
      if (existsSync(`${binary}.licences`)) {
        copyFileSync(`${binary}.licences`, path.join(target, "THIRD-PARTY-LICENSES"));
      }
      writeFileSync(path.join(target, "README.md"), `${description}. Install ${main.name}, which brings it.\n`);
    },
  );
}

const { scripts, devDependencies, prettier, ...published } = main;
const optionalDependencies = Object.fromEntries(names.map((name) => [name, version]));
pack({ ...published, ...common, optionalDependencies }, (target) => {
  for (const file of [...main.files, "README.md"])
    cpSync(path.join(here, file), path.join(target, file), { recursive: true });
});

/** Packs a package of this description, whose files `fill` puts into a folder. */
function pack(description, fill) {
  const target = path.join(folder, description.name);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  fill(target);
  copyFileSync(path.join(here, "LICENSE"), path.join(target, "LICENSE"));
  writeFileSync(path.join(target, "package.json"), `${JSON.stringify(description, null, 2)}\n`);
  const file = execFileSync("npm", ["pack", "--silent", `--pack-destination=${path.resolve(folder)}`], {
    cwd: target,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  console.log(path.join(folder, file.trim()));
}
