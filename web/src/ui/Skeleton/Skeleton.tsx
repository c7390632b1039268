/** The shape of what is coming. */
import type { ReactNode } from "react";
import styles from "./Skeleton.module.css";

interface SkeletonProps {
  readonly shape: "circle" | "line" | "bubble";
  readonly width?: "short" | "medium" | "long";
}

export function Skeleton({ shape, width = "long" }: SkeletonProps): ReactNode {
  return (
    <span className={styles.skeleton} data-shape={shape} data-width={width} aria-hidden="true" />
  );
}
