/** Which conversation this is, and how it is kept. */
import type { ReactNode } from "react";
import { ArrowLeft, LockKeyhole, LockKeyholeOpen, PanelRight } from "lucide-react";
import type { ConversationSnapshot } from "../../matrix/model.ts";
import { Avatar } from "../../ui/Avatar/Avatar.tsx";
import { IconButton } from "../../ui/Button/Button.tsx";
import { useLanguage } from "../../ui/Language/Language.tsx";
import styles from "./ConversationHeader.module.css";

interface ConversationHeaderProps {
  readonly snapshot: ConversationSnapshot;
  readonly details: boolean;
  readonly onBack: () => void;
  readonly onToggleDetails: () => void;
}

export function ConversationHeader({
  snapshot,
  details,
  onBack,
  onToggleDetails,
}: ConversationHeaderProps): ReactNode {
  const { t } = useLanguage();
  const { room } = snapshot;
  return (
    <header className={styles.header}>
      <IconButton
        className={styles.back}
        label={t("app.back")}
        icon={<ArrowLeft />}
        onClick={onBack}
      />
      <Avatar name={room.name} source={room.avatarMxc} size={36} square={room.kind === "private"} />
      <div className={styles.text}>
        <h1 className={styles.name}>{room.name}</h1>
        <p className={styles.facts}>
          <span className={styles.members}>
            {room.kind === "direct"
              ? t("header.direct")
              : t("header.members", { count: room.memberCount })}
          </span>
          <span className={styles.seal} data-encrypted={room.encrypted}>
            {room.encrypted ? <LockKeyhole aria-hidden /> : <LockKeyholeOpen aria-hidden />}
            {t(room.encrypted ? "header.encrypted" : "header.notEncrypted")}
          </span>
        </p>
      </div>
      <IconButton
        label={t(details ? "header.closeDetails" : "header.openDetails")}
        aria-expanded={details}
        icon={<PanelRight />}
        onClick={onToggleDetails}
      />
    </header>
  );
}
