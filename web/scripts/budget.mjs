/**
 * What a first visit costs, by stage, against the budgets of the design. A report; a stage over
 * its budget fails, so that weight is added on purpose or not at all.
 */
import { readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url);
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

const manifest = JSON.parse(await readFile(new URL(".vite/manifest.json", DIST), "utf8"));
const entry = Object.values(manifest).find(({ isEntry }) => isEntry);
const named = (pattern) => Object.values(manifest).filter(({ file }) => pattern.test(file));

/** Chunks that load statically with the given ones. */
function withImports(chunks, seen = new Set()) {
  for (const chunk of chunks) {
    if (seen.has(chunk)) continue;
    seen.add(chunk);
    withImports(
      (chunk.imports ?? []).map((key) => manifest[key]),
      seen,
    );
  }
  return seen;
}

/** The page itself, and what it loads at once: the front door of Matrix, one language. */
const signIn = withImports([
  entry,
  manifest["src/matrix/client.ts"],
  ...named(/\/entry-/).slice(0, 1),
]);
const sdk = withImports(named(/\/(heavy|rust-crypto|matrix-sdk-crypto-wasm)-/));
const shell = withImports(named(/\/Shell-/));
const without = (set, ...others) => [...set].filter((chunk) => !others.some((o) => o.has(chunk)));

const stages = [
  ["sign-in page", [...signIn], 80_000],
  ["with shell and timeline", [...new Set([...signIn, ...without(shell, sdk)])], 220_000],
  ["before the first message", [...new Set([...signIn, ...shell, ...sdk])], 520_000],
];

let over = false;
for (const [name, chunks, budget] of stages) {
  let bytes = 0;
  for (const { file } of chunks) {
    if (file.endsWith(".js")) bytes += gzipSync(await readFile(new URL(file, DIST))).length;
  }
  over ||= bytes > budget;
  const verdict = bytes > budget ? "OVER" : "ok";
  console.log(`${name.padEnd(34)}${kB(bytes).padStart(10)} gz of ${kB(budget)}  ${verdict}`);
}

for (const name of await readdir(new URL("assets/", DIST))) {
  if (!name.endsWith(".wasm.br")) continue;
  const { length } = await readFile(new URL(`assets/${name}`, DIST));
  console.log(`${"crypto wasm".padEnd(34)}${kB(length).padStart(10)} br`);
}
if (over) process.exitCode = 1;
