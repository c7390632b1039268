import { describe, expect, it } from "vitest";
import { buildRows, firstNew, type Entry, type RowOptions } from "./rows.ts";

const MINUTE = 60_000;
const noon = new Date(2026, 10, 24, 12).getTime();

/** `camille@3` is a message of Camille three minutes after noon; `!camille@3` a notice. */
function entries(...said: readonly string[]): Entry[] {
  return said.map((text, index) => {
    const [author = "", minutes = "0"] = text.replace("!", "").split("@");
    return {
      kind: text.startsWith("!") ? "notice" : "message",
      key: `${index}`,
      eventId: `$${index}`,
      timestamp: noon + Number(minutes) * MINUTE,
      author: { userId: author },
    };
  });
}

const whole: RowOptions = { newKey: undefined, hasOlder: false, pageStarts: new Set() };

function groups(items: readonly Entry[], options: Partial<RowOptions> = {}): string {
  return buildRows(items, { ...whole, ...options })
    .map((row) => (row.first ? "(" : "") + row.item.key + (row.last ? ")" : ""))
    .join(" ");
}

describe("groups", () => {
  it.each([
    ["one author, close together", ["a@0", "a@1", "a@2"], "(0 1 2)"],
    ["two authors", ["a@0", "b@1", "a@2"], "(0) (1) (2)"],
    ["a pause of six minutes", ["a@0", "a@6", "a@7"], "(0) (1 2)"],
    ["a notice between", ["a@0", "!a@1", "a@2"], "(0) (1) (2)"],
    ["another day", ["a@0", "a@720", "a@721"], "(0) (1 2)"],
  ])("%s", (_, said, expected) => {
    expect(groups(entries(...said))).toBe(expected);
  });

  it("end at the new mark", () => {
    expect(groups(entries("a@0", "a@1", "a@2"), { newKey: "1" })).toBe("(0) (1 2)");
  });
});

describe("marks", () => {
  it("a day begins with its mark", () => {
    const rows = buildRows(entries("a@0", "a@1", "a@1440"), whole);
    expect(rows.map((row) => row.dayAbove !== undefined)).toEqual([true, false, true]);
  });

  it("the new mark stands once, after what was read", () => {
    const rows = buildRows(entries("a@0", "b@1", "b@2"), { ...whole, newKey: "1" });
    expect(rows.map((row) => row.newAbove)).toEqual([false, true, false]);
  });

  it("the first entry has no day mark while older ones may come", () => {
    const rows = buildRows(entries("a@0"), { ...whole, hasOlder: true });
    expect(rows[0]?.dayAbove).toBeUndefined();
  });
});

describe("when older history arrives", () => {
  const page = entries("a@1440", "a@1441");
  const older = entries("a@0", "a@1439").map((item) => ({ ...item, key: `older ${item.key}` }));
  const before = buildRows(page, { ...whole, hasOlder: true });
  const after = buildRows([...older, ...page], { ...whole, pageStarts: new Set(["0"]) });

  it("rows that were drawn stay as they were", () => {
    expect(after.slice(2)).toEqual(before);
  });

  it("the day mark stands below the entry before the page", () => {
    expect(after.map((row) => row.dayBelow !== undefined)).toEqual([false, false, false, false]);
    const next = buildRows([...older, ...entries("a@2880")], {
      ...whole,
      pageStarts: new Set(["0"]),
    });
    expect(next[1]?.dayBelow).toBe(noon + 2880 * MINUTE);
  });
});

describe("what is new when a room is opened", () => {
  const said = (...authors: readonly string[]): Entry[] =>
    entries(...authors.map((author, index) => `${author}@${index}`)).map((item) => ({
      ...item,
      own: item.author.userId === "me",
    }));

  it.each([
    ["what others said since", ["a", "a", "b"], "$0", "1"],
    ["nothing when all was read", ["a", "b"], "$1", undefined],
    ["nothing that one answered", ["a", "b", "me"], "$0", undefined],
    ["what others said since one spoke", ["a", "me", "b"], "$0", "2"],
    ["no notice", ["a", "!b", "b"], "$0", "2"],
    ["nothing when the last that was read is not at hand", ["a", "b"], "$elsewhere", undefined],
  ])("%s", (_, authors, readUpTo, expected) => {
    expect(firstNew(said(...authors), readUpTo)).toBe(expected);
  });
});
