/** A line across the pane about a lasting state; announced politely when it appears. */
import type { ReactNode } from "react";
import styles from "./Banner.module.css";

interface BannerProps {
  readonly tone: "plain" | "warning" | "danger";
  readonly icon: ReactNode;
  readonly children: ReactNode;
}

export function Banner({ tone, icon, children }: BannerProps): ReactNode {
  return (
    <div className={styles.banner} data-tone={tone}>
      {icon}
      <span>{children}</span>
    </div>
  );
}
