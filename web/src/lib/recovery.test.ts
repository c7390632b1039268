import { expect, it } from "vitest";
import { cleanGroup, formatCode, groupTyped, readsBack } from "./recovery.ts";

const code = ["EsTC", "8K2M", "QX7R", "4V9D"];

it.each([
  [["QX7R", "4V9D"], true],
  [[" qx7r ", "4v9d"], true],
  [["QX-7R", "4V 9D"], true],
  [["4V9D", "QX7R"], false],
  [["QX7R", ""], false],
  [["QX7", "4V9D"], false],
] as const)("groups typed back: %j", (typed, expected) => {
  expect(readsBack(code, [2, 3], [typed[0], typed[1]])).toBe(expected);
});

it("groups that the code lacks are never read back", () => {
  expect(readsBack(code, [2, 9], ["QX7R", ""])).toBe(false);
});

it("a pasted code is shown in groups, whatever stood between", () => {
  expect(groupTyped("EsTC-8K2M\n qx7r4V9D.")).toBe("EsTC 8K2M qx7r 4V9D");
  expect(groupTyped("  ")).toBe("");
});

it("a code is kept as groups with a space between", () => {
  expect(formatCode(code)).toBe("EsTC 8K2M QX7R 4V9D");
  expect(cleanGroup(" 8K–2M ")).toBe("8K2M");
});
