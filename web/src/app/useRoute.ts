import { useCallback, useMemo, useSyncExternalStore } from "react";
import { formatRoute, parseRoute, type Route } from "../lib/route.ts";

export interface Navigation {
  readonly route: Route;
  /** Goes to a place; the browser's back button returns. */
  readonly go: (route: Route) => void;
  /** Goes to a place instead of the present one. */
  readonly replace: (route: Route) => void;
  /** Goes back inside the client, or to `otherwise` if one came from outside. */
  readonly back: (otherwise: Route) => void;
}

const MOVED = "chappe:moved";

/** The place in the address bar. */
export function useRoute(): Navigation {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  const route = useMemo(() => parseRoute(hash), [hash]);
  const go = useCallback((to: Route) => {
    if (formatRoute(to) === location.hash) return;
    history.pushState({ depth: depth() + 1 }, "", formatRoute(to));
    window.dispatchEvent(new Event(MOVED));
  }, []);
  const replace = useCallback((to: Route) => {
    history.replaceState({ depth: depth() }, "", formatRoute(to));
    window.dispatchEvent(new Event(MOVED));
  }, []);
  const back = useCallback(
    (otherwise: Route) => {
      if (depth() > 0) history.back();
      else replace(otherwise);
    },
    [replace],
  );
  return useMemo(() => ({ route, go, replace, back }), [route, go, replace, back]);
}

/** How many places of the client lie behind this one. */
function depth(): number {
  const state: unknown = history.state;
  if (typeof state !== "object" || state === null || !("depth" in state)) return 0;
  return typeof state.depth === "number" ? state.depth : 0;
}

function subscribe(onChange: () => void): () => void {
  const events = ["popstate", "hashchange", MOVED];
  for (const event of events) window.addEventListener(event, onChange);
  return () => {
    for (const event of events) window.removeEventListener(event, onChange);
  };
}
