/** All conversations: invitations first, then the most recently active. */
import { useState, type ReactNode } from "react";
import { MessageCirclePlus, Search, X } from "lucide-react";
import { arrangeRooms } from "../../../lib/rooms.ts";
import type { Person, RoomId, RoomSummary } from "../../../matrix/model.ts";
import { Avatar } from "../../../ui/Avatar/Avatar.tsx";
import { Button, IconButton } from "../../../ui/Button/Button.tsx";
import { EmptyState } from "../../../ui/EmptyState/EmptyState.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Sign } from "../../../ui/Sign/Sign.tsx";
import { TextField } from "../../../ui/TextField/TextField.tsx";
import { InviteRow } from "../InviteRow/InviteRow.tsx";
import { RoomRow } from "../RoomRow/RoomRow.tsx";
import { RoomListSkeleton } from "./RoomListSkeleton.tsx";
import { useRovingList } from "../../../ui/hooks/useRovingList.ts";
import styles from "./RoomList.module.css";

interface RoomListProps {
  readonly me: Person;
  readonly rooms: readonly RoomSummary[];
  readonly loading: boolean;
  readonly now: number;
  readonly openRoom: RoomId | undefined;
  readonly onOpen: (roomId: RoomId) => void;
  readonly onNew: () => void;
  readonly onSettings: () => void;
  readonly onAccept: (roomId: RoomId) => Promise<void>;
  readonly onDecline: (roomId: RoomId) => Promise<void>;
}

export function RoomList(props: RoomListProps): ReactNode {
  const { me, onNew, onSettings, loading } = props;
  const { t } = useLanguage();
  const [query, setQuery] = useState("");
  return (
    <div className={styles.pane}>
      <header className={styles.header}>
        <h1 className={styles.brand}>
          <Sign size={26} moving={loading} />
          Chappe
        </h1>
        <IconButton label={t("list.new")} icon={<MessageCirclePlus />} onClick={onNew} />
        <button
          type="button"
          className={styles.me}
          aria-label={t("list.profile")}
          title={t("list.profile")}
          onClick={onSettings}
        >
          <Avatar name={me.name} source={me.avatarMxc} size={32} />
        </button>
      </header>
      <div className={styles.search} role="search">
        <TextField
          label={t("list.search")}
          hideLabel
          placeholder={t("list.search")}
          type="search"
          value={query}
          onChange={setQuery}
          onKeyDown={(event) => event.key === "Escape" && setQuery("")}
          leading={<Search aria-hidden />}
          trailing={
            query !== "" && (
              <IconButton small label={t("list.clear")} icon={<X />} onClick={() => setQuery("")} />
            )
          }
        />
      </div>
      <Rooms {...props} query={query} />
    </div>
  );
}

function Rooms(props: RoomListProps & { readonly query: string }): ReactNode {
  const { rooms, loading, now, openRoom, onOpen, onNew, onAccept, onDecline, query } = props;
  const { t } = useLanguage();
  const { invites, joined } = arrangeRooms(rooms, query);
  const roving = useRovingList();
  if (loading && rooms.length === 0) return <RoomListSkeleton />;
  if (rooms.length === 0) {
    return (
      <EmptyState
        picture={<Sign size={56} />}
        title={t("list.empty")}
        hint={t("list.emptyHint")}
        action={
          <Button look="solid" onClick={onNew}>
            {t("list.start")}
          </Button>
        }
      />
    );
  }
  if (invites.length + joined.length === 0) {
    return (
      <p className={styles.noMatch} role="status">
        {t("list.noMatch", { query })}
      </p>
    );
  }
  return (
    <nav className={styles.scroll} aria-label={t("list.all")} {...roving}>
      {invites.length > 0 && (
        <section aria-label={t("list.invites")}>
          <h2 className={styles.heading}>{t("list.invites")}</h2>
          <ul>
            {invites.map((room) => (
              <li key={room.roomId}>
                <InviteRow room={room} onAccept={onAccept} onDecline={onDecline} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <ul className={styles.list}>
        {joined.map((room) => (
          <li key={room.roomId}>
            <RoomRow room={room} now={now} open={room.roomId === openRoom} onOpen={onOpen} />
          </li>
        ))}
      </ul>
    </nav>
  );
}
