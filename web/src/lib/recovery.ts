/** The recovery code as people type it: forgiving of case, spaces and dashes, never of content. */

const GROUP = 4;

/** What counts of one typed group. */
export function cleanGroup(typed: string): string {
  return typed.replace(/[\s\-–—]/gu, "");
}

/** Whether the two groups typed back are those of the code. */
export function readsBack(
  code: readonly string[],
  asked: readonly [number, number],
  typed: readonly [string, string],
): boolean {
  const same = (a: string, b: string): boolean => a.toUpperCase() === b.toUpperCase();
  return asked.every((index, place) => same(code[index] ?? " ", cleanGroup(typed[place] ?? "")));
}

/** A code as it is copied, printed and saved: groups with a space between. */
export function formatCode(code: readonly string[]): string {
  return code.join(" ");
}

/** A typed or pasted code, shown back in groups of four. */
export function groupTyped(typed: string): string {
  const clean = typed.replace(/[^0-9A-Za-z]/gu, "");
  return clean.match(new RegExp(`.{1,${GROUP}}`, "g"))?.join(" ") ?? "";
}
