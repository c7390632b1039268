import { describe, expect, it } from "vitest";
import { dayKey, formatDay, formatMoment, formatTime } from "./dates.ts";

const at = (year: number, month: number, day: number, hour = 12, minute = 0): number =>
  new Date(year, month - 1, day, hour, minute).getTime();
const now = at(2026, 11, 24, 14, 12);

/** Node's French separates some words by narrow no-break spaces. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/gu, " ");

describe("a day mark", () => {
  it.each([
    [at(2026, 11, 24, 0, 1), "Aujourd’hui", "Today"],
    [at(2026, 11, 23, 23, 59), "Hier", "Yesterday"],
    [at(2026, 11, 3), "Mardi 3 novembre", "Tuesday 3 November"],
    [at(2025, 12, 31), "Mercredi 31 décembre 2025", "Wednesday, 31 December 2025"],
  ])("is said in words", (timestamp, french, english) => {
    expect(plain(formatDay(timestamp, now, "fr"))).toBe(french);
    expect(plain(formatDay(timestamp, now, "en")).replace(",", "")).toBe(english.replace(",", ""));
  });
});

describe("the moment in a list", () => {
  it.each([
    [at(2026, 11, 24, 9, 5), "09:05", "09:05"],
    [at(2026, 11, 23, 9, 5), "Hier", "Yesterday"],
    [at(2026, 11, 21), "Sam.", "Sat"],
    [at(2026, 11, 12), "12 nov.", "12 Nov"],
    [at(2025, 11, 12), "12/11/2025", "12/11/2025"],
  ])("is as short as it may be", (timestamp, french, english) => {
    expect(plain(formatMoment(timestamp, now, "fr"))).toBe(french);
    expect(plain(formatMoment(timestamp, now, "en"))).toBe(english);
  });

  it("is the time when a clock ahead of ours wrote it", () => {
    expect(formatMoment(at(2026, 11, 25, 1, 2), now, "fr")).toBe("01:02");
  });
});

it("a time has two digits and 24 hours", () => {
  expect(formatTime(at(2026, 11, 24, 0, 7), "fr")).toBe("00:07");
  expect(formatTime(at(2026, 11, 24, 23, 7), "en")).toBe("23:07");
});

it("a day begins at local midnight", () => {
  expect(dayKey(at(2026, 11, 24, 0, 0))).toBe(dayKey(at(2026, 11, 24, 23, 59)));
  expect(dayKey(at(2026, 11, 24, 0, 0))).not.toBe(dayKey(at(2026, 11, 23, 23, 59)));
});
