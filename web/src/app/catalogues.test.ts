import { describe, expect, it } from "vitest";
import appEn from "../../locales/en/app.json";
import entryEn from "../../locales/en/entry.json";
import appFr from "../../locales/fr/app.json";
import entryFr from "../../locales/fr/entry.json";
import type { ErrorCode, UndecryptableCause } from "../matrix/model.ts";
import { flatten, translator, type MessageKey } from "../lib/translate.ts";

const french = flatten(entryFr, appFr);
const english = flatten(entryEn, appEn);
const values = (message: string): readonly string[] =>
  [...message.matchAll(/\{\{(\w+)\}\}/gu)].map((match) => match[1] ?? "").sort();

describe("the catalogues", () => {
  it("have the same keys", () => {
    expect([...english.keys()].sort()).toEqual([...french.keys()].sort());
  });

  it("have the same values in each message", () => {
    for (const [key, message] of french) {
      expect([key, values(english.get(key) ?? "")]).toEqual([key, values(message)]);
    }
  });

  it("leave no message empty", () => {
    for (const message of [...french.values(), ...english.values()]) {
      expect(message.trim()).not.toBe("");
    }
  });

  it("call the secret by one name only", () => {
    const others =
      /cl[ée] de (récupération|sécurité|secours)|phrase (secrète|de|de passe)|security (key|phrase)|recovery (key|phrase)|passphrase/iu;
    for (const [key, message] of [...french, ...english]) {
      expect([key, others.exec(message)?.[0]]).toEqual([key, undefined]);
    }
    for (const [key, message] of french) {
      if (/récupération/iu.test(message))
        expect([key, message]).toEqual([key, expect.stringMatching(/code(s)? de récupération/iu)]);
    }
    for (const [key, message] of english) {
      if (/recovery/iu.test(message))
        expect([key, message]).toEqual([key, expect.stringMatching(/recovery[ -]code/iu)]);
    }
  });

  it("have a sentence for every error and every cause", () => {
    type Missing = Exclude<
      `errors.${ErrorCode}` | `undecryptable.${UndecryptableCause}`,
      MessageKey
    >;
    const none: [Missing] extends [never] ? true : Missing = true;
    expect(none).toBe(true);
  });

  it("follow French typography: a typographic apostrophe, a space before a double mark", () => {
    for (const [key, message] of french) {
      expect([key, /\w'\w/u.test(message)]).toEqual([key, false]);
      expect([key, /\p{L}[?!]/u.test(message)]).toEqual([key, false]);
    }
  });
});

describe("a translator", () => {
  const t = translator("fr", french);

  it("puts values in their places", () => {
    expect(t("list.author", { name: "Camille", text: "{{name}}" })).toBe("Camille : {{name}}");
  });

  it.each([
    [0, "0 message non lu"],
    [1, "1 message non lu"],
    [2, "2 messages non lus"],
    [1_000_000, "1 000 000 messages non lus"],
  ])("counts as the language does: %i", (count, expected) => {
    expect(t("list.unread", { count }).replace(/[\u00a0\u202f]/gu, " ")).toBe(expected);
  });

  it("counts as English does", () => {
    expect(translator("en", english)("list.unread", { count: 0 })).toBe("0 unread messages");
  });
});
