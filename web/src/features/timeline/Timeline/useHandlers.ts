import { useEffect, useMemo, useState } from "react";
import { fileCache, type FileCache } from "../../../lib/fileCache.ts";
import type { Conversation, EventId, MessageItem } from "../../../matrix/model.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { toastFailed } from "../../../ui/Toasts/Toasts.tsx";
import type { MessageHandlers } from "../actions.ts";
import type { Overlays } from "./useOverlay.ts";

interface Wanted {
  readonly conversation: Conversation;
  readonly show: Overlays["show"];
  readonly goTo: (eventId: EventId) => Promise<void>;
  readonly onReply: (item: MessageItem) => void;
  readonly onEdit: (item: MessageItem) => void;
}

/** What the rows call; failures are said in a toast. Stable, so that rows are drawn once. */
export function useHandlers({
  conversation,
  show,
  goTo,
  onReply,
  onEdit,
}: Wanted): MessageHandlers {
  const { errorText } = useLanguage();
  const files = useFiles(conversation);
  return useMemo(() => {
    const told = (work: Promise<unknown>): void => {
      work.catch((error: unknown) => toastFailed(errorText(error)));
    };
    return {
      files,
      reply: onReply,
      edit: onEdit,
      openMenu: (item, anchor) => show({ kind: "menu", item }, anchor),
      chooseReaction: (item, anchor) => show({ kind: "reaction", item }, anchor),
      showImage: (item) => show({ kind: "image", item }),
      goTo: (eventId) => told(goTo(eventId)),
      toggleReaction: (item, key) => {
        const own = item.reactions.find((reaction) => reaction.key === key)?.ownEventId;
        if (own !== undefined) told(conversation.unreact(own));
        else if (item.eventId !== undefined) told(conversation.react(item.eventId, key));
      },
      download: async (item) => {
        try {
          await save(files, item);
        } catch (error) {
          toastFailed(errorText(error));
        }
      },
      retry: (item) => told(conversation.retry(item.key)),
      discard: (item) => conversation.discard(item.key),
    };
  }, [conversation, files, show, goTo, onReply, onEdit, errorText]);
}

function useFiles(conversation: Conversation): FileCache<EventId> {
  const [files] = useState(() =>
    fileCache<EventId>(conversation.openFile, (url) => URL.revokeObjectURL(url)),
  );
  useEffect(() => () => files.dispose(), [files]);
  return files;
}

async function save(files: FileCache<EventId>, { eventId, body }: MessageItem): Promise<void> {
  if (eventId === undefined || (body.kind !== "file" && body.kind !== "image")) return;
  const link = document.createElement("a");
  link.href = await files.open(eventId, "file");
  link.download = body.file.name;
  link.click();
}
