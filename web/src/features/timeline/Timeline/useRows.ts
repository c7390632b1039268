import { useMemo, useState } from "react";
import { buildRows, firstNew, type Row } from "../../../lib/rows.ts";
import type { ConversationSnapshot, TimelineItem } from "../../../matrix/model.ts";

/**
 * The rows of a timeline; remembers what was new when it was opened, and which entries
 * began a page: these must not change.
 */
export function useRows(snapshot: ConversationSnapshot): readonly Row<TimelineItem>[] {
  const { items, hasOlder, readUpTo } = snapshot;
  const [pageStarts, setPageStarts] = useState<ReadonlySet<string>>(new Set());
  const [opened, setOpened] = useState<{ readonly newKey: string | undefined }>();
  if (opened === undefined && items.length > 0) setOpened({ newKey: firstNew(items, readUpTo) });
  const newKey = opened?.newKey;
  const firstKey = items[0]?.key;
  if (hasOlder && firstKey !== undefined && !pageStarts.has(firstKey)) {
    setPageStarts(new Set(pageStarts).add(firstKey));
  }
  return useMemo(
    () => buildRows(items, { newKey, hasOlder, pageStarts }),
    [items, newKey, hasOlder, pageStarts],
  );
}
