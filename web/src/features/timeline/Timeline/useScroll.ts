import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import type { Conversation, ConversationSnapshot, EventId } from "../../../matrix/model.ts";
import type { HistoryHandle } from "../HistoryList/useHistory.ts";
import { usePageActive } from "../../../ui/hooks/usePageActive.ts";

export interface TimelineScroll {
  readonly list: RefObject<HistoryHandle | null>;
  readonly atBottom: boolean;
  readonly setAtBottom: (atBottom: boolean) => void;
  /** Messages of others that came while one was reading above. */
  readonly unseen: number;
  readonly toBottom: () => void;
  readonly goTo: (eventId: EventId) => Promise<void>;
  /** The message that was just gone to. */
  readonly target: EventId | undefined;
}

const MOST_PAGES = 20;

/** Where the reader is in a timeline, and how they get elsewhere. */
export function useScroll(
  conversation: Conversation,
  snapshot: ConversationSnapshot,
): TimelineScroll {
  const list = useRef<HistoryHandle>(null);
  const [atBottom, setAtBottom] = useState(true);
  const [target, setTarget] = useState<EventId>();
  const { items, firstItemIndex } = snapshot;
  const end = firstItemIndex + items.length;
  const [seen, setSeen] = useState(end);
  if (atBottom && seen !== end) setSeen(end);

  const toBottom = useCallback(() => {
    list.current?.toEnd();
  }, []);

  const goTo = useCallback(
    async (eventId: EventId) => {
      const find = (): number =>
        conversation.snapshot().items.findIndex((item) => item.eventId === eventId);
      for (
        let page = 0;
        find() < 0 && conversation.snapshot().hasOlder && page < MOST_PAGES;
        page++
      ) {
        await conversation.loadOlder();
      }
      const index = find();
      if (index < 0) return;
      setTarget(eventId);
      list.current?.show(index, "center");
    },
    [conversation],
  );

  const last = items.at(-1);
  const sending =
    last?.kind === "message" && last.own && last.state === "sending" ? last.key : undefined;
  useEffect(() => {
    if (sending !== undefined) toBottom();
  }, [sending, toBottom]);

  const active = usePageActive();
  const lastEvent = last?.eventId;
  useEffect(() => {
    if (!atBottom || !active || lastEvent === undefined) return;
    conversation.markRead().catch(() => undefined);
  }, [atBottom, active, lastEvent, conversation]);

  const unseen = items
    .slice(seen - firstItemIndex)
    .filter((item) => item.kind === "message" && !item.own).length;
  return { list, atBottom, setAtBottom, unseen, toBottom, goTo, target };
}
