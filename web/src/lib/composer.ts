/** What a key means in the composer. */

export interface ComposerKey {
  readonly key: string;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly control: boolean;
  /** An input method is composing: Enter chooses a character. */
  readonly composing: boolean;
  readonly text: string;
}

export type ComposerAction = "send" | "edit-last" | "cancel" | "write";

/** Enter sends, Shift+Enter breaks the line, arrow-up in an empty box edits, Escape lets go. */
export function composerAction(press: ComposerKey): ComposerAction {
  if (press.composing) return "write";
  switch (press.key) {
    case "Enter":
      return press.shift || press.alt ? "write" : "send";
    case "ArrowUp":
      return press.text === "" && !press.shift && !press.control ? "edit-last" : "write";
    case "Escape":
      return "cancel";
    default:
      return "write";
  }
}

/** `text` with `inserted` in place of the selection, and where the caret then stands. */
export function insertAt(
  text: string,
  selection: { readonly start: number; readonly end: number },
  inserted: string,
): { readonly text: string; readonly caret: number } {
  return {
    text: text.slice(0, selection.start) + inserted + text.slice(selection.end),
    caret: selection.start + inserted.length,
  };
}
