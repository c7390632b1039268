/** Chappe is open in another tab, which holds the keys. */
import type { ReactNode } from "react";
import type { Elsewhere as ElsewhereGate } from "../../matrix/model.ts";
import { Button } from "../../ui/Button/Button.tsx";
import { EmptyState } from "../../ui/EmptyState/EmptyState.tsx";
import { useLanguage } from "../../ui/Language/Language.tsx";
import { Sign } from "../../ui/Sign/Sign.tsx";
import { useTask } from "../../ui/hooks/useTask.ts";
import styles from "./Elsewhere.module.css";

export function Elsewhere({ gate }: { readonly gate: ElsewhereGate }): ReactNode {
  const { t } = useLanguage();
  const task = useTask(gate.takeOver);
  return (
    <main className={styles.page}>
      <EmptyState
        page
        picture={<Sign size={64} moving={task.running} />}
        title={t("elsewhere.title")}
        hint={t("elsewhere.detail")}
        action={
          <Button look="solid" busy={task.running} onClick={() => void task.run()}>
            {t("elsewhere.here")}
          </Button>
        }
      />
    </main>
  );
}
