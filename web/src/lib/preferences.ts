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
const LOCALES: readonly string[] = ["fr", "en"] satisfies Locale[];
const THEMES: readonly string[] = ["system", "light", "dark"] satisfies Theme[];
const CONTRASTS: readonly string[] = ["system", "more"] satisfies Contrast[];

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
    locale: isOneOf<Locale>(locale, LOCALES) ? locale : preferredLocale(languages),
    theme: isOneOf<Theme>(theme, THEMES) ? theme : "system",
    contrast: isOneOf<Contrast>(contrast, CONTRASTS) ? contrast : "system",
  };
}

function preferredLocale(languages: readonly string[]): Locale {
  const known = languages
    .map((language) => language.slice(0, 2).toLowerCase())
    .find((language) => LOCALES.includes(language));
  return known === "en" ? "en" : "fr";
}

function parseObject(stored: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(stored ?? "{}");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isOneOf<T extends string>(value: unknown, values: readonly string[]): value is T {
  return typeof value === "string" && values.includes(value);
}
