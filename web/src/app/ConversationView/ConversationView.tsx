/** An open conversation: header, timeline, composer, details. */
import { useCallback, useState, type ReactNode } from "react";
import { Composer } from "../../features/composer/Composer/Composer.tsx";
import type { ComposerMode } from "../../features/composer/useComposer.ts";
import { DetailsPanel } from "../../features/details/DetailsPanel/DetailsPanel.tsx";
import { Timeline } from "../../features/timeline/Timeline/Timeline.tsx";
import type { Conversation, MessageItem, RoomId } from "../../matrix/model.ts";
import { useLanguage } from "../../ui/Language/Language.tsx";
import { useObservable } from "../../ui/hooks/useObservable.ts";
import type { MainPaneProps } from "../Shell/MainPane.tsx";
import { ConversationHeader } from "./ConversationHeader.tsx";
import styles from "./ConversationView.module.css";

interface ConversationViewProps extends MainPaneProps {
  readonly roomId: RoomId;
  readonly conversation: Conversation;
  readonly details: boolean;
}

const WRITING: ComposerMode = { kind: "write" };

export function ConversationView(props: ConversationViewProps): ReactNode {
  const { session, navigation, drafts, me, roomId, conversation, details } = props;
  const { t } = useLanguage();
  const { go, back, replace } = navigation;
  const snapshot = useObservable(conversation);
  const [mode, setMode] = useState<ComposerMode>(WRITING);
  const done = useCallback(() => setMode(WRITING), []);
  const reply = useCallback((item: MessageItem) => setMode({ kind: "reply", item }), []);
  const edit = useCallback((item: MessageItem) => setMode({ kind: "edit", item }), []);
  const editLast = (): void => {
    const last = snapshot.items.findLast(
      (item) => item.kind === "message" && item.own && item.can.edit,
    );
    if (last?.kind === "message") edit(last);
  };
  const here = { kind: "room", roomId, details: false } as const;
  const toggleDetails = (): void => (details ? back(here) : go({ ...here, details: true }));
  return (
    <div className={styles.view} data-details={details}>
      <div className={styles.talk}>
        <ConversationHeader
          snapshot={snapshot}
          details={details}
          onBack={() => back({ kind: "home" })}
          onToggleDetails={toggleDetails}
        />
        <Timeline conversation={conversation} snapshot={snapshot} onReply={reply} onEdit={edit} />
        {snapshot.can.send ? (
          <Composer
            roomId={roomId}
            conversation={conversation}
            drafts={drafts}
            mode={mode}
            onDone={done}
            onEditLast={editLast}
          />
        ) : (
          <p className={styles.cannot}>{t("composer.cannotSend")}</p>
        )}
      </div>
      {details && (
        <div className={styles.details} data-landmark tabIndex={-1}>
          <DetailsPanel
            me={me}
            conversation={conversation}
            snapshot={snapshot}
            searchPeople={session.searchPeople}
            onClose={toggleDetails}
            onLeft={() => replace({ kind: "home" })}
          />
        </div>
      )}
    </div>
  );
}
