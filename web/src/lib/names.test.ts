import { expect, it } from "vitest";
import { HUES, hue, initials } from "./names.ts";

it.each([
  ["Camille Roche", "CR"],
  ["Budget 2027", "B2"],
  ["élodie", "É"],
  ["Jean-Paul de la Tour", "JT"],
  ["@alice:b", "AB"],
  ["  — ", ""],
  ["👍 Équipe", "É"],
])("%s is %s", (name, expected) => {
  expect(initials(name.replace(":", " "))).toBe(expected);
});

it("colours are spread over all names", () => {
  const counts = Array.from({ length: HUES }, () => 0);
  for (let index = 0; index < 2000; index++) {
    const chosen = hue(`@person${index}:interieur.example`);
    counts[chosen] = (counts[chosen] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(120);
});
