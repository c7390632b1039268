import { useEffect, useState } from "react";
import type { FileCache, FilePart } from "../../../lib/fileCache.ts";
import type { EventId } from "../../../matrix/model.ts";

export type FileUrl =
  | { readonly kind: "waiting" }
  | { readonly kind: "ready"; readonly url: string }
  | { readonly kind: "failed" };

/** The decrypted file of an event, once it is here. */
export function useFileUrl(
  files: FileCache<EventId>,
  eventId: EventId | undefined,
  part: FilePart,
): FileUrl {
  const [state, setState] = useState<FileUrl>({ kind: "waiting" });
  useEffect(() => {
    if (eventId === undefined) return;
    let current = true;
    const show = (next: FileUrl): void => {
      if (current) setState(next);
    };
    files.open(eventId, part).then(
      (url) => show({ kind: "ready", url }),
      () => show({ kind: "failed" }),
    );
    return () => {
      current = false;
    };
  }, [files, eventId, part]);
  return state;
}
