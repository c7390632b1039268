/** Whether two snapshots say the same, so that what did not change is not drawn again. */

/** `next`, or `previous` where it says the same; inside an array, item by item. */
export function keepSame<T>(previous: T | undefined, next: T): T {
  return previous !== undefined && same(previous, next) ? previous : next;
}

/** A list whose unchanged items, found by their key, are the very objects of the previous list. */
export function keepItems<T>(
  previous: readonly T[],
  next: readonly T[],
  key: (item: T) => string,
): readonly T[] {
  const known = new Map(previous.map((item) => [key(item), item]));
  const kept = next.map((item) => keepSame(known.get(key(item)), item));
  const unchanged =
    kept.length === previous.length && kept.every((item, index) => item === previous[index]);
  return unchanged ? previous : kept;
}

/** Deep equality of plain values; anything else is compared by identity. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  if (!isPlain(a) || !isPlain(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => same(a[key], b[key]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}
