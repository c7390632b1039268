/** One conversation in the list. */
import type { ReactNode } from "react";
import { Image, LockKeyhole, Paperclip } from "lucide-react";
import { formatMoment } from "../../../lib/dates.ts";
import { previewText } from "../../../lib/preview.ts";
import type { MessageBody, RoomId, RoomSummary } from "../../../matrix/model.ts";
import { Avatar } from "../../../ui/Avatar/Avatar.tsx";
import { Badge } from "../../../ui/Badge/Badge.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import styles from "./RoomRow.module.css";

interface RoomRowProps {
  readonly room: RoomSummary;
  readonly now: number;
  readonly open: boolean;
  readonly onOpen: (roomId: RoomId) => void;
}

export function RoomRow({ room, now, open, onOpen }: RoomRowProps): ReactNode {
  const { locale } = useLanguage();
  return (
    <button
      type="button"
      className={styles.row}
      data-roving
      data-unread={room.unread > 0}
      aria-current={open ? "page" : undefined}
      onClick={() => onOpen(room.roomId)}
    >
      <Avatar name={room.name} source={room.avatarMxc} size={44} square={room.kind === "private"} />
      <span className={styles.text}>
        <span className={styles.line}>
          <span className={styles.name}>{room.name}</span>
          {room.preview && (
            <time className={styles.time} dateTime={new Date(room.lastActivity).toISOString()}>
              {formatMoment(room.lastActivity, now, locale)}
            </time>
          )}
        </span>
        <span className={styles.line}>
          <RoomPreview room={room} />
          {room.unread > 0 && <Badge count={room.unread} mention={room.highlights > 0} />}
        </span>
      </span>
    </button>
  );
}

function RoomPreview({ room }: { readonly room: RoomSummary }): ReactNode {
  const { t } = useLanguage();
  const [typing] = room.typing;
  if (typing !== undefined) {
    const text =
      room.kind === "direct"
        ? t("typing.short")
        : t("typing.one", { name: firstName(typing.name) });
    return <span className={styles.typing}>{text}</span>;
  }
  if (room.preview === undefined)
    return <span className={styles.preview}>{t("list.noMessage")}</span>;
  const { author, own, body } = room.preview;
  const text = previewText(body, t);
  const said = own
    ? t("list.you", { text })
    : room.kind === "direct"
      ? text
      : t("list.author", { name: firstName(author.name), text });
  return (
    <span className={styles.preview}>
      <PreviewIcon body={body} />
      {said}
    </span>
  );
}

function PreviewIcon({ body }: { readonly body: MessageBody }): ReactNode {
  switch (body.kind) {
    case "image":
      return <Image aria-hidden />;
    case "file":
      return <Paperclip aria-hidden />;
    case "undecryptable":
      return <LockKeyhole aria-hidden />;
    case "text":
    case "deleted":
    case "unsupported":
      return null;
  }
}

function firstName(name: string): string {
  return name.split(/\s+/u)[0] ?? name;
}
