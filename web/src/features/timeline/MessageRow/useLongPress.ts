import { useEffect, useRef, type MouseEvent, type PointerEvent } from "react";

const HELD_FOR = 450;
const MOVED = 10;

export interface LongPress {
  readonly onPointerDown: (event: PointerEvent) => void;
  readonly onPointerMove: (event: PointerEvent) => void;
  readonly onPointerUp: () => void;
  readonly onPointerCancel: () => void;
  readonly onContextMenu: (event: MouseEvent) => void;
  readonly onClickCapture: (event: MouseEvent) => void;
}

/** A finger held still, or the context-menu key or button away from links, asks for the menu. */
export function useLongPress(onLongPress: () => void): LongPress {
  const press = useRef<{ x: number; y: number; timer: ReturnType<typeof setTimeout> }>(undefined);
  const fired = useRef(false);
  const release = (): void => {
    clearTimeout(press.current?.timer);
    press.current = undefined;
  };
  useEffect(() => release, []);
  return {
    onPointerDown: (event) => {
      fired.current = false;
      if (event.pointerType !== "touch") return;
      const timer = setTimeout(() => {
        fired.current = true;
        onLongPress();
      }, HELD_FOR);
      press.current = { x: event.clientX, y: event.clientY, timer };
    },
    onPointerMove: (event) => {
      const from = press.current;
      if (from && Math.hypot(event.clientX - from.x, event.clientY - from.y) > MOVED) release();
    },
    onPointerUp: release,
    onPointerCancel: release,
    onContextMenu: (event) => {
      const own = event.target instanceof Element && event.target.closest("a, img") !== null;
      const selecting = getSelection()?.isCollapsed === false;
      if ((own || selecting) && !fired.current) return;
      event.preventDefault();
      if (!fired.current) onLongPress();
    },
    onClickCapture: (event) => {
      if (!fired.current) return;
      fired.current = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
