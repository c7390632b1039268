/** Writes a `.br` and a `.gz` beside every file of the build that gains by it. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const TEXTUAL = new Set([".html", ".js", ".css", ".svg", ".json", ".wasm", ".txt", ".webmanifest"]);
/** Below this the headers cost more than is gained. */
const SMALLEST = 512;
/** The best quality takes minutes on 8 MB of wasm, for 2 % less. */
const LARGE = 2_000_000;

for (const entry of await readdir(DIST, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && TEXTUAL.has(extname(path))) await compress(path);
}

async function compress(path) {
  const bytes = await readFile(path);
  if (bytes.length < SMALLEST) return;
  const quality = bytes.length > LARGE ? 9 : constants.BROTLI_MAX_QUALITY;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const forms = [
    [".br", await promisify(brotliCompress)(bytes, { params })],
    [".gz", await promisify(gzip)(bytes, { level: 9 })],
  ];
  for (const [ending, packed] of forms) {
    if (packed.length < bytes.length) await writeFile(path + ending, packed);
  }
}
