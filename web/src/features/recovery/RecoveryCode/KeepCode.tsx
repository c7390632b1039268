/** The two steps of a new code: keep it, then prove it. Neither can be skipped. */
import { useState, type ReactNode } from "react";
import { Button } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { ReadBack } from "./ReadBack.tsx";
import { RecoveryCode } from "./RecoveryCode.tsx";
import styles from "./KeepCode.module.css";

interface KeepCodeProps {
  readonly code: readonly string[];
  readonly asked: readonly [number, number];
  readonly onConfirm: (typed: readonly [string, string]) => Promise<void>;
  readonly finish: string;
  readonly finishing: string;
}

export function KeepCode(props: KeepCodeProps): ReactNode {
  const { t } = useLanguage();
  const [step, setStep] = useState<"keep" | "check">("keep");
  const keeping = step === "keep";
  return (
    <div className={styles.steps}>
      <div>
        <p className={styles.step}>{t("recovery.setup.step", { step: keeping ? 1 : 2 })}</p>
        <h2 className={styles.title}>
          {t(keeping ? "recovery.setup.save" : "recovery.setup.check")}
        </h2>
        <p className={styles.hint}>
          {t(keeping ? "recovery.setup.saveHint" : "recovery.setup.checkHint")}
        </p>
      </div>
      {keeping ? (
        <>
          <RecoveryCode code={props.code} />
          <Button look="solid" wide onClick={() => setStep("check")}>
            {t("recovery.setup.next")}
          </Button>
        </>
      ) : (
        <ReadBack {...props} onShowAgain={() => setStep("keep")} />
      )}
    </div>
  );
}
