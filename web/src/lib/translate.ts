/**
 * Catalogues in i18next's JSON format (`{{name}}`, `_one`/`_other`), read by a translator small
 * enough for the sign-in page, whose keys are checked by the compiler.
 */
import type appFr from "../../locales/fr/app.json";
import type entryFr from "../../locales/fr/entry.json";
import type { Locale } from "./preferences.ts";

type Leaves<T, Prefix extends string = ""> = {
  [K in keyof T & string]: T[K] extends string ? `${Prefix}${K}` : Leaves<T[K], `${Prefix}${K}.`>;
}[keyof T & string];
type Singular<K> = K extends `${infer Base}_one` ? Base : K extends `${string}_other` ? never : K;

/** A key of the catalogues; a plural is named without its suffix. */
export type MessageKey = Singular<Leaves<typeof entryFr> | Leaves<typeof appFr>>;
export type MessageValues = Readonly<Record<string, string | number>>;
export type Translate = (key: MessageKey, values?: MessageValues) => string;

/** Messages by dotted key. */
export type Messages = ReadonlyMap<string, string>;

/** Flattens nested catalogues into dotted keys; later ones win. */
export function flatten(...catalogues: readonly object[]): Messages {
  const messages = new Map<string, string>();
  const walk = (node: object, prefix: string): void => {
    for (const [key, value] of Object.entries(node) as [string, unknown][]) {
      if (typeof value === "string") messages.set(prefix + key, value);
      else if (typeof value === "object" && value !== null) walk(value, `${prefix}${key}.`);
    }
  };
  for (const catalogue of catalogues) walk(catalogue, "");
  return messages;
}

/** Makes the function that turns keys into sentences. */
export function translator(locale: Locale, messages: Messages): Translate {
  const plurals = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  return (key, values = {}) => {
    const count = values.count;
    const plural = typeof count === "number" ? `${key}_${plurals.select(count)}` : key;
    const message =
      messages.get(plural) ?? messages.get(`${key}_other`) ?? messages.get(key) ?? key;
    return message.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      return typeof value === "number" ? numbers.format(value) : value;
    });
  };
}

/** Whether a code, such as an error's, names a message. */
export function isKnown(messages: Messages, key: string): key is MessageKey {
  return messages.has(key);
}
