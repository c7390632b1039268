/** Asks before what cannot be undone; says it if it fails, closes when it is done. */
import type { ReactNode } from "react";
import { Button } from "../Button/Button.tsx";
import { Dialog, DialogActions } from "../Dialog/Dialog.tsx";
import { useLanguage } from "../Language/Language.tsx";
import { Problem } from "../Problem/Problem.tsx";
import { useTask } from "../hooks/useTask.ts";
import styles from "./ConfirmDialog.module.css";

interface ConfirmDialogProps {
  readonly title: string;
  readonly detail: string;
  readonly action: string;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

export function ConfirmDialog({
  title,
  detail,
  action,
  onConfirm,
  onClose,
}: ConfirmDialogProps): ReactNode {
  const { t, errorText } = useLanguage();
  const task = useTask(onConfirm);
  const confirm = async (): Promise<void> => {
    if (await task.run()) onClose();
  };
  return (
    <Dialog title={title} role="alertdialog" size="small" onClose={onClose}>
      <p className={styles.detail}>{detail}</p>
      <Problem text={task.error === undefined ? undefined : errorText(task.error)} />
      <DialogActions>
        <Button look="quiet" onClick={onClose} autoFocus>
          {t("app.cancel")}
        </Button>
        <Button look="danger" busy={task.running} onClick={() => void confirm()}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
