/** Lines between messages: a day begins, or the unread begins. */
import type { ReactNode } from "react";
import { formatDay } from "../../../lib/dates.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import styles from "./Marks.module.css";

interface DayMarkProps {
  readonly timestamp: number;
  readonly now: number;
}

export function DayMark({ timestamp, now }: DayMarkProps): ReactNode {
  const { locale } = useLanguage();
  return (
    <div className={styles.day}>
      <time className={styles.label} dateTime={new Date(timestamp).toISOString()}>
        {formatDay(timestamp, now, locale)}
      </time>
    </div>
  );
}

export function NewMark(): ReactNode {
  const { t } = useLanguage();
  return (
    <div className={styles.new}>
      <span className={styles.label}>{t("timeline.new")}</span>
    </div>
  );
}
