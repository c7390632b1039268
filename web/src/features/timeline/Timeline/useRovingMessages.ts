import { useCallback, useState, type KeyboardEvent, type RefObject } from "react";
import type { TimelineItem } from "../../../matrix/model.ts";
import type { HistoryHandle } from "../HistoryList/useHistory.ts";
import { nextPlace } from "../../../ui/hooks/useRovingList.ts";

export interface RovingMessages {
  /** The message that Tab reaches: the one last focused, or the last. */
  readonly reachable: string | undefined;
  readonly onFocus: (key: string) => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
}

/** Arrow keys move among messages, also those not drawn yet. */
export function useRovingMessages(
  items: readonly TimelineItem[],
  list: RefObject<HistoryHandle | null>,
): RovingMessages {
  const [focused, setFocused] = useState<string>();
  const messages = items.filter((item) => item.kind === "message");
  const known = messages.some((item) => item.key === focused);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (!(event.target instanceof HTMLElement)) return;
    const key = event.target.dataset.key;
    const place = messages.findIndex((item) => item.key === key);
    const next = place < 0 ? undefined : nextPlace(event.key, place, messages.length);
    const wanted = next === undefined ? undefined : messages[next];
    if (wanted === undefined) return;
    event.preventDefault();
    const timeline = event.currentTarget;
    list.current?.show(items.indexOf(wanted), "nearest", () => {
      const selector = `article[data-key="${CSS.escape(wanted.key)}"]`;
      timeline.querySelector<HTMLElement>(selector)?.focus({ preventScroll: true });
    });
  };
  return {
    reachable: known ? focused : messages.at(-1)?.key,
    onFocus: useCallback((key: string) => setFocused(key), []),
    onKeyDown,
  };
}
