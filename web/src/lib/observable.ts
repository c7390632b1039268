/** A value that tells when it changes; the shape that `useSyncExternalStore` wants. */
export interface Observable<T> {
  readonly subscribe: (onChange: () => void) => () => void;
  readonly snapshot: () => T;
}

/** An observable that its owner may set. */
export interface Cell<T> extends Observable<T> {
  readonly set: (value: T) => void;
}

/** Makes a cell holding `initial`. */
export function cell<T>(initial: T): Cell<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    snapshot: () => value,
    subscribe: (onChange) => {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
  };
}
