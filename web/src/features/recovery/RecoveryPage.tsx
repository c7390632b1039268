/** The calm page on which a recovery code is dealt with. */
import type { ReactNode } from "react";
import { Sign } from "../../ui/Sign/Sign.tsx";
import styles from "./RecoveryPage.module.css";

interface RecoveryPageProps {
  readonly title: string;
  readonly why: string;
  readonly children: ReactNode;
  readonly footer: ReactNode;
}

export function RecoveryPage({ title, why, children, footer }: RecoveryPageProps): ReactNode {
  return (
    <main className={styles.page}>
      <div className={styles.column}>
        <header className={styles.header}>
          <Sign size={40} />
          <h1 className={styles.title}>{title}</h1>
          <p className={styles.why}>{why}</p>
        </header>
        <div className={styles.card}>{children}</div>
        <footer className={styles.footer}>{footer}</footer>
      </div>
    </main>
  );
}
