import type { KeyboardEvent } from "react";

const STOP = "[data-roving]";

/** Arrow keys, Home and End move the focus among the descendants marked `data-roving`. */
export function useRovingList(): {
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
} {
  return {
    onKeyDown: (event) => {
      if (!(event.target instanceof Element) || !event.target.matches(STOP)) return;
      const stops = [...event.currentTarget.querySelectorAll<HTMLElement>(STOP)];
      const place = stops.findIndex((stop) => stop === event.target);
      const next = nextPlace(event.key, place, stops.length);
      if (next === undefined) return;
      event.preventDefault();
      stops[next]?.focus();
    },
  };
}

/** The place that a key leads to, from `place`, among `count`. */
export function nextPlace(key: string, place: number, count: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return Math.min(place + 1, count - 1);
    case "ArrowUp":
      return Math.max(place - 1, 0);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
