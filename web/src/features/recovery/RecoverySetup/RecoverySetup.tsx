/** First device: the recovery code is shown, kept and read back before anything else opens. */
import type { ReactNode } from "react";
import type { RecoverySetup as RecoverySetupGate } from "../../../matrix/model.ts";
import { Button } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { KeepCode } from "../RecoveryCode/KeepCode.tsx";
import { RecoveryPage } from "../RecoveryPage.tsx";

export function RecoverySetup({ gate }: { readonly gate: RecoverySetupGate }): ReactNode {
  const { t } = useLanguage();
  return (
    <RecoveryPage
      title={t("recovery.setup.title")}
      why={t("recovery.setup.why")}
      footer={
        <Button look="link" onClick={() => void gate.signOut()}>
          {t("recovery.restore.signOut")}
        </Button>
      }
    >
      <KeepCode
        code={gate.code}
        asked={gate.asked}
        onConfirm={gate.confirm}
        finish={t("recovery.setup.finish")}
        finishing={t("recovery.setup.finishing")}
      />
    </RecoveryPage>
  );
}
