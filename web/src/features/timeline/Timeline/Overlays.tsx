/** What may open above the timeline: a menu, the reactions, a picture, a question. */
import type { ReactNode } from "react";
import type { Conversation, MessageItem } from "../../../matrix/model.ts";
import { EmojiPopover } from "../../../ui/EmojiPopover/EmojiPopover.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { toastDone } from "../../../ui/Toasts/Toasts.tsx";
import { ConfirmDialog } from "../../../ui/ConfirmDialog/ConfirmDialog.tsx";
import { Lightbox } from "../Lightbox/Lightbox.tsx";
import { MessageMenu } from "../MessageActions/MessageMenu.tsx";
import type { MessageHandlers } from "../actions.ts";
import type { Overlays as OverlayState } from "./useOverlay.ts";

interface OverlaysProps {
  readonly overlays: OverlayState;
  readonly conversation: Conversation;
  readonly handlers: MessageHandlers;
}

export function Overlays({ overlays, conversation, handlers }: OverlaysProps): ReactNode {
  const { t } = useLanguage();
  const { open, anchor, show, close } = overlays;
  if (open === undefined) return null;
  const { item } = open;
  switch (open.kind) {
    case "menu":
      return (
        <MessageMenu
          item={item}
          anchor={anchor}
          onReply={() => handlers.reply(item)}
          onReact={() => queueMicrotask(() => show({ kind: "reaction", item }))}
          onEdit={() => handlers.edit(item)}
          onCopy={(text) => void copy(text).then(() => toastDone(t("message.copied")))}
          onDelete={() => queueMicrotask(() => show({ kind: "delete", item }))}
          onClose={close}
        />
      );
    case "reaction":
      return (
        <EmojiPopover
          anchor={anchor}
          onClose={close}
          onChoose={(emoji) => {
            handlers.toggleReaction(item, emoji);
            close();
          }}
        />
      );
    case "image":
      if (item.body.kind !== "image") return null;
      return (
        <Lightbox
          item={item}
          file={item.body.file}
          files={handlers.files}
          onDownload={() => void handlers.download(item)}
          onClose={close}
        />
      );
    case "delete":
      return (
        <ConfirmDialog
          title={t("message.deleteTitle")}
          detail={t("message.deleteDetail")}
          action={t("message.delete")}
          onConfirm={() => remove(conversation, item)}
          onClose={close}
        />
      );
  }
}

async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}

async function remove(conversation: Conversation, { eventId }: MessageItem): Promise<void> {
  if (eventId !== undefined) await conversation.delete(eventId);
}
