/** Gives a room another name. */
import { useState, type SubmitEvent, type ReactNode } from "react";
import { Button } from "../../../ui/Button/Button.tsx";
import { Dialog, DialogActions } from "../../../ui/Dialog/Dialog.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Problem } from "../../../ui/Problem/Problem.tsx";
import { TextField } from "../../../ui/TextField/TextField.tsx";
import { useTask } from "../../../ui/hooks/useTask.ts";
import { focusAtOnce } from "../../../ui/hooks/focusAtOnce.ts";

interface RenameDialogProps {
  readonly name: string;
  readonly onRename: (name: string) => Promise<void>;
  readonly onClose: () => void;
}

export function RenameDialog({ name, onRename, onClose }: RenameDialogProps): ReactNode {
  const { t, errorText } = useLanguage();
  const [wanted, setWanted] = useState(name);
  const [missing, setMissing] = useState(false);
  const task = useTask(onRename);
  const submit = async (): Promise<void> => {
    const trimmed = wanted.trim();
    setMissing(trimmed === "");
    if (trimmed !== "" && (await task.run(trimmed))) onClose();
  };
  return (
    <Dialog title={t("details.renameTitle")} size="small" onClose={onClose}>
      <form
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label={t("create.name")}
          value={wanted}
          onChange={setWanted}
          error={missing ? t("create.missingName") : undefined}
          autoFocus={focusAtOnce()}
          maxLength={120}
        />
        <Problem text={task.error === undefined ? undefined : errorText(task.error)} />
        <DialogActions>
          <Button look="quiet" onClick={onClose}>
            {t("app.cancel")}
          </Button>
          <Button type="submit" look="solid" busy={task.running}>
            {t("details.renameSubmit")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
