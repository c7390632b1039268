/** The room that the address names: opened, still unknown, or only an invitation. */
import { useMemo, type ReactNode } from "react";
import { InviteRow } from "../../features/rooms/InviteRow/InviteRow.tsx";
import type { RoomId, RoomSummary, Session } from "../../matrix/model.ts";
import { EmptyState } from "../../ui/EmptyState/EmptyState.tsx";
import { useLanguage } from "../../ui/Language/Language.tsx";
import { Sign } from "../../ui/Sign/Sign.tsx";
import type { MainPaneProps } from "../Shell/MainPane.tsx";
import { ConversationView } from "./ConversationView.tsx";
import styles from "./ConversationView.module.css";

interface RoomPaneProps extends MainPaneProps {
  readonly wanted: string;
  readonly details: boolean;
}

export function RoomPane(props: RoomPaneProps): ReactNode {
  const { session, rooms, wanted } = props;
  const room = rooms.find(({ roomId }) => roomId === wanted);
  if (room === undefined) return <Missing />;
  if (room.membership === "invite") return <Invited session={session} room={room} />;
  return <Opened key={room.roomId} {...props} roomId={room.roomId} />;
}

function Opened(props: RoomPaneProps & { readonly roomId: RoomId }): ReactNode {
  const { session, roomId } = props;
  const conversation = useMemo(() => session.open(roomId), [session, roomId]);
  return <ConversationView {...props} conversation={conversation} />;
}

interface InvitedProps {
  readonly session: Session;
  readonly room: RoomSummary;
}

function Invited({ session, room }: InvitedProps): ReactNode {
  return (
    <div className={styles.invited}>
      <InviteRow room={room} onAccept={session.accept} onDecline={session.decline} />
    </div>
  );
}

function Missing(): ReactNode {
  const { t } = useLanguage();
  return (
    <div className={styles.missing}>
      <EmptyState
        page
        picture={<Sign size={72} />}
        title={t("shell.missing")}
        hint={t("shell.missingHint")}
      />
    </div>
  );
}
