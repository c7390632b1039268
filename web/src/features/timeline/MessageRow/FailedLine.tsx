/** A message that did not leave, and the two ways out. */
import type { ReactNode } from "react";
import { CircleAlert } from "lucide-react";
import { Button } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import styles from "./MessageRow.module.css";

interface FailedLineProps {
  readonly onRetry: () => void;
  readonly onDiscard: () => void;
}

export function FailedLine({ onRetry, onDiscard }: FailedLineProps): ReactNode {
  const { t } = useLanguage();
  return (
    <p className={styles.failed} role="status">
      <CircleAlert aria-hidden />
      {t("message.failed")}
      <Button look="link" onClick={onRetry}>
        {t("message.retry")}
      </Button>
      <Button look="link" onClick={onDiscard}>
        {t("message.discard")}
      </Button>
    </p>
  );
}
