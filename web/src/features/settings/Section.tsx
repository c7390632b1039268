/** A chapter of the settings. */
import { useId, type ReactNode } from "react";
import styles from "./Section.module.css";

interface SectionProps {
  readonly title: string;
  readonly children: ReactNode;
}

export function Section({ title, children }: SectionProps): ReactNode {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <h2 id={id} className={styles.title}>
        {title}
      </h2>
      {children}
    </section>
  );
}

interface BlockProps {
  readonly title: string;
  readonly hint?: string;
  readonly children?: ReactNode;
}

/** A matter within a chapter. */
export function Block({ title, hint, children }: BlockProps): ReactNode {
  return (
    <div className={styles.block}>
      <h3 className={styles.blockTitle}>{title}</h3>
      {hint && <p className={styles.hint}>{hint}</p>}
      {children}
    </div>
  );
}
