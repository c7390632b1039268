import { useCallback, useEffect, useRef, useState } from "react";
import type { Conversation } from "../../matrix/model.ts";
import { useLanguage } from "../../ui/Language/Language.tsx";
import { toastFailed } from "../../ui/Toasts/Toasts.tsx";

/** A file chosen, not yet sent. */
export interface Staged {
  readonly id: number;
  readonly file: File;
  /** For pictures: an object URL. */
  readonly preview: string | undefined;
}

/** A file on its way. */
export interface Leaving {
  readonly id: number;
  readonly file: File;
  readonly fraction: number;
  readonly cancel: () => void;
}

export interface Attachments {
  readonly staged: readonly Staged[];
  readonly leaving: readonly Leaving[];
  readonly add: (files: readonly File[]) => void;
  readonly remove: (id: number) => void;
  /** Sends all that is staged, in order. */
  readonly sendAll: () => Promise<void>;
}

/** Files chosen and files on their way. */
export function useAttachments(conversation: Pick<Conversation, "sendFile">): Attachments {
  const { errorText } = useLanguage();
  const [staged, setStaged] = useState<readonly Staged[]>([]);
  const [leaving, setLeaving] = useState<readonly Leaving[]>([]);
  const lastId = useRef(0);
  usePreviewsRevoked(staged);

  const add = useCallback((files: readonly File[]) => {
    const more = files.map((file) => {
      lastId.current += 1;
      const preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : undefined;
      return { id: lastId.current, file, preview };
    });
    setStaged((before) => [...before, ...more]);
  }, []);

  const sendOne = async ({ id, file }: Staged): Promise<void> => {
    const stop = new AbortController();
    setLeaving((before) => [...before, { id, file, fraction: 0, cancel: () => stop.abort() }]);
    const progress = (fraction: number): void =>
      setLeaving((before) =>
        before.map((other) => (other.id === id ? { ...other, fraction } : other)),
      );
    try {
      await conversation.sendFile(file, progress, stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) toastFailed(errorText(error));
    } finally {
      setLeaving((before) => before.filter((other) => other.id !== id));
    }
  };

  return {
    staged,
    leaving,
    add,
    remove: (id) => setStaged((before) => before.filter((other) => other.id !== id)),
    sendAll: async () => {
      setStaged([]);
      for (const one of staged) await sendOne(one);
    },
  };
}

/** Frees a preview once its file is no longer staged. */
function usePreviewsRevoked(staged: readonly Staged[]): void {
  const shown = useRef<readonly Staged[]>([]);
  useEffect(() => {
    for (const { preview } of shown.current.filter((one) => !staged.includes(one))) {
      if (preview !== undefined) URL.revokeObjectURL(preview);
    }
    shown.current = staged;
  }, [staged]);
}
