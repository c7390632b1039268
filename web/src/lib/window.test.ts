import { describe, expect, it } from "vitest";
import { around, atEnd, follow, nearsStart, shifted, type Range } from "./window.ts";

const history: Range = { start: 900, end: 1000 };
const none = (): number => 0;

describe("the window", () => {
  it("begins at the end, or around a row", () => {
    expect(atEnd(history)).toEqual({ start: 960, end: 1000 });
    expect(around(950, history)).toEqual({ start: 930, end: 970 });
    expect(around(902, history)).toEqual({ start: 900, end: 940 });
    expect(atEnd({ start: 998, end: 1000 })).toEqual({ start: 998, end: 1000 });
  });

  it("grows on the side that the reader nears and shrinks on the other", () => {
    const range = { start: 940, end: 980 };
    const far = (side: "above" | "below"): number => (side === "above" ? 3 : 5);
    expect(shifted(range, history, { above: 900, below: 900 }, far)).toBe(range);
    expect(shifted(range, history, { above: 100, below: 900 }, far)).toEqual({
      start: 928,
      end: 975,
    });
    expect(shifted(range, history, { above: 900, below: 100 }, far)).toEqual({
      start: 943,
      end: 992,
    });
  });

  it("grows no farther than the history", () => {
    const range = { start: 905, end: 998 };
    expect(shifted(range, history, { above: 0, below: 0 }, none)).toEqual(history);
    expect(shifted(history, history, { above: 0, below: 0 }, none)).toBe(history);
  });

  it("asks for more history only at its very beginning", () => {
    expect(nearsStart({ start: 900, end: 940 }, history, { above: 10, below: 0 })).toBe(true);
    expect(nearsStart({ start: 901, end: 940 }, history, { above: 10, below: 0 })).toBe(false);
    expect(nearsStart({ start: 900, end: 940 }, history, { above: 900, below: 0 })).toBe(false);
  });
});

describe("when the history changes", () => {
  const range = { start: 960, end: 1000 };
  const longer = { start: 900, end: 1003 };

  it("who reads the end goes on reading the end", () => {
    expect(follow(range, history, longer, true)).toEqual({ start: 960, end: 1003 });
  });

  it("who reads above is left alone", () => {
    expect(follow(range, history, longer, false)).toEqual(range);
    expect(follow({ start: 930, end: 970 }, history, longer, true)).toEqual({
      start: 930,
      end: 970,
    });
  });

  it("older rows change nothing that is drawn", () => {
    expect(follow(range, history, { start: 850, end: 1000 }, true)).toEqual(range);
  });

  it("a busy conversation does not pile up rows", () => {
    expect(follow(range, history, { start: 900, end: 1100 }, true)).toEqual({
      start: 1060,
      end: 1100,
    });
  });

  it("another history altogether is begun at its end", () => {
    expect(follow(range, history, { start: 0, end: 10 }, false)).toEqual({ start: 0, end: 10 });
  });
});
