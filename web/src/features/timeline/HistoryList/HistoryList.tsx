/**
 * A long history of which only a window is drawn. Rows have any height and none is guessed: what is
 * read stays where it is to the pixel, because the list measures what it added above and scrolls by
 * as much before anything is painted.
 */
import type { ReactNode, Ref } from "react";
import styles from "./HistoryList.module.css";
import { useHistory, type HistoryHandle } from "./useHistory.ts";

export interface HistoryListProps<R> {
  readonly ref: Ref<HistoryHandle>;
  readonly rows: readonly R[];
  /** Place of the first row in the whole history; it counts down as older rows arrive. */
  readonly firstIndex: number;
  readonly keyOf: (row: R) => string;
  readonly draw: (row: R) => ReactNode;
  /** Stands above the rows, always: its height is part of what must not change. */
  readonly header: ReactNode;
  /** Index of the row to begin at; without it, the end. */
  readonly beginAt: number | undefined;
  /** The reader nears the beginning of what is known. */
  readonly onStart: () => void;
  readonly onAtBottom: (atBottom: boolean) => void;
}

export function HistoryList<R>(props: HistoryListProps<R>): ReactNode {
  const { rows, firstIndex, keyOf, draw, header } = props;
  const { range, scroller, content } = useHistory(props);
  const drawn = rows.slice(range.start - firstIndex, range.end - firstIndex);
  return (
    <div ref={scroller} className={styles.scroller} tabIndex={0} data-history>
      <div ref={content} className={styles.content}>
        {header}
        {drawn.map((row) => {
          const key = keyOf(row);
          return (
            <div key={key} data-row={key}>
              {draw(row)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
