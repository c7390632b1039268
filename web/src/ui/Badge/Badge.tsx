/** A count that asks to be seen. */
import type { ReactNode } from "react";
import { useLanguage } from "../Language/Language.tsx";
import { VisuallyHidden } from "../VisuallyHidden/VisuallyHidden.tsx";
import styles from "./Badge.module.css";

interface BadgeProps {
  readonly count: number;
  readonly mention: boolean;
}

export function Badge({ count, mention }: BadgeProps): ReactNode {
  const { t } = useLanguage();
  return (
    <span className={styles.badge} data-mention={mention}>
      <span aria-hidden="true">
        {mention && "@"}
        {count > 99 ? "99+" : count}
      </span>
      <VisuallyHidden>
        {t("list.unread", { count })}
        {mention && ` · ${t("list.mention")}`}
      </VisuallyHidden>
    </span>
  );
}
