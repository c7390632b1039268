/** The catalogues: the words of the entry first, those of the conversations when they open. */
import type { Locale } from "../lib/preferences.ts";
import { flatten, type Messages } from "../lib/translate.ts";

/** A language and its words. */
export interface Words {
  readonly locale: Locale;
  readonly messages: Messages;
}

/** The words needed before anybody is known. */
export async function loadEntryMessages(locale: Locale): Promise<Messages> {
  const entry = await importEntry(locale);
  return flatten(entry.default);
}

/** All words. */
export async function loadAllMessages(locale: Locale): Promise<Messages> {
  const [entry, app] = await Promise.all([importEntry(locale), importApp(locale)]);
  return flatten(entry.default, app.default);
}

function importEntry(locale: Locale): Promise<{ default: object }> {
  switch (locale) {
    case "fr":
      return import("../../locales/fr/entry.json");
    case "en":
      return import("../../locales/en/entry.json");
  }
}

function importApp(locale: Locale): Promise<{ default: object }> {
  switch (locale) {
    case "fr":
      return import("../../locales/fr/app.json");
    case "en":
      return import("../../locales/en/app.json");
  }
}
