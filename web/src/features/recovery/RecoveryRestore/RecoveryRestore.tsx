/** A further device: the code opens what was said before. */
import { useRef, useState, type SubmitEvent, type ReactNode } from "react";
import { groupTyped } from "../../../lib/recovery.ts";
import type { RecoveryRestore as RecoveryRestoreGate } from "../../../matrix/model.ts";
import { Button } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Problem } from "../../../ui/Problem/Problem.tsx";
import { useTask } from "../../../ui/hooks/useTask.ts";
import { RecoveryPage } from "../RecoveryPage.tsx";
import { CodeArea } from "./CodeArea.tsx";
import styles from "./RecoveryRestore.module.css";

export function RecoveryRestore({ gate }: { readonly gate: RecoveryRestoreGate }): ReactNode {
  const { t, errorText } = useLanguage();
  const [typed, setTyped] = useState("");
  const [missing, setMissing] = useState(false);
  const input = useRef<HTMLTextAreaElement>(null);
  const task = useTask(gate.restore);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const code = groupTyped(typed);
    setMissing(code === "");
    if (code === "") input.current?.focus();
    else void task.run(code);
  };
  const problem = missing
    ? t("recovery.restore.missing")
    : task.error === undefined
      ? undefined
      : errorText(task.error);
  return (
    <RecoveryPage
      title={t("recovery.restore.title")}
      why={t("recovery.restore.why")}
      footer={
        <details className={styles.lost}>
          <summary>{t("recovery.restore.lost")}</summary>
          <p>{t("recovery.restore.lostDetail")}</p>
          <Button look="outline" onClick={() => void gate.signOut()}>
            {t("recovery.restore.signOut")}
          </Button>
        </details>
      }
    >
      <form className={styles.form} onSubmit={submit}>
        <CodeArea ref={input} value={typed} onChange={setTyped} invalid={problem !== undefined} />
        <Problem text={problem} />
        <Button type="submit" look="solid" wide busy={task.running}>
          {task.running ? t("recovery.restore.submitting") : t("recovery.restore.submit")}
        </Button>
      </form>
    </RecoveryPage>
  );
}
