import { expect, it } from "vitest";
import { fileCache } from "./fileCache.ts";
import { fileKind, fitInside, formatBytes } from "./files.ts";

const plain = (text: string): string => text.replace(/[\u00a0\u202f]/gu, " ");

it.each([
  [0, "0 o", "0 byte"],
  [412_000, "412 ko", "412 kB"],
  [1_400_000, "1,4 Mo", "1.4 MB"],
  [14_200_000, "14 Mo", "14 MB"],
  [3_000_000_000, "3 Go", "3 GB"],
])("%i bytes in words", (bytes, french, english) => {
  expect(plain(formatBytes(bytes, "fr"))).toBe(french);
  expect(plain(formatBytes(bytes, "en"))).toBe(english);
});

it.each([
  ["application/pdf", "note.pdf", "text"],
  ["application/octet-stream", "budget.ODS", "sheet"],
  ["application/zip", "a", "archive"],
  ["video/mp4", "a", "video"],
  ["application/octet-stream", "a", "other"],
])("%s %s is of a kind", (mime, name, kind) => {
  expect(fileKind(mime, name)).toBe(kind);
});

it("a picture keeps its shape inside its box, and is never enlarged", () => {
  const box = { width: 360, height: 320 };
  expect(fitInside({ width: 1440, height: 720 }, box)).toEqual({ width: 360, height: 180 });
  expect(fitInside({ width: 100, height: 3200 }, box)).toEqual({ width: 10, height: 320 });
  expect(fitInside({ width: 40, height: 30 }, box)).toEqual({ width: 40, height: 30 });
  expect(fitInside({ width: undefined, height: 30 }, box)).toEqual({ width: 280, height: 210 });
});

it("a file is decrypted once, tried again after a failure, and freed at the end", async () => {
  const asked: string[] = [];
  const freed: string[] = [];
  const cache = fileCache<string>(
    (id, part) => {
      asked.push(`${id} ${part}`);
      return asked.length === 1
        ? Promise.reject(new Error("offline"))
        : Promise.resolve(`blob:${id}`);
    },
    (url) => freed.push(url),
  );
  await expect(cache.open("a", "file")).rejects.toThrow("offline");
  await expect(cache.open("a", "file")).resolves.toBe("blob:a");
  await cache.open("a", "file");
  expect(asked).toEqual(["a file", "a file"]);
  cache.dispose();
  await Promise.resolve();
  expect(freed).toEqual(["blob:a"]);
});
