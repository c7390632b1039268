/** Where rows stand in their scroller: measured, never guessed. */
import type { Position } from "../../../lib/window.ts";

/** What stays put: the end of the list, or a row at a height. */
export type Anchor = "end" | { readonly key: string; readonly top: number };

/** As near as this to the end is at the end. */
export const NEAR_BOTTOM = 48;

/** How much is drawn above and below what is in sight. */
export function positionOf(list: HTMLElement): Position {
  return {
    above: list.scrollTop,
    below: list.scrollHeight - list.scrollTop - list.clientHeight,
  };
}

/** The row in the middle of what is in sight: the one most likely read. */
export function anchorOf(list: HTMLElement): Anchor | undefined {
  const frame = list.getBoundingClientRect();
  const middle = frame.top + frame.height / 2;
  const read = rowsOf(list).find((row) => row.getBoundingClientRect().bottom > middle);
  const key = read?.dataset.row;
  if (read === undefined || key === undefined) return undefined;
  return { key, top: read.getBoundingClientRect().top - frame.top };
}

/** Scrolls so that the anchor is where it was. */
export function restore(list: HTMLElement, anchor: Anchor): void {
  if (anchor === "end") {
    list.scrollTop = list.scrollHeight;
    return;
  }
  const row = rowAt(list, anchor.key);
  if (row === undefined) return;
  const top = row.getBoundingClientRect().top - list.getBoundingClientRect().top;
  if (top !== anchor.top) list.scrollTop += top - anchor.top;
}

/** Where a row that is gone to comes to stand. */
export type Place = "start" | "center" | "nearest";

/** Scrolls a row into sight; nothing but the list moves. */
export function bring(list: HTMLElement, row: HTMLElement, place: Place): void {
  const frame = list.getBoundingClientRect();
  const { top, bottom } = row.getBoundingClientRect();
  switch (place) {
    case "start":
      list.scrollTop += top - frame.top;
      break;
    case "center":
      list.scrollTop += (top + bottom - frame.top - frame.bottom) / 2;
      break;
    case "nearest":
      if (top < frame.top) list.scrollTop += top - frame.top;
      else if (bottom > frame.bottom) list.scrollTop += bottom - frame.bottom;
      break;
  }
}

/** The row of a key, if it is drawn. */
export function rowAt(list: HTMLElement, key: string): HTMLElement | undefined {
  return rowsOf(list).find((row) => row.dataset.row === key);
}

/** How many rows on one side are wholly farther than `far` from what is in sight. */
export function farRows(list: HTMLElement, side: "above" | "below", far: number): number {
  const frame = list.getBoundingClientRect();
  return rowsOf(list).filter((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return side === "above" ? bottom < frame.top - far : top > frame.bottom + far;
  }).length;
}

function rowsOf(list: HTMLElement): readonly HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>("[data-row]")];
}
