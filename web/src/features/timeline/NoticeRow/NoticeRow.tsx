/** Something that happened in the room, in one quiet line. */
import type { ReactNode } from "react";
import { LockKeyhole } from "lucide-react";
import type { Translate } from "../../../lib/translate.ts";
import type { NoticeItem } from "../../../matrix/model.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import styles from "./NoticeRow.module.css";

export function NoticeRow({ item }: { readonly item: NoticeItem }): ReactNode {
  const { t } = useLanguage();
  return (
    <p className={styles.notice} data-sealed={item.change.kind === "encrypted"}>
      {item.change.kind === "encrypted" && <LockKeyhole aria-hidden />}
      {noticeText(item, t)}
    </p>
  );
}

/** The sentence of a notice. */
export function noticeText({ author, change }: NoticeItem, t: Translate): string {
  switch (change.kind) {
    case "joined":
    case "left":
    case "renamed-self":
      return t(`notice.${change.kind}`, { name: change.target.name });
    case "invited":
    case "removed":
    case "banned":
      return t(`notice.${change.kind}`, { author: author.name, name: change.target.name });
    case "created":
    case "avatar":
    case "permissions":
      return t(`notice.${change.kind}`, { author: author.name });
    case "encrypted":
      return t("notice.encrypted");
    case "named":
    case "topic":
      return t(`notice.${change.kind}`, { author: author.name, value: change.value });
  }
}
