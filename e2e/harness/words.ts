/** The words that people read, from the client's own catalogues: what they say is what is found. */
import { readFileSync } from "node:fs";

export type Locale = "fr" | "en";

interface Catalogue {
  readonly [key: string]: string | Catalogue;
}

const load = (locale: Locale, file: string): Catalogue => {
  const url = new URL(`../../web/locales/${locale}/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as Catalogue;
};

const catalogues: Record<Locale, Catalogue> = {
  fr: { ...load("fr", "entry"), ...load("fr", "app") },
  en: { ...load("en", "entry"), ...load("en", "app") },
};

/** The sentence of a key, with its values put in. */
export function words(locale: Locale, key: string, values: Record<string, string> = {}): string {
  return found(locale, key).replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? "");
}

/** The sentence of a key as a pattern, where anything may stand for its values. */
export function pattern(locale: Locale, key: string): RegExp {
  const parts = found(locale, key).split(/\{\{\w+\}\}/);
  return new RegExp(`^${parts.map(escaped).join(".*")}$`, "s");
}

/** Any text, as the pattern that matches it alone. */
export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function found(locale: Locale, key: string): string {
  let node: string | Catalogue | undefined = catalogues[locale];
  for (const part of key.split(".")) node = typeof node === "object" ? node[part] : undefined;
  if (typeof node !== "string") throw new Error(`no words for ${key} in ${locale}`);
  return node;
}
