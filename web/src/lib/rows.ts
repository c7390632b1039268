/**
 * A timeline's entries with what stands around each: day marks, the "new" mark, groups by author.
 *
 * Nothing that was drawn changes when older history arrives: an entry that began a page goes on
 * beginning a group and has no mark of its own, and the entry that comes to stand before it carries
 * the mark below itself. So text never moves under the reader.
 */
import { dayKey } from "./dates.ts";

/** What grouping needs of an entry. */
export interface Entry {
  readonly kind: "message" | "notice";
  readonly key: string;
  readonly eventId: string | undefined;
  readonly timestamp: number;
  readonly author: { readonly userId: string };
  /** For a message: one's own. */
  readonly own?: boolean;
}

export interface Row<E extends Entry> {
  readonly item: E;
  /** The day begins here: its mark stands above. */
  readonly dayAbove: number | undefined;
  /** The next entry's day, when the mark must stand below this one. */
  readonly dayBelow: number | undefined;
  /** The "new" mark stands above. */
  readonly newAbove: boolean;
  readonly first: boolean;
  readonly last: boolean;
}

export interface RowOptions {
  /** Key of the first message that was new when the room was opened. */
  readonly newKey: string | undefined;
  /** Whether more history may come before the first entry. */
  readonly hasOlder: boolean;
  /** Keys of the entries that began a page when they were drawn first. */
  readonly pageStarts: ReadonlySet<string>;
}

const GROUP_PAUSE = 5 * 60_000;

/** Builds the rows of `items`, oldest first. */
export function buildRows<E extends Entry>(
  items: readonly E[],
  { newKey, hasOlder, pageStarts }: RowOptions,
): readonly Row<E>[] {
  const fixed = (index: number): boolean =>
    (index === 0 && hasOlder) || pageStarts.has(items[index]?.key ?? "");
  const newDay = (index: number): boolean => {
    const [before, item] = [items[index - 1], items[index]];
    return (
      item !== undefined &&
      (before === undefined || dayKey(before.timestamp) !== dayKey(item.timestamp))
    );
  };
  const newAbove = (index: number): boolean => items[index]?.key === newKey && !fixed(index);
  const first = (index: number): boolean => {
    const [before, item] = [items[index - 1], items[index]];
    return (
      before === undefined ||
      item === undefined ||
      fixed(index) ||
      newDay(index) ||
      newAbove(index) ||
      before.kind !== item.kind ||
      before.author.userId !== item.author.userId ||
      item.timestamp - before.timestamp > GROUP_PAUSE
    );
  };
  return items.map((item, index) => {
    const next = items[index + 1];
    const markBelow = next !== undefined && newDay(index + 1) && fixed(index + 1);
    return {
      item,
      dayAbove: newDay(index) && !fixed(index) ? item.timestamp : undefined,
      dayBelow: markBelow ? next.timestamp : undefined,
      newAbove: newAbove(index),
      first: first(index),
      last: next === undefined || first(index + 1),
    };
  });
}

/** The first message of others after what was read; who wrote since has read. */
export function firstNew(
  items: readonly Entry[],
  readUpTo: string | undefined,
): string | undefined {
  const read = items.findLastIndex(
    (item) => item.own === true || (item.eventId !== undefined && item.eventId === readUpTo),
  );
  if (read < 0) return undefined;
  return items
    .slice(read)
    .find((item) => item.kind === "message" && item.own !== true && item !== items[read])?.key;
}
