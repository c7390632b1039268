/** Speaks to screen readers: a polite live region, and how to fill it. */
import { useSyncExternalStore, type ReactNode } from "react";
import { cell } from "../../lib/observable.ts";
import { VisuallyHidden } from "../VisuallyHidden/VisuallyHidden.tsx";

const spoken = cell<{ readonly id: number; readonly text: string }>({ id: 0, text: "" });

/** Has `text` read out when the reader is free. */
export function announce(text: string): void {
  spoken.set({ id: spoken.snapshot().id + 1, text });
}

/** The region: once, near the root. */
export function Announcer(): ReactNode {
  const { id, text } = useSyncExternalStore(spoken.subscribe, spoken.snapshot);
  return (
    <VisuallyHidden>
      <span role="log" aria-live="polite">
        <span key={id}>{text}</span>
      </span>
    </VisuallyHidden>
  );
}
