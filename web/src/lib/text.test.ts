import { describe, expect, it } from "vitest";
import { isOnlyEmoji, matches, splitLinks } from "./text.ts";

describe("links in plain text", () => {
  it.each([
    ["rien", ["rien"]],
    ["voir https://a.example/x.", ["voir ", "<https://a.example/x>", "."]],
    ["(https://a.example/x)", ["(", "<https://a.example/x>", ")"]],
    ["https://a.example/x_(y)", ["<https://a.example/x_(y)>"]],
    ["« https://a.example »", ["« ", "<https://a.example>", " »"]],
    ["javascript:alert(1) data:text/html,x", ["javascript:alert(1) data:text/html,x"]],
  ])("%s", (text, expected) => {
    const pieces = splitLinks(text);
    expect(pieces.map((piece) => (piece.kind === "link" ? `<${piece.text}>` : piece.text))).toEqual(
      expected,
    );
  });
});

it.each([
  ["👍", true],
  ["👩‍💻 🇫🇷", true],
  ["👍👍👍👍", false],
  ["👍 oui", false],
  ["12", false],
  ["", false],
])("%j alone is shown large: %s", (text, expected) => {
  expect(isOnlyEmoji(text)).toBe(expected);
});

it("words are compared without accents and in any order", () => {
  expect(matches("Cellule de crise – Aude", "aude CELLULE")).toBe(true);
  expect(matches("Élodie", "elo")).toBe(true);
  expect(matches("Élodie", "paul")).toBe(false);
});
