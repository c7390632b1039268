/** The calm page on which a recovery code is dealt with. */
import type { ReactNode } from "react";
import { Sign } from "../../ui/Sign/Sign.tsx";
import styles from "./RecoveryPage.module.css";

interface RecoveryPageProps {
  readonly title: string;
  readonly why: string;
  readonly children: ReactNode;
  readonly footer: ReactNode;
  /** Stands beside the list of conversations: the page has its main part already. */
  readonly inside?: boolean;
}

export function RecoveryPage({
  title,
  why,
  children,
  footer,
  inside = false,
}: RecoveryPageProps): ReactNode {
  const Page = inside ? "div" : "main";
  return (
    <Page className={styles.page}>
      <div className={styles.column}>
        <header className={styles.header}>
          <Sign size={40} />
          <h1 className={styles.title}>{title}</h1>
          <p className={styles.why}>{why}</p>
        </header>
        <div className={styles.card}>{children}</div>
        <footer className={styles.footer}>{footer}</footer>
      </div>
    </Page>
  );
}
