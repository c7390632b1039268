/** What a person chose on this browser: language, theme, contrast. Nothing secret is kept here. */
import { type Observable, cell } from "./observable.ts";

export type Locale = "fr" | "en";
export type Theme = "system" | "light" | "dark";
export type Contrast = "system" | "more";

export interface Preferences {
  readonly locale: Locale;
  readonly theme: Theme;
  readonly contrast: Contrast;
}

export interface PreferenceStore extends Observable<Preferences> {
  readonly change: (change: Partial<Preferences>) => void;
}

const KEY = "chappe.preferences";
const LOCALES: readonly Locale[] = ["fr", "en"];
const THEMES: readonly Theme[] = ["system", "light", "dark"];
const CONTRASTS: readonly Contrast[] = ["system", "more"];

/** Opens the preferences kept in `storage`; `languages` are the browser's, most wanted first. */
export function openPreferences(storage: Storage, languages: readonly string[]): PreferenceStore {
  const store = cell(parsePreferences(storage.getItem(KEY), languages));
  return {
    ...store,
    change: (change) => {
      store.set({ ...store.snapshot(), ...change });
      storage.setItem(KEY, JSON.stringify(store.snapshot()));
    },
  };
}

/** Reads what was stored, forgiving anything: a wrong value is the default. */
export function parsePreferences(stored: string | null, languages: readonly string[]): Preferences {
  const { locale, theme, contrast } = parseObject(stored);
  return {
    locale: oneOf(LOCALES, locale) ?? preferredLocale(languages),
    theme: oneOf(THEMES, theme) ?? "system",
    contrast: oneOf(CONTRASTS, contrast) ?? "system",
  };
}

function preferredLocale(languages: readonly string[]): Locale {
  const wanted = languages.map((language) => oneOf(LOCALES, language.slice(0, 2).toLowerCase()));
  return wanted.find((locale) => locale !== undefined) ?? "fr";
}

function parseObject(stored: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(stored ?? "{}");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function oneOf<T extends string>(values: readonly T[], value: unknown): T | undefined {
  return values.find((known) => known === value);
}
