/** Ends the session of a device; the password says who asks. */
import { useState, type SubmitEvent, type ReactNode } from "react";
import type { Device, Session } from "../../../matrix/model.ts";
import { Button } from "../../../ui/Button/Button.tsx";
import { Dialog, DialogActions } from "../../../ui/Dialog/Dialog.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { PasswordField } from "../../../ui/PasswordField/PasswordField.tsx";
import { Problem } from "../../../ui/Problem/Problem.tsx";
import { toastDone } from "../../../ui/Toasts/Toasts.tsx";
import { useTask } from "../../../ui/hooks/useTask.ts";
import styles from "./DeviceList.module.css";

interface EndDeviceDialogProps {
  readonly device: Device;
  readonly endDevice: Session["endDevice"];
  readonly onClose: () => void;
  readonly onEnded: () => void;
}

export function EndDeviceDialog({
  device,
  endDevice,
  onClose,
  onEnded,
}: EndDeviceDialogProps): ReactNode {
  const { t, errorText } = useLanguage();
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState(false);
  const task = useTask(endDevice);
  const submit = async (): Promise<void> => {
    setMissing(password === "");
    if (password === "" || !(await task.run(device.deviceId, password))) return;
    toastDone(t("settings.ended"));
    onEnded();
  };
  return (
    <Dialog title={t("settings.endTitle", { name: device.name })} size="small" onClose={onClose}>
      <form
        className={styles.end}
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p className={styles.detail}>{t("settings.endDetail")}</p>
        <PasswordField
          label={t("signIn.password")}
          value={password}
          onChange={setPassword}
          error={missing ? t("signIn.missingPassword") : undefined}
        />
        <Problem text={task.error === undefined ? undefined : errorText(task.error)} />
        <DialogActions>
          <Button look="quiet" onClick={onClose}>
            {t("app.cancel")}
          </Button>
          <Button type="submit" look="danger" busy={task.running}>
            {t("settings.endSubmit")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
