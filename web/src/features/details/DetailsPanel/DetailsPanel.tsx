/** A room, looked at: who is here, who can read, what can be changed. */
import { useState, type ReactNode } from "react";
import { LockKeyhole, LockKeyholeOpen, LogOut, Pencil, UserRoundPlus, X } from "lucide-react";
import type {
  Conversation,
  ConversationSnapshot,
  Member,
  Session,
  UserId,
} from "../../../matrix/model.ts";
import { Avatar } from "../../../ui/Avatar/Avatar.tsx";
import { Button, IconButton } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { MemberList } from "../MemberList/MemberList.tsx";
import { DetailsDialogs, type DetailsQuestion } from "./DetailsDialogs.tsx";
import styles from "./DetailsPanel.module.css";

interface DetailsPanelProps {
  readonly me: UserId;
  readonly conversation: Conversation;
  readonly snapshot: ConversationSnapshot;
  readonly searchPeople: Session["searchPeople"];
  readonly onClose: () => void;
  /** The room was left: there is nothing to show here any more. */
  readonly onLeft: () => void;
}

export function DetailsPanel(props: DetailsPanelProps): ReactNode {
  const { me, snapshot, onClose } = props;
  const { t } = useLanguage();
  const [question, setQuestion] = useState<DetailsQuestion>();
  const { room, topic, members, can } = snapshot;
  const canRemove = members.find((member) => member.userId === me)?.role !== "member";
  const ask =
    (kind: "invite" | "rename" | "leave"): (() => void) =>
    () =>
      setQuestion({ kind });
  return (
    <aside className={styles.panel} aria-label={t("details.title")}>
      <header className={styles.header}>
        <h1 className={styles.heading}>{t("details.title")}</h1>
        <IconButton label={t("header.closeDetails")} icon={<X />} onClick={onClose} />
      </header>
      <div className={styles.scroll}>
        <div className={styles.identity}>
          <Avatar
            name={room.name}
            source={room.avatarMxc}
            size={96}
            square={room.kind === "private"}
          />
          <p className={styles.name}>{room.name}</p>
          {topic && <p className={styles.topic}>{topic}</p>}
          {can.rename && room.kind === "private" && (
            <Button look="link" icon={<Pencil />} onClick={ask("rename")}>
              {t("details.rename")}
            </Button>
          )}
        </div>
        <Privacy encrypted={room.encrypted} />
        <MemberList
          me={me}
          members={members}
          {...(canRemove && room.kind === "private"
            ? { onRemove: (member: Member) => setQuestion({ kind: "remove", member }) }
            : {})}
          action={
            can.invite &&
            room.kind === "private" && (
              <Button look="link" icon={<UserRoundPlus />} onClick={ask("invite")}>
                {t("details.invite")}
              </Button>
            )
          }
        />
        <Button className={styles.leave} look="quiet" icon={<LogOut />} onClick={ask("leave")}>
          {t("details.leave")}
        </Button>
      </div>
      {question && (
        <DetailsDialogs {...props} question={question} onAnswered={() => setQuestion(undefined)} />
      )}
    </aside>
  );
}

function Privacy({ encrypted }: { readonly encrypted: boolean }): ReactNode {
  const { t } = useLanguage();
  return (
    <section
      className={styles.privacy}
      data-encrypted={encrypted}
      aria-label={t("details.security")}
    >
      {encrypted ? <LockKeyhole aria-hidden /> : <LockKeyholeOpen aria-hidden />}
      <div>
        <h2>{t(encrypted ? "details.encrypted" : "details.notEncrypted")}</h2>
        <p className={styles.explained}>
          {t(encrypted ? "details.encryptedDetail" : "details.notEncryptedDetail")}
        </p>
      </div>
    </section>
  );
}
