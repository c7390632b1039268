/** Looks for what people said in every byte that a server keeps. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Files at or under some places in which any form of a needle stands, with the needle. */
export function findOnDisk(
  places: readonly string[],
  needles: Iterable<string | Buffer>,
): string[] {
  const wanted = [...needles].map((needle) => ({ needle, forms: formsOf(needle) }));
  return places.flatMap(filesUnder).flatMap((path) => {
    const bytes = readFileSync(path);
    return wanted
      .filter(({ forms }) => forms.some((form) => bytes.includes(form)))
      .map(({ needle }) => `${path}: ${typeof needle === "string" ? needle : "a file's content"}`);
  });
}

/** How many bytes were looked at. */
export function sizeOnDisk(places: readonly string[]): number {
  return places.flatMap(filesUnder).reduce((sum, path) => sum + readFileSync(path).length, 0);
}

function filesUnder(place: string): string[] {
  if (statSync(place).isFile()) return [place];
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** As it is; for text also as JSON escapes it, in UTF-16, and in base64 at each of three places. */
function formsOf(needle: string | Buffer): Buffer[] {
  const bytes = Buffer.from(needle);
  const base64 = [0, 1, 2].map((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    // The edges depend on what stands beside it.
    return Buffer.from(shifted.slice(offset === 0 ? 0 : 4, -4));
  });
  if (typeof needle !== "string") return [bytes, ...base64];
  const json = needle.replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return [bytes, Buffer.from(json), Buffer.from(needle, "utf16le"), ...base64];
}
