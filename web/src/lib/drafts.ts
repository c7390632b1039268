/** Messages begun and not sent, one per room; they die with the tab. */

export interface Drafts {
  readonly read: (roomId: string) => string;
  readonly write: (roomId: string, text: string) => void;
  readonly clear: () => void;
}

const PREFIX = "chappe.draft.";

/** Drafts kept in `storage`, which should be the session's. */
export function openDrafts(storage: Storage): Drafts {
  return {
    read: (roomId) => storage.getItem(PREFIX + roomId) ?? "",
    write: (roomId, text) => {
      if (text === "") storage.removeItem(PREFIX + roomId);
      else storage.setItem(PREFIX + roomId, text);
    },
    clear: () => {
      const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index));
      for (const key of keys) if (key?.startsWith(PREFIX)) storage.removeItem(key);
    },
  };
}
