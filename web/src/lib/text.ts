/** Plain text, read for display. */

/** A piece of plain text: a link or what stands between links. */
export interface Piece {
  readonly kind: "text" | "link";
  readonly text: string;
}

const LINK = /https?:\/\/[^\s<>"]+/gu;

/** Splits plain text at its web links; closing punctuation is not part of a link. */
export function splitLinks(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const link = trimLink(match[0]);
    if (match.index > end) pieces.push({ kind: "text", text: text.slice(end, match.index) });
    pieces.push({ kind: "link", text: link });
    end = match.index + link.length;
  }
  if (end < text.length) pieces.push({ kind: "text", text: text.slice(end) });
  return pieces;
}

function trimLink(link: string): string {
  const trimmed = link.replace(/[.,;:!?'»”]+$/u, "");
  const unbalanced = trimmed.endsWith(")") && !trimmed.includes("(");
  return unbalanced ? trimmed.slice(0, -1) : trimmed;
}

/** One to three emoji and nothing else: shown large. */
export function isOnlyEmoji(text: string): boolean {
  const emoji = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;
  return emoji.test(text.trim());
}

/** Lower case without accents, for comparing what people type. */
export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}

/** Whether every word of `query` begins a word of `text`, or stands in it. */
export function matches(text: string, query: string): boolean {
  const folded = fold(text);
  return fold(query)
    .split(/\s+/u)
    .every((word) => folded.includes(word));
}
