/** At the edge of a row: how far one's message is, and who has read up to here. */
import type { ReactNode } from "react";
import { Check, Clock } from "lucide-react";
import type { MessageItem } from "../../../matrix/model.ts";
import { Avatar } from "../../../ui/Avatar/Avatar.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { VisuallyHidden } from "../../../ui/VisuallyHidden/VisuallyHidden.tsx";
import styles from "./Receipts.module.css";

const SHOWN = 3;

interface ReceiptsProps {
  readonly item: MessageItem;
  /** The last message of the timeline: it alone says "sent". */
  readonly latest: boolean;
}

export function Receipts({ item, latest }: ReceiptsProps): ReactNode {
  const { t } = useLanguage();
  if (item.state === "sending") return <State icon={<Clock />} word={t("message.sending")} />;
  if (item.readBy.length > 0) return <Readers item={item} />;
  if (item.own && item.state === "sent" && latest)
    return <State icon={<Check />} word={t("message.sent")} />;
  return null;
}

function State({ icon, word }: { readonly icon: ReactNode; readonly word: string }): ReactNode {
  return (
    <span className={styles.state} title={word}>
      {icon}
      <VisuallyHidden>{word}</VisuallyHidden>
    </span>
  );
}

function Readers({ item }: { readonly item: MessageItem }): ReactNode {
  const { t } = useLanguage();
  const names = t("message.readBy", { names: item.readBy.map((person) => person.name).join(", ") });
  const more = item.readBy.length - SHOWN;
  return (
    <span className={styles.readers} title={names}>
      <VisuallyHidden>{names}</VisuallyHidden>
      {item.readBy.slice(0, SHOWN).map((person) => (
        <Avatar key={person.userId} name={person.name} source={person.avatarMxc} size={16} />
      ))}
      {more > 0 && (
        <span className={styles.more} aria-hidden="true">
          +{more}
        </span>
      )}
      {item.readBy.length > 1 && (
        <span className={styles.others} aria-hidden="true">
          +{item.readBy.length - 1}
        </span>
      )}
    </span>
  );
}
