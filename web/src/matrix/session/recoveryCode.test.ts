import { decodeRecoveryKey, encodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api/recovery-key.js";
import { describe, expect, it } from "vitest";
import { groupsToAsk, makeRecoveryCode, readRecoveryCode, sameGroup } from "./recoveryCode.ts";

describe("a recovery code made here", () => {
  const code = makeRecoveryCode();
  const text = code.groups.join(" ");

  it("is twelve groups of four, in capitals and digits after its fixed beginning", () => {
    expect(code.groups).toHaveLength(12);
    expect(text).toMatch(/^Es[TU][1-9A-Z]( [1-9A-Z]{4}){11}$/);
  });

  it("is a Matrix recovery key that any other client reads", () => {
    expect(decodeRecoveryKey(text)).toEqual(code.key);
  });

  it.each([
    ["as shown", text],
    ["in small letters", text.toLowerCase()],
    ["in capitals", text.toUpperCase()],
    ["without spaces", code.groups.join("")],
    ["with dashes and line ends", code.groups.join("-\n")],
    ["with space around", `  ${text}\t`],
  ])("is read %s", (_, typed) => {
    expect(readRecoveryCode(typed)).toEqual(code.key);
  });

  it("is refused when a character is wrong, missing or added", () => {
    const wrong = text.endsWith("A") ? `${text.slice(0, -1)}B` : `${text.slice(0, -1)}A`;
    for (const typed of [wrong, text.slice(0, -1), `${text}A`, "", "bonjour"]) {
      expect(readRecoveryCode(typed)).toBeUndefined();
    }
  });

  it("is another each time", () => {
    const seen = new Set(Array.from({ length: 20 }, () => makeRecoveryCode().groups.join("")));
    expect(seen.size).toBe(20);
  });
});

it("a code made by another client is read in its own case", () => {
  const key = Uint8Array.from({ length: 32 }, (_, index) => index * 7);
  expect(readRecoveryCode(encodeRecoveryKey(key) ?? "")).toEqual(key);
});

it("a group is compared as people copy it", () => {
  expect(sameGroup("7KQX", " 7kqx ")).toBe(true);
  expect(sameGroup("7KQX", "7KQY")).toBe(false);
  expect(sameGroup(undefined, "")).toBe(false);
});

it("two different groups are asked back, never the first", () => {
  for (let round = 0; round < 200; round++) {
    const [first, second] = groupsToAsk(12);
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(first);
    expect(second).toBeLessThan(12);
  }
});
