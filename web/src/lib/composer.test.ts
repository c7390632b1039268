import { expect, it } from "vitest";
import { composerAction, insertAt, type ComposerAction, type ComposerKey } from "./composer.ts";

const press = { shift: false, alt: false, control: false, composing: false, text: "" };

it.each<[string, Partial<ComposerKey>, ComposerAction]>([
  ["Enter sends", { key: "Enter", text: "a" }, "send"],
  ["Shift+Enter breaks the line", { key: "Enter", shift: true }, "write"],
  ["Alt+Enter breaks the line", { key: "Enter", alt: true }, "write"],
  ["Enter in an input method chooses a character", { key: "Enter", composing: true }, "write"],
  ["arrow-up in an empty box edits the last message", { key: "ArrowUp" }, "edit-last"],
  ["arrow-up in a text moves the caret", { key: "ArrowUp", text: "a" }, "write"],
  ["Escape lets go", { key: "Escape" }, "cancel"],
  ["a letter is a letter", { key: "a" }, "write"],
])("%s", (_, key, expected) => {
  expect(composerAction({ ...press, key: "", ...key })).toBe(expected);
});

it("an emoji goes where the caret is and replaces what is selected", () => {
  expect(insertAt("bonjour", { start: 3, end: 3 }, "👍")).toEqual({ text: "bon👍jour", caret: 5 });
  expect(insertAt("bonjour", { start: 0, end: 7 }, "👍")).toEqual({ text: "👍", caret: 2 });
});
