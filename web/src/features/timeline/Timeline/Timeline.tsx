/** What was said, oldest above. */
import { useMemo, type ReactNode } from "react";
import { ArrowDown } from "lucide-react";
import { Virtuoso, type Components } from "react-virtuoso";
import type { Row } from "../../../lib/rows.ts";
import type {
  Conversation,
  ConversationSnapshot,
  MessageItem,
  TimelineItem,
} from "../../../matrix/model.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Spinner } from "../../../ui/Spinner/Spinner.tsx";
import { useNow } from "../../../ui/hooks/useNow.ts";
import { TypingLine } from "../TypingLine/TypingLine.tsx";
import { Overlays } from "./Overlays.tsx";
import styles from "./Timeline.module.css";
import { TimelineRow } from "./TimelineRow.tsx";
import { TimelineStart } from "./TimelineStart.tsx";
import { useAnnounce } from "./useAnnounce.ts";
import { useHandlers } from "./useHandlers.ts";
import { useOverlay } from "./useOverlay.ts";
import { useRovingMessages } from "./useRovingMessages.ts";
import { useRows } from "./useRows.ts";
import { useScroll } from "./useScroll.ts";
import { NEAR_BOTTOM, useStayAtBottom } from "./useStayAtBottom.ts";

interface TimelineProps {
  readonly conversation: Conversation;
  readonly snapshot: ConversationSnapshot;
  readonly onReply: (item: MessageItem) => void;
  readonly onEdit: (item: MessageItem) => void;
}

interface ListContext {
  readonly loadingOlder: boolean;
}

export function Timeline({ conversation, snapshot, onReply, onEdit }: TimelineProps): ReactNode {
  const { t } = useLanguage();
  const now = useNow();
  const rows = useRows(snapshot);
  const scroll = useScroll(conversation, snapshot);
  const overlays = useOverlay();
  const { show } = overlays;
  const { list, goTo, target } = scroll;
  const handlers = useHandlers({ conversation, show, goTo, onReply, onEdit });
  const roving = useRovingMessages(snapshot.items, list);
  const start = initialPlace(rows);
  const stay = useStayAtBottom(start.align === "end");
  useAnnounce(snapshot);
  const context = useMemo(() => ({ loadingOlder: snapshot.loadingOlder }), [snapshot.loadingOlder]);
  const latest = snapshot.items.at(-1)?.key;

  return (
    <section
      className={styles.timeline}
      aria-label={t("timeline.label")}
      onKeyDown={roving.onKeyDown}
    >
      {rows.length === 0 ? (
        <TimelineStart snapshot={snapshot} />
      ) : (
        <Virtuoso<Row<TimelineItem>, ListContext>
          ref={list}
          className={styles.list}
          data={rows}
          context={context}
          components={COMPONENTS}
          firstItemIndex={snapshot.firstItemIndex}
          initialTopMostItemIndex={start}
          computeItemKey={(_, row) => row.item.key}
          itemContent={(_, row) => (
            <TimelineRow
              row={row}
              now={now}
              latest={row.item.key === latest}
              reachable={row.item.key === roving.reachable}
              target={target}
              handlers={handlers}
              onFocus={roving.onFocus}
            />
          )}
          startReached={() => {
            if (snapshot.hasOlder) conversation.loadOlder().catch(() => undefined);
          }}
          followOutput={(isAtBottom) => (isAtBottom ? "auto" : false)}
          atBottomStateChange={scroll.setAtBottom}
          atBottomThreshold={NEAR_BOTTOM}
          {...stay}
          increaseViewportBy={{ top: 800, bottom: 400 }}
          skipAnimationFrameInResizeObserver
          defaultItemHeight={USUAL_HEIGHT}
          alignToBottom
        />
      )}
      <div className={styles.foot}>
        <TypingLine people={snapshot.typing} />
        {!scroll.atBottom && rows.length > 0 && (
          <button
            type="button"
            className={styles.jump}
            aria-label={t("timeline.jump")}
            onClick={scroll.toBottom}
          >
            {scroll.unseen > 0 && t("timeline.jumpNew", { count: scroll.unseen })}
            <ArrowDown aria-hidden />
          </button>
        )}
      </div>
      <Overlays overlays={overlays} conversation={conversation} handlers={handlers} />
    </section>
  );
}

/** At the first unread message, else at the end. */
function initialPlace(rows: readonly Row<TimelineItem>[]): {
  index: number;
  align: "start" | "end";
} {
  const unread = rows.findIndex((row) => row.newAbove);
  return unread < 0 ? { index: rows.length - 1, align: "end" } : { index: unread, align: "start" };
}

/** A row of one line inside a group: a right guess for most keeps the reader's place while measuring. */
const USUAL_HEIGHT = 40;

/** Of a height that never changes, so that history comes in without a shift. */
function Older({ context }: { readonly context?: ListContext }): ReactNode {
  const { t } = useLanguage();
  return (
    <div className={styles.older} role="status">
      {context?.loadingOlder && (
        <>
          <Spinner />
          <span>{t("timeline.older")}</span>
        </>
      )}
    </div>
  );
}

const COMPONENTS: Components<Row<TimelineItem>, ListContext> = { Header: Older };
