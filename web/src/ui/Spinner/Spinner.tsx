/** Work under way; the words beside it say which. */
import type { ReactNode } from "react";
import styles from "./Spinner.module.css";

export function Spinner({ size = 18 }: { readonly size?: number }): ReactNode {
  return (
    <svg
      className={styles.spinner}
      width={size}
      height={size}
      viewBox="0 0 18 18"
      aria-hidden="true"
    >
      <circle cx="9" cy="9" r="7" />
    </svg>
  );
}
