/** Where a whole recovery code is pasted or typed. */
import { useId, type KeyboardEvent, type ReactNode, type Ref } from "react";
import { groupTyped } from "../../../lib/recovery.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import styles from "./RecoveryRestore.module.css";

interface CodeAreaProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly invalid: boolean;
  readonly ref: Ref<HTMLTextAreaElement>;
}

export function CodeArea({ value, onChange, invalid, ref }: CodeAreaProps): ReactNode {
  const { t } = useLanguage();
  const id = useId();
  const sendOnEnter = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.currentTarget.form?.requestSubmit();
  };
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {t("recovery.restore.code")}
      </label>
      <textarea
        ref={ref}
        id={id}
        className={styles.area}
        rows={3}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onBlur={() => onChange(groupTyped(value))}
        onKeyDown={sendOnEnter}
        aria-invalid={invalid}
        aria-describedby={`${id}-hint`}
        autoFocus
        autoComplete="off"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
      />
      <p id={`${id}-hint`} className={styles.hint}>
        {t("recovery.restore.hint")}
      </p>
    </div>
  );
}
