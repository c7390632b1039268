/** A message that cannot be read: why, and the one thing to do. */
import type { ReactNode } from "react";
import { Hourglass, KeyRound, ShieldAlert, UserPlus, type LucideIcon } from "lucide-react";
import type { UndecryptableCause } from "../../../matrix/model.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import styles from "./Undecryptable.module.css";

/** A new cause does not compile until it has its picture here and its words in the catalogues. */
const ICONS = {
  "on-its-way": Hourglass,
  "backup-lacks-it": KeyRound,
  "before-you-joined": UserPlus,
  "sender-device-unverified": ShieldAlert,
  lost: KeyRound,
} satisfies Record<UndecryptableCause, LucideIcon>;

export function Undecryptable({ cause }: { readonly cause: UndecryptableCause }): ReactNode {
  const { t } = useLanguage();
  const Icon = ICONS[cause];
  return (
    <div className={styles.notice}>
      <Icon aria-hidden />
      <p>
        <span className={styles.cause}>{t(`undecryptable.${cause}`)}</span>{" "}
        <span>{t(`undecryptable.${cause}-action`)}</span>
      </p>
    </div>
  );
}
