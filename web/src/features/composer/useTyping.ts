import { useCallback, useEffect, useRef } from "react";

const AGAIN_AFTER = 4000;

/** Tells that one writes, at most every few seconds, and at once that one stopped. */
export function useTyping(setTyping: (typing: boolean) => void): (typing: boolean) => void {
  const told = useRef<number>(undefined);
  const tell = useCallback(
    (typing: boolean) => {
      const now = Date.now();
      if (typing && told.current !== undefined && now - told.current < AGAIN_AFTER) return;
      if (!typing && told.current === undefined) return;
      told.current = typing ? now : undefined;
      setTyping(typing);
    },
    [setTyping],
  );
  useEffect(() => () => tell(false), [tell]);
  return tell;
}
