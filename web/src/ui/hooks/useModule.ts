import { useEffect, useState } from "react";

export type Loaded<M> =
  | { readonly kind: "waiting" }
  | { readonly kind: "ready"; readonly module: M }
  | { readonly kind: "failed" };

/** A part of the client that is fetched when first wanted; without a network it fails, and is asked for again the next time. */
export function useModule<M>(load: () => Promise<M>): Loaded<M> {
  const [state, setState] = useState<Loaded<M>>({ kind: "waiting" });
  useEffect(() => {
    let current = true;
    load().then(
      (module) => current && setState({ kind: "ready", module }),
      () => current && setState({ kind: "failed" }),
    );
    return () => {
      current = false;
    };
  }, [load]);
  return state;
}
