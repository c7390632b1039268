/** An invitation: who, to what, and the two answers. */
import type { ReactNode } from "react";
import type { RoomId, RoomSummary } from "../../../matrix/model.ts";
import { Avatar } from "../../../ui/Avatar/Avatar.tsx";
import { Button } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { toastFailed } from "../../../ui/Toasts/Toasts.tsx";
import { useTask } from "../../../ui/hooks/useTask.ts";
import styles from "./InviteRow.module.css";

interface InviteRowProps {
  readonly room: RoomSummary;
  readonly onAccept: (roomId: RoomId) => Promise<void>;
  readonly onDecline: (roomId: RoomId) => Promise<void>;
}

export function InviteRow({ room, onAccept, onDecline }: InviteRowProps): ReactNode {
  const { t, errorText } = useLanguage();
  const { inviter, name, roomId } = room;
  const answer = useTask(async (reply: (roomId: RoomId) => Promise<void>) => {
    try {
      await reply(roomId);
    } catch (error) {
      toastFailed(errorText(error));
    }
  });
  const sentence =
    inviter === undefined
      ? t("list.inviteUnknown")
      : t(room.kind === "direct" ? "list.inviteDirect" : "list.inviteRoom", { name: inviter.name });
  return (
    <div className={styles.invite}>
      <Avatar name={name} source={room.avatarMxc} size={44} square={room.kind === "private"} />
      <div className={styles.text}>
        <p className={styles.name}>{name}</p>
        <p className={styles.sentence}>{sentence}</p>
      </div>
      <div className={styles.answers}>
        <Button
          look="quiet"
          aria-label={t("list.declineNamed", { name })}
          disabled={answer.running}
          onClick={() => void answer.run(onDecline)}
        >
          {t("list.decline")}
        </Button>
        <Button
          look="solid"
          aria-label={t("list.acceptNamed", { name })}
          busy={answer.running}
          onClick={() => void answer.run(onAccept)}
        >
          {t("list.accept")}
        </Button>
      </div>
    </div>
  );
}
