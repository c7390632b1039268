/** What was said, oldest above. */
import { useCallback, type ReactNode } from "react";
import { ArrowDown } from "lucide-react";
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
import { HistoryList } from "../HistoryList/HistoryList.tsx";
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

interface TimelineProps {
  readonly conversation: Conversation;
  readonly snapshot: ConversationSnapshot;
  readonly onReply: (item: MessageItem) => void;
  readonly onEdit: (item: MessageItem) => void;
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
  const unread = rows.findIndex((row) => row.newAbove);
  const beginAt = unread < 0 ? undefined : unread;
  useAnnounce(snapshot);
  const { hasOlder, loadingOlder } = snapshot;
  const loadOlder = useCallback(() => {
    if (hasOlder && !loadingOlder) conversation.loadOlder().catch(() => undefined);
  }, [conversation, hasOlder, loadingOlder]);
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
        <HistoryList
          ref={list}
          rows={rows}
          firstIndex={snapshot.firstItemIndex}
          keyOf={keyOf}
          header={<Older loading={snapshot.loadingOlder} />}
          beginAt={beginAt}
          onStart={loadOlder}
          onAtBottom={scroll.setAtBottom}
          draw={(row) => (
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

function keyOf(row: Row<TimelineItem>): string {
  return row.item.key;
}

/** Of a height that never changes, so that history comes in without a shift. */
function Older({ loading }: { readonly loading: boolean }): ReactNode {
  const { t } = useLanguage();
  return (
    <div className={styles.older} role="status">
      {loading && (
        <>
          <Spinner />
          <span>{t("timeline.older")}</span>
        </>
      )}
    </div>
  );
}
