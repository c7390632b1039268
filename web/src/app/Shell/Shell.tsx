/** Three panes that fold to one on a phone: conversations, the open one, its details. */
import { useMemo, useState, type ReactNode } from "react";
import { NewConversation } from "../../features/rooms/NewConversation/NewConversation.tsx";
import { RoomList } from "../../features/rooms/RoomList/RoomList.tsx";
import { openDrafts, type Drafts } from "../../lib/drafts.ts";
import type { PreferenceStore } from "../../lib/preferences.ts";
import { totalUnread } from "../../lib/rooms.ts";
import type { RoomId, Session } from "../../matrix/model.ts";
import { Announcer } from "../../ui/Announcer/Announcer.tsx";
import { AvatarLoader } from "../../ui/Avatar/Avatar.tsx";
import { useLanguage } from "../../ui/Language/Language.tsx";
import { Toasts } from "../../ui/Toasts/Toasts.tsx";
import { useNow } from "../../ui/hooks/useNow.ts";
import { useObservable } from "../../ui/hooks/useObservable.ts";
import { useRoute } from "../useRoute.ts";
import { MainPane } from "./MainPane.tsx";
import { ShellBanners } from "./ShellBanners.tsx";
import styles from "./Shell.module.css";
import { useLandmarkKeys } from "./useLandmarkKeys.ts";

interface ShellProps {
  readonly session: Session;
  readonly preferences: PreferenceStore;
}

export function Shell({ session, preferences }: ShellProps): ReactNode {
  const { t } = useLanguage();
  const navigation = useRoute();
  const { route, go } = navigation;
  const me = useObservable(session.me);
  const rooms = useObservable(session.rooms);
  const connection = useObservable(session.connection);
  const now = useNow();
  const drafts = useMemo<Drafts>(() => openDrafts(sessionStorage), []);
  const [creating, setCreating] = useState(false);
  const landmarks = useLandmarkKeys();
  const open = (roomId: RoomId): void => go({ kind: "room", roomId, details: false });
  const unread = totalUnread(rooms);
  return (
    <AvatarLoader value={session.avatarUrl}>
      {/* React Aria injects a style unless something has this id; our rule is in base.css. */}
      <meta id="react-aria-pressable-style" />
      <title>{unread > 0 ? `(${unread}) Chappe` : "Chappe"}</title>
      <main className={styles.shell} data-place={route.kind} {...landmarks}>
        <ShellBanners connection={connection} policy={session.encryptionPolicy} />
        <section className={styles.list} data-landmark tabIndex={-1} aria-label={t("shell.list")}>
          <RoomList
            me={me}
            rooms={rooms}
            loading={connection.kind === "connecting"}
            now={now}
            openRoom={route.kind === "room" ? (route.roomId as RoomId) : undefined}
            onOpen={open}
            onNew={() => setCreating(true)}
            onSettings={() => go({ kind: "settings" })}
            onAccept={async (roomId) => {
              await session.accept(roomId);
              open(roomId);
            }}
            onDecline={session.decline}
          />
        </section>
        <div className={styles.main} data-landmark tabIndex={-1}>
          <MainPane
            session={session}
            preferences={preferences}
            navigation={navigation}
            drafts={drafts}
            now={now}
            me={me.userId}
            rooms={rooms}
          />
        </div>
      </main>
      {creating && (
        <NewConversation
          session={session}
          onClose={() => setCreating(false)}
          onCreated={(roomId) => {
            setCreating(false);
            open(roomId);
          }}
        />
      )}
      <Toasts />
      <Announcer />
    </AvatarLoader>
  );
}
