import { useMemo, useRef, useState, type RefObject } from "react";
import type { MessageItem } from "../../../matrix/model.ts";

export interface Overlay {
  readonly kind: "menu" | "reaction" | "image" | "delete";
  readonly item: MessageItem;
}

export interface Overlays {
  /** The one thing open above the timeline, if any. */
  readonly open: Overlay | undefined;
  readonly anchor: RefObject<Element | null>;
  readonly show: (overlay: Overlay, anchor?: Element) => void;
  readonly close: () => void;
}

/** What stands open above the timeline: one at a time. */
export function useOverlay(): Overlays {
  const [open, setOpen] = useState<Overlay>();
  const anchor = useRef<Element>(null);
  return useMemo(
    () => ({
      open,
      anchor,
      show: (overlay, place) => {
        if (place !== undefined) anchor.current = place;
        setOpen(overlay);
      },
      close: () => setOpen(undefined),
    }),
    [open],
  );
}
