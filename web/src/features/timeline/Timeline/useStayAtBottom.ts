import { useCallback, useRef } from "react";

export interface StayAtBottom {
  readonly scrollerRef: (scroller: HTMLElement | Window | null) => void;
  readonly totalListHeightChanged: () => void;
}

/** As near as this to the end is at the end. */
export const NEAR_BOTTOM = 48;

/**
 * Who reads the end goes on reading the end, when the composer grows, a picture comes or a reaction
 * is added; who reads above is left alone.
 */
export function useStayAtBottom(atFirst: boolean): StayAtBottom {
  const list = useRef<HTMLElement>(null);
  const stuck = useRef(atFirst);
  const leave = useRef<() => void>(undefined);

  const stay = useCallback(() => {
    if (stuck.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, []);

  const scrollerRef = useCallback(
    (scroller: HTMLElement | Window | null) => {
      leave.current?.();
      leave.current = undefined;
      list.current = scroller instanceof HTMLElement ? scroller : null;
      if (!(scroller instanceof HTMLElement)) return;
      const look = (): void => {
        const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
        stuck.current = below <= NEAR_BOTTOM;
      };
      const resized = new ResizeObserver(stay);
      scroller.addEventListener("scroll", look, { passive: true });
      resized.observe(scroller);
      leave.current = () => {
        scroller.removeEventListener("scroll", look);
        resized.disconnect();
      };
    },
    [stay],
  );

  return { scrollerRef, totalListHeightChanged: stay };
}
