/**
 * The part of a long history that is drawn: a window of rows, counted in the whole history, that
 * follows the reader. It grows on the side that the reader nears and shrinks on the other.
 */

/** Rows from `start` up to, not including, `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where the reader is within the rows that are drawn, in pixels. */
export interface Position {
  readonly above: number;
  readonly below: number;
}

/** Rows drawn at first, and added at a time. */
export const FIRST = 40;
const STEP = 12;
/** More are not kept above a reader at the end. */
const MOST = 56;
/** Nearer than this to the edge of what is drawn, more is drawn. */
const NEAR = 500;
/** Farther than this, rows are given up. */
const FAR = NEAR + 150;

/** The window at the end of the history. */
export function atEnd(bounds: Range): Range {
  return { start: Math.max(bounds.start, bounds.end - FIRST), end: bounds.end };
}

/** The window around a row. */
export function around(index: number, bounds: Range): Range {
  const start = Math.max(bounds.start, index - FIRST / 2);
  return { start, end: Math.min(bounds.end, start + FIRST) };
}

/** The window once the history has changed: who was at its end follows it. */
export function follow(range: Range, before: Range, bounds: Range, atBottom: boolean): Range {
  if (range.start >= bounds.end || range.end <= bounds.start) return atEnd(bounds);
  const start = Math.max(range.start, bounds.start);
  if (!atBottom || range.end !== before.end) return { start, end: Math.min(range.end, bounds.end) };
  return bounds.end - start > MOST ? atEnd(bounds) : { start, end: bounds.end };
}

/** The window for a reader at `position`; `surplus` says how many far rows may go on each side. */
export function shifted(
  range: Range,
  bounds: Range,
  position: Position,
  surplus: (side: "above" | "below", farther: number) => number,
): Range {
  const up = position.above < NEAR && range.start > bounds.start;
  const down = position.below < NEAR && range.end < bounds.end;
  if (!up && !down) return range;
  return {
    start: up ? Math.max(bounds.start, range.start - STEP) : range.start + surplus("above", FAR),
    end: down ? Math.min(bounds.end, range.end + STEP) : range.end - surplus("below", FAR),
  };
}

/** Whether the reader is near the beginning of all that is known. */
export function nearsStart(range: Range, bounds: Range, position: Position): boolean {
  return range.start === bounds.start && position.above < NEAR;
}
