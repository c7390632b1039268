import { useSyncExternalStore } from "react";
import type { Observable } from "../../lib/observable.ts";

/** The snapshot of an observable, drawn again when it changes. */
export function useObservable<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, observable.snapshot);
}
