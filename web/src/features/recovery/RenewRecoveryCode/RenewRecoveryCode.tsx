/** Making a new recovery code, from the settings. */
import { useCallback, useEffect, useState, type ReactNode } from "react";
import type { NewRecoveryCode, Session } from "../../../matrix/model.ts";
import { Button } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Spinner } from "../../../ui/Spinner/Spinner.tsx";
import { toastDone } from "../../../ui/Toasts/Toasts.tsx";
import { useTask } from "../../../ui/hooks/useTask.ts";
import { KeepCode } from "../RecoveryCode/KeepCode.tsx";
import { RecoveryPage } from "../RecoveryPage.tsx";

interface RenewRecoveryCodeProps {
  readonly newRecoveryCode: Session["newRecoveryCode"];
  readonly onClose: () => void;
}

export function RenewRecoveryCode({ newRecoveryCode, onClose }: RenewRecoveryCodeProps): ReactNode {
  const { t, errorText } = useLanguage();
  const [fresh, setFresh] = useState<NewRecoveryCode>();
  const make = useCallback(async () => setFresh(await newRecoveryCode()), [newRecoveryCode]);
  const { run, error } = useTask(make);
  useEffect(() => void run(), [run]);
  const confirm = async (typed: readonly [string, string]): Promise<void> => {
    await fresh?.confirm(typed);
    toastDone(t("recovery.renew.done"));
    onClose();
  };
  return (
    <RecoveryPage
      inside
      title={t("recovery.renew.title")}
      why={t("recovery.renew.why")}
      footer={
        <Button look="link" onClick={onClose}>
          {t("app.cancel")}
        </Button>
      }
    >
      {fresh && (
        <KeepCode
          code={fresh.code}
          asked={fresh.asked}
          onConfirm={confirm}
          finish={t("recovery.renew.finish")}
          finishing={t("recovery.renew.finishing")}
        />
      )}
      {!fresh && (error === undefined ? <Spinner /> : <p role="alert">{errorText(error)}</p>)}
    </RecoveryPage>
  );
}
