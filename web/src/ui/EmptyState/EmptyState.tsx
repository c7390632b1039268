/** Nothing here, said kindly, with what to do about it. */
import type { ReactNode } from "react";
import styles from "./EmptyState.module.css";

interface EmptyStateProps {
  readonly picture: ReactNode;
  readonly title: string;
  /** It is the whole page: its title is the page's. */
  readonly page?: boolean;
  readonly hint?: string;
  readonly action?: ReactNode;
}

export function EmptyState({
  picture,
  title,
  page = false,
  hint,
  action,
}: EmptyStateProps): ReactNode {
  return (
    <div className={styles.empty}>
      <div className={styles.picture}>{picture}</div>
      {page ? <h1 className={styles.title}>{title}</h1> : <p className={styles.title}>{title}</p>}
      {hint && <p className={styles.hint}>{hint}</p>}
      {action}
    </div>
  );
}
