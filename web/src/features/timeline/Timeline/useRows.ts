import { useMemo, useState } from "react";
import { buildRows, type Row } from "../../../lib/rows.ts";
import type { ConversationSnapshot, TimelineItem } from "../../../matrix/model.ts";

/** The rows of a timeline; remembers which entries began a page, for they must not change. */
export function useRows(snapshot: ConversationSnapshot): readonly Row<TimelineItem>[] {
  const { items, hasOlder, readUpTo } = snapshot;
  const [pageStarts, setPageStarts] = useState<ReadonlySet<string>>(new Set());
  const firstKey = items[0]?.key;
  if (hasOlder && firstKey !== undefined && !pageStarts.has(firstKey)) {
    setPageStarts(new Set(pageStarts).add(firstKey));
  }
  return useMemo(
    () => buildRows(items, { readUpTo, hasOlder, pageStarts }),
    [items, readUpTo, hasOlder, pageStarts],
  );
}
