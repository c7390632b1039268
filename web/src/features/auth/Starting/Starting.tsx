/** The first thing seen: the sign, sending, until the client knows who is here. */
import type { ReactNode } from "react";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Sign } from "../../../ui/Sign/Sign.tsx";
import styles from "./Starting.module.css";

export function Starting(): ReactNode {
  const { t } = useLanguage();
  return (
    <main className={styles.starting}>
      <Sign size={72} moving />
      <h1 className={styles.name}>Chappe</h1>
      <p className={styles.slow} role="status">
        {t("app.startingSlow")}
      </p>
    </main>
  );
}
