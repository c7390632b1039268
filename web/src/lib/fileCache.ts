/** Decrypted files as object URLs, each made once while a conversation is open. */

export type FilePart = "file" | "thumbnail";

export interface FileCache<Id extends string> {
  readonly open: (id: Id, part: FilePart) => Promise<string>;
  /** Revokes all that was made. */
  readonly dispose: () => void;
}

/** A cache before `load`; a failure is not kept, so that trying again is possible. */
export function fileCache<Id extends string>(
  load: (id: Id, part: FilePart) => Promise<string>,
  revoke: (url: string) => void,
): FileCache<Id> {
  const made = new Map<string, Promise<string>>();
  return {
    open: (id, part) => {
      const key = `${part} ${id}`;
      const known = made.get(key);
      if (known !== undefined) return known;
      const url = load(id, part);
      made.set(key, url);
      url.catch(() => made.delete(key));
      return url;
    },
    dispose: () => {
      for (const url of made.values()) url.then(revoke, () => undefined);
      made.clear();
    },
  };
}
