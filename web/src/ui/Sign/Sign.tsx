/** Chappe's semaphore: a beam and two arms. While `moving`, it sends. */
import type { ReactNode } from "react";
import styles from "./Sign.module.css";

interface SignProps {
  readonly size?: number;
  readonly moving?: boolean;
}

export function Sign({ size = 32, moving = false }: SignProps): ReactNode {
  return (
    <svg
      className={styles.sign}
      width={size}
      height={size}
      viewBox="0 0 48 48"
      aria-hidden="true"
      data-moving={moving}
    >
      <SignStrokes />
    </svg>
  );
}

/** The three strokes alone, in a box of 48, to stand in a larger drawing. */
export function SignStrokes(): ReactNode {
  return (
    <g className={styles.beam}>
      <line x1="9" y1="24" x2="39" y2="24" />
      <line className={styles.left} x1="9" y1="24" x2="9" y2="39" />
      <line className={styles.right} x1="39" y1="24" x2="39" y2="9" />
    </g>
  );
}
