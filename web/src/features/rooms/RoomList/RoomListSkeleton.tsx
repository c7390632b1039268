/** The list before the first answer of the server. */
import type { ReactNode } from "react";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Skeleton } from "../../../ui/Skeleton/Skeleton.tsx";
import { VisuallyHidden } from "../../../ui/VisuallyHidden/VisuallyHidden.tsx";
import styles from "./RoomList.module.css";

const ROWS = ["medium", "short", "long", "medium", "long", "short", "medium"] as const;

export function RoomListSkeleton(): ReactNode {
  const { t } = useLanguage();
  return (
    <div className={styles.skeleton} role="status">
      <VisuallyHidden>{t("list.loading")}</VisuallyHidden>
      {ROWS.map((width, index) => (
        <div key={index} className={styles.skeletonRow}>
          <Skeleton shape="circle" />
          <div className={styles.skeletonText}>
            <Skeleton shape="line" width={width} />
            <Skeleton shape="line" width="long" />
          </div>
        </div>
      ))}
    </div>
  );
}
