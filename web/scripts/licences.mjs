/**
 * Fails if anything that reaches the browser has a licence that we do not take, or an owner whose
 * terms restrict it to State sites (the DSFR and its fonts are for deployers to add, not for us).
 */
import { readFile } from "node:fs/promises";

const ROOT = new URL("../", import.meta.url);
const TAKEN = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MPL-2.0",
  "OFL-1.1",
  "Python-2.0",
  "Unlicense",
  "X11",
]);
const REFUSED = [/^@gouvfr\//, /dsfr/, /marianne/i, /^@vector-im\//];

/** Dependencies of command lines that come with a library; the build never sees them. */
const NOT_BUNDLED = new Set(["argparse"]);

const lock = JSON.parse(await readFile(new URL("package-lock.json", ROOT), "utf8"));
const shipped = Object.entries(lock.packages).filter(([path, { dev }]) => path !== "" && !dev);

const problems = [];
for (const [path, { version, license }] of shipped) {
  const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  if (NOT_BUNDLED.has(name)) continue;
  const licence = license ?? (await declared(path));
  if (REFUSED.some((pattern) => pattern.test(name))) problems.push(`${name}: not to be shipped`);
  if (!taken(licence)) problems.push(`${name} ${version}: ${licence ?? "no licence"}`);
}

if (problems.length > 0) {
  console.error(`licences that we do not take:\n  ${problems.join("\n  ")}`);
  process.exitCode = 1;
} else {
  console.log(`${shipped.length} packages reach the browser, each under a licence that we take`);
}

async function declared(path) {
  return JSON.parse(await readFile(new URL(`${path}/package.json`, ROOT), "utf8")).license;
}

/** `(A OR B)` is taken if either is; `A AND B` if both are. */
function taken(licence) {
  if (typeof licence !== "string") return false;
  const bare = licence.replace(/[()]/g, " ");
  return bare
    .split(/\sOR\s/)
    .some((choice) => choice.split(/\sAND\s/).every((part) => TAKEN.has(part.trim())));
}
