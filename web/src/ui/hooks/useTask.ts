import { useCallback, useRef, useState } from "react";

export type TaskState =
  | { readonly kind: "idle" }
  | { readonly kind: "running" }
  | { readonly kind: "failed"; readonly error: unknown };

export interface Task<A extends readonly unknown[]> {
  readonly state: TaskState;
  readonly running: boolean;
  readonly error: unknown;
  /** Starts the work unless it is under way. Resolves to whether it succeeded. */
  readonly run: (...args: A) => Promise<boolean>;
  readonly reset: () => void;
}

/** One piece of work that a person starts, its progress and its failure. */
export function useTask<A extends readonly unknown[]>(
  work: (...args: A) => Promise<unknown>,
): Task<A> {
  const [state, setState] = useState<TaskState>({ kind: "idle" });
  const running = useRef(false);
  const run = useCallback(
    async (...args: A) => {
      if (running.current) return false;
      running.current = true;
      setState({ kind: "running" });
      try {
        await work(...args);
        setState({ kind: "idle" });
        return true;
      } catch (error) {
        setState({ kind: "failed", error });
        return false;
      } finally {
        running.current = false;
      }
    },
    [work],
  );
  const reset = useCallback(() => setState({ kind: "idle" }), []);
  return {
    state,
    running: state.kind === "running",
    error: state.kind === "failed" ? state.error : undefined,
    run,
    reset,
  };
}
