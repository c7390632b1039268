/** Files in words. */
import type { Locale } from "./preferences.ts";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** "412 ko", "1,4 Mo": three significant digits at most. */
export function formatBytes(bytes: number, locale: Locale): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: UNITS[unit] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && unit > 1 ? 1 : 0,
  }).format(value);
}

export type FileKind = "image" | "audio" | "video" | "archive" | "sheet" | "text" | "other";

/** What a file is, by its type and then by its name. */
export function fileKind(mime: string, name: string): FileKind {
  const extension = name.split(".").at(-1)?.toLowerCase() ?? "";
  if (mime.startsWith("image/")) return "image";
  if (mime.startsWith("audio/")) return "audio";
  if (mime.startsWith("video/")) return "video";
  if (/zip|tar|7z|rar|gzip/.test(mime) || ["zip", "7z", "rar", "gz"].includes(extension))
    return "archive";
  if (/sheet|excel|csv/.test(mime) || ["ods", "xlsx", "xls", "csv"].includes(extension))
    return "sheet";
  if (/pdf|text|word|document/.test(mime)) return "text";
  return "other";
}

/** Size of a picture on screen, inside a box, known before its bytes are. */
export function fitInside(
  size: { readonly width: number | undefined; readonly height: number | undefined },
  box: { readonly width: number; readonly height: number },
): { readonly width: number; readonly height: number } {
  const { width, height } = size;
  if (!width || !height) return { width: Math.min(280, box.width), height: 210 };
  const scale = Math.min(1, box.width / width, box.height / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}
