import type { KeyboardEvent } from "react";

/** F6 goes round the panes, Shift+F6 the other way. */
export function useLandmarkKeys(): {
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
} {
  return {
    onKeyDown: (event) => {
      if (event.key !== "F6") return;
      event.preventDefault();
      const shown = [
        ...event.currentTarget.querySelectorAll<HTMLElement>("[data-landmark]"),
      ].filter((landmark) => landmark.getClientRects().length > 0);
      const place = shown.findIndex((landmark) => landmark.contains(document.activeElement));
      const step = event.shiftKey ? -1 : 1;
      shown.at((place + step) % shown.length)?.focus();
    },
  };
}
