/** An entry with the marks around it. */
import type { ReactNode } from "react";
import type { Row } from "../../../lib/rows.ts";
import type { EventId, TimelineItem } from "../../../matrix/model.ts";
import { DayMark, NewMark } from "../Marks/Marks.tsx";
import { MessageRow } from "../MessageRow/MessageRow.tsx";
import { NoticeRow } from "../NoticeRow/NoticeRow.tsx";
import type { MessageHandlers } from "../actions.ts";
import styles from "./Timeline.module.css";

interface TimelineRowProps {
  readonly row: Row<TimelineItem>;
  readonly now: number;
  readonly latest: boolean;
  readonly reachable: boolean;
  readonly target: EventId | undefined;
  readonly handlers: MessageHandlers;
  readonly onFocus: (key: string) => void;
}

export function TimelineRow({
  row,
  now,
  latest,
  reachable,
  target,
  handlers,
  onFocus,
}: TimelineRowProps): ReactNode {
  const { item, dayAbove, dayBelow, newAbove, first, last } = row;
  return (
    <div className={styles.row} data-target={item.eventId !== undefined && item.eventId === target}>
      {dayAbove !== undefined && <DayMark timestamp={dayAbove} now={now} />}
      {newAbove && <NewMark />}
      {item.kind === "notice" ? (
        <NoticeRow item={item} />
      ) : (
        <MessageRow
          item={item}
          first={first}
          last={last}
          latest={latest}
          reachable={reachable}
          handlers={handlers}
          onFocus={onFocus}
        />
      )}
      {dayBelow !== undefined && <DayMark timestamp={dayBelow} now={now} />}
    </div>
  );
}
