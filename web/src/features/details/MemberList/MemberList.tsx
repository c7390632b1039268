/** The people of a room, with what they may do. */
import type { ReactNode } from "react";
import { UserRoundMinus } from "lucide-react";
import type { Member, UserId } from "../../../matrix/model.ts";
import { Avatar } from "../../../ui/Avatar/Avatar.tsx";
import { IconButton } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import styles from "./MemberList.module.css";

interface MemberListProps {
  readonly me: UserId;
  readonly members: readonly Member[];
  /** Absent when one may not. */
  readonly onRemove?: (member: Member) => void;
  readonly action: ReactNode;
}

export function MemberList({ me, members, onRemove, action }: MemberListProps): ReactNode {
  const { t } = useLanguage();
  return (
    <section>
      <header className={styles.header}>
        <h2>{t("details.membersCount", { count: members.length })}</h2>
        {action}
      </header>
      <ul className={styles.list}>
        {members.map((member) => (
          <li
            key={member.userId}
            className={styles.member}
            data-invited={member.membership === "invite"}
          >
            <Avatar name={member.name} source={member.avatarMxc} />
            <span className={styles.text}>
              <span className={styles.name}>
                {member.name}
                {member.userId === me && <span className={styles.you}> ({t("details.you")})</span>}
              </span>
              <MemberNote member={member} />
            </span>
            {onRemove && member.userId !== me && member.role !== "admin" && (
              <IconButton
                small
                className={styles.remove}
                label={t("details.remove", { name: member.name })}
                icon={<UserRoundMinus />}
                onClick={() => onRemove(member)}
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function MemberNote({ member }: { readonly member: Member }): ReactNode {
  const { t } = useLanguage();
  if (member.membership === "invite")
    return <span className={styles.note}>{t("details.invited")}</span>;
  if (member.role === "member") return null;
  return <span className={styles.note}>{t(`details.role.${member.role}`)}</span>;
}
