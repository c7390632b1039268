import { expect, it } from "vitest";
import { openPreferences, parsePreferences } from "./preferences.ts";

const defaults = { locale: "fr", theme: "system", contrast: "system" };

it.each([null, "", "nonsense", "[]", "1", '{"theme":"pink","locale":3}'])(
  "what was stored may be anything: %j",
  (stored) => {
    expect(parsePreferences(stored, [])).toEqual(defaults);
  },
);

it.each([
  [["en-GB", "fr"], "en"],
  [["de", "en"], "en"],
  [["fr-CA"], "fr"],
  [["de"], "fr"],
])("the browser's languages %j give %s", (languages, locale) => {
  expect(parsePreferences(null, languages).locale).toBe(locale);
});

it("a change is told, and kept for the next time", () => {
  localStorage.clear();
  const store = openPreferences(localStorage, ["fr"]);
  const seen: string[] = [];
  store.subscribe(() => seen.push(store.snapshot().theme));
  store.change({ theme: "dark" });
  expect(seen).toEqual(["dark"]);
  expect(openPreferences(localStorage, ["en"]).snapshot()).toEqual({ ...defaults, theme: "dark" });
});
