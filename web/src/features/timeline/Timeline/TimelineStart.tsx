/** A conversation with nothing in it yet, or whose messages are still coming. */
import type { ReactNode } from "react";
import type { ConversationSnapshot } from "../../../matrix/model.ts";
import { Avatar } from "../../../ui/Avatar/Avatar.tsx";
import { EmptyState } from "../../../ui/EmptyState/EmptyState.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Skeleton } from "../../../ui/Skeleton/Skeleton.tsx";
import { VisuallyHidden } from "../../../ui/VisuallyHidden/VisuallyHidden.tsx";
import styles from "./Timeline.module.css";

const SHAPES = ["medium", "long", "short", "medium", "long"] as const;

export function TimelineStart({
  snapshot,
}: {
  readonly snapshot: ConversationSnapshot;
}): ReactNode {
  const { t } = useLanguage();
  const { room, hasOlder } = snapshot;
  if (hasOlder) {
    return (
      <div className={styles.skeleton} role="status">
        <VisuallyHidden>{t("timeline.older")}</VisuallyHidden>
        {SHAPES.map((width, index) => (
          <Skeleton key={index} shape="bubble" width={width} />
        ))}
      </div>
    );
  }
  return (
    <div className={styles.empty}>
      <EmptyState
        picture={
          <Avatar
            name={room.name}
            source={room.avatarMxc}
            size={72}
            square={room.kind === "private"}
          />
        }
        title={t(room.kind === "direct" ? "timeline.emptyDirect" : "timeline.emptyRoom", {
          name: room.name,
        })}
        {...(room.encrypted ? { hint: t("timeline.emptyHint") } : {})}
      />
    </div>
  );
}
