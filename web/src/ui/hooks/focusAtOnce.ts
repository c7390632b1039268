/**
 * Whether a field should have the focus as soon as it opens: not under a finger, where the keyboard
 * would cover half of what has just opened.
 */
export function focusAtOnce(): boolean {
  return matchMedia("(hover: hover)").matches;
}
