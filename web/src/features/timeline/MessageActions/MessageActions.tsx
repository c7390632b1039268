/** Beside a message on hover and focus: when, and the three first things to do. */
import { useRef, type ReactNode } from "react";
import { Ellipsis, Reply, SmilePlus } from "lucide-react";
import type { MessageItem } from "../../../matrix/model.ts";
import { IconButton } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import type { MessageHandlers } from "../actions.ts";
import styles from "./MessageActions.module.css";

interface MessageActionsProps {
  readonly item: MessageItem;
  /** The time, unless it already stands above. */
  readonly time: string | undefined;
  readonly reachable: boolean;
  readonly handlers: MessageHandlers;
}

export function MessageActions({
  item,
  time,
  reachable,
  handlers,
}: MessageActionsProps): ReactNode {
  const { t } = useLanguage();
  const bar = useRef<HTMLDivElement>(null);
  const tabIndex = reachable ? 0 : -1;
  return (
    <div ref={bar} className={styles.actions} role="group" aria-label={t("message.actions")}>
      <IconButton
        small
        tabIndex={tabIndex}
        label={t("message.react")}
        icon={<SmilePlus />}
        onClick={(event) => handlers.chooseReaction(item, event.currentTarget)}
      />
      <IconButton
        small
        tabIndex={tabIndex}
        label={t("message.reply")}
        icon={<Reply />}
        onClick={() => handlers.reply(item)}
      />
      <IconButton
        small
        tabIndex={tabIndex}
        label={t("message.more")}
        aria-haspopup="menu"
        icon={<Ellipsis />}
        onClick={(event) => handlers.openMenu(item, event.currentTarget)}
      />
      {time && <span className={styles.time}>{time}</span>}
    </div>
  );
}
