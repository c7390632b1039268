import { useSyncExternalStore } from "react";

/** Whether somebody is looking at the page: it is visible and has the focus. */
export function usePageActive(): boolean {
  return useSyncExternalStore(subscribe, isActive);
}

function isActive(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

function subscribe(onChange: () => void): () => void {
  document.addEventListener("visibilitychange", onChange);
  window.addEventListener("focus", onChange);
  window.addEventListener("blur", onChange);
  return () => {
    document.removeEventListener("visibilitychange", onChange);
    window.removeEventListener("focus", onChange);
    window.removeEventListener("blur", onChange);
  };
}
