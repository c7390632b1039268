/** One message: who, what, when, and what can be done about it. */
import { memo, useRef, type ReactNode } from "react";
import { formatTime } from "../../../lib/dates.ts";
import { hue } from "../../../lib/names.ts";
import { previewText } from "../../../lib/preview.ts";
import type { MessageItem } from "../../../matrix/model.ts";
import { Avatar } from "../../../ui/Avatar/Avatar.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Bubble } from "../Bubble/Bubble.tsx";
import { MessageActions } from "../MessageActions/MessageActions.tsx";
import { Reactions } from "../Reactions/Reactions.tsx";
import { Receipts } from "../Receipts/Receipts.tsx";
import type { MessageHandlers } from "../actions.ts";
import { FailedLine } from "./FailedLine.tsx";
import styles from "./MessageRow.module.css";
import { useLongPress } from "./useLongPress.ts";

interface MessageRowProps {
  readonly item: MessageItem;
  readonly first: boolean;
  readonly last: boolean;
  /** The last message of all. */
  readonly latest: boolean;
  /** This row is the one that Tab reaches. */
  readonly reachable: boolean;
  readonly handlers: MessageHandlers;
  readonly onFocus: (key: string) => void;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps): ReactNode {
  const { item, first, last, latest, reachable, handlers, onFocus } = props;
  const { t, locale } = useLanguage();
  const bubble = useRef<HTMLDivElement>(null);
  const time = formatTime(item.timestamp, locale);
  const { author, own } = item;
  const openMenu = (): void => {
    if (bubble.current !== null) handlers.openMenu(item, bubble.current);
  };
  const longPress = useLongPress(openMenu);
  return (
    <article
      className={styles.row}
      data-own={own}
      data-first={first}
      data-last={last}
      data-key={item.key}
      data-hue={hue(author.name)}
      tabIndex={reachable ? 0 : -1}
      aria-label={t("message.label", {
        name: own ? t("message.own") : author.name,
        time,
        text: previewText(item.body, t),
      })}
      onFocus={() => onFocus(item.key)}
    >
      {!own && first && (
        <span className={styles.avatar}>
          <Avatar name={author.name} source={author.avatarMxc} size={32} />
        </span>
      )}
      <div className={styles.column}>
        {first && (
          <p className={styles.byline}>
            {!own && <span className={styles.name}>{author.name}</span>}
            <time dateTime={new Date(item.timestamp).toISOString()}>{time}</time>
          </p>
        )}
        <div className={styles.said}>
          <div ref={bubble} className={styles.bubble} {...longPress}>
            <Bubble item={item} handlers={handlers} />
          </div>
          {item.state === "sent" && item.body.kind !== "deleted" && (
            <MessageActions
              item={item}
              time={first ? undefined : time}
              reachable={reachable}
              handlers={handlers}
            />
          )}
        </div>
        <Reactions
          reactions={item.reactions}
          onToggle={(key) => handlers.toggleReaction(item, key)}
          onAdd={(anchor) => handlers.chooseReaction(item, anchor)}
        />
        {item.state === "failed" && (
          <FailedLine
            onRetry={() => handlers.retry(item)}
            onDiscard={() => handlers.discard(item)}
          />
        )}
      </div>
      <span className={styles.gutter}>
        <Receipts item={item} latest={latest} />
      </span>
    </article>
  );
});
