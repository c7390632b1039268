/** How people and rooms look before they have a picture. */

export const HUES = 10;

/** One or two letters that stand for a name. */
export function initials(name: string): string {
  const words = name
    .replace(/^[^\p{L}\p{N}]+/u, "")
    .split(/[\s\-–—_.]+/u)
    .filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const [first = "", second] = words;
  const letter = (word: string): string => (Array.from(word)[0] ?? "").toLocaleUpperCase();
  return second === undefined ? letter(first) : letter(first) + letter(words.at(-1) ?? second);
}

/** A colour that stays with a name, and so with a person and their direct chat: one of `HUES`. */
export function hue(name: string): number {
  let hash = 0x811c9dc5;
  for (const character of name)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  // Mixed once more, for short names.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) % HUES;
}
