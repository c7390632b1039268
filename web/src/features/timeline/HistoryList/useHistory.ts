import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type RefObject,
} from "react";
import { around, atEnd, follow, nearsStart, shifted, type Range } from "../../../lib/window.ts";
import type { HistoryListProps } from "./HistoryList.tsx";
import {
  anchorOf,
  bring,
  farRows,
  NEAR_BOTTOM,
  positionOf,
  restore,
  rowAt,
  type Anchor,
  type Place,
} from "./place.ts";

/** How others move a history list. */
export interface HistoryHandle {
  readonly toEnd: () => void;
  /** Brings a row into sight: to the middle, or just far enough; then calls `done`. */
  readonly show: (index: number, place: "center" | "nearest", done?: () => void) => void;
}

export interface History {
  readonly range: Range;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
}

/** Where the reader asked to be, until it is drawn. */
type Wanted =
  | { readonly kind: "end" }
  | {
      readonly kind: "row";
      readonly key: string;
      readonly place: Place;
      readonly done: (() => void) | undefined;
    };

/** Keeps the window of rows around the reader, and the reader where they are. */
export function useHistory<R>(props: HistoryListProps<R>): History {
  const { ref, rows, firstIndex, keyOf, beginAt, onStart, onAtBottom } = props;
  const bounds: Range = { start: firstIndex, end: firstIndex + rows.length };
  const [range, setRange] = useState<Range>(() =>
    beginAt === undefined ? atEnd(bounds) : around(firstIndex + beginAt, bounds),
  );
  const [known, setKnown] = useState(bounds);
  const [atBottom, setAtBottom] = useState(beginAt === undefined);
  if (known.start !== bounds.start || known.end !== bounds.end) {
    setKnown(bounds);
    setRange(follow(range, known, bounds, atBottom));
  }

  const [beginning] = useState<Wanted | undefined>(() => {
    const row = beginAt === undefined ? undefined : rows[beginAt];
    if (row === undefined) return undefined;
    return { kind: "row", key: keyOf(row), place: "start", done: undefined };
  });
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor>("end");
  const wanted = useRef(beginning);
  const latest = useRef({ range, bounds });
  useLayoutEffect(() => {
    latest.current = { range, bounds };
  });

  /** Notes where the reader is, and moves the window if its edge is near. */
  const look = useCallback(() => {
    const list = scroller.current;
    if (list === null || wanted.current !== undefined) return;
    const { range: drawn, bounds: all } = latest.current;
    const position = positionOf(list);
    const bottom = drawn.end === all.end && position.below <= NEAR_BOTTOM;
    anchor.current = bottom ? "end" : (anchorOf(list) ?? anchor.current);
    setAtBottom(bottom);
    const next = shifted(drawn, all, position, (side, far) => farRows(list, side, far));
    if (next.start !== drawn.start || next.end !== drawn.end) setRange(next);
    if (nearsStart(drawn, all, position)) onStart();
  }, [onStart]);

  /** Puts the reader where they asked to be, or back where they were, before anything is painted. */
  const settle = useCallback(() => {
    const list = scroller.current;
    if (list === null) return;
    const target = wanted.current;
    if (target?.kind === "row") {
      const row = rowAt(list, target.key);
      if (row === undefined) return;
      wanted.current = undefined;
      bring(list, row, target.place);
      target.done?.();
    } else if (target?.kind === "end") {
      if (latest.current.range.end !== latest.current.bounds.end) return;
      wanted.current = undefined;
      restore(list, "end");
    } else {
      restore(list, anchor.current);
    }
    look();
  }, [look]);

  useLayoutEffect(settle);
  useEffect(() => onAtBottom(atBottom), [atBottom, onAtBottom]);
  useEffect(() => {
    const list = scroller.current;
    if (list === null || content.current === null) return;
    const resized = new ResizeObserver(settle);
    resized.observe(list);
    resized.observe(content.current);
    list.addEventListener("scroll", look, { passive: true });
    return () => {
      resized.disconnect();
      list.removeEventListener("scroll", look);
    };
  }, [settle, look]);

  useImperativeHandle(ref, () => ({
    toEnd: () => {
      wanted.current = { kind: "end" };
      if (range.end === bounds.end) settle();
      else setRange(atEnd(bounds));
    },
    show: (index, place, done) => {
      const row = rows[index];
      if (row === undefined) return;
      wanted.current = { kind: "row", key: keyOf(row), place, done };
      const absolute = firstIndex + index;
      if (absolute >= range.start && absolute < range.end) settle();
      else setRange(around(absolute, bounds));
    },
  }));

  return { range, scroller, content };
}
