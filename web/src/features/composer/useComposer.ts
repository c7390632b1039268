import { useEffect, useRef, useState, type RefObject } from "react";
import { insertAt } from "../../lib/composer.ts";
import type { Drafts } from "../../lib/drafts.ts";
import type { Conversation, MessageItem, RoomId } from "../../matrix/model.ts";
import { useLanguage } from "../../ui/Language/Language.tsx";
import { focusAtOnce } from "../../ui/hooks/focusAtOnce.ts";
import { toastFailed } from "../../ui/Toasts/Toasts.tsx";
import type { Attachments } from "./useAttachments.ts";
import { useTyping } from "./useTyping.ts";

export type ComposerMode =
  | { readonly kind: "write" }
  | { readonly kind: "reply"; readonly item: MessageItem }
  | { readonly kind: "edit"; readonly item: MessageItem };

export interface ComposerState {
  readonly text: string;
  readonly write: (text: string) => void;
  /** Puts an emoji where the caret is. */
  readonly insert: (text: string) => void;
  readonly send: () => void;
  /** The writer looks elsewhere. */
  readonly pause: () => void;
}

/** What writing needs of a conversation. */
export type Written = Pick<Conversation, "sendText" | "sendFile" | "edit" | "setTyping">;

interface Wanted {
  readonly roomId: RoomId;
  readonly conversation: Written;
  readonly drafts: Drafts;
  readonly mode: ComposerMode;
  readonly onDone: () => void;
  readonly input: RefObject<HTMLTextAreaElement | null>;
  readonly attachments: Attachments;
}

/** The text being written: a draft that is kept, or the correction of a message. */
export function useComposer({
  roomId,
  conversation,
  drafts,
  mode,
  onDone,
  input,
  attachments,
}: Wanted): ComposerState {
  const { errorText } = useLanguage();
  const [draft, setDraft] = useState(() => drafts.read(roomId));
  const [correction, setCorrection] = useState(() => corrected(mode));
  const typing = useTyping(conversation.setTyping);
  const editing = mode.kind === "edit";
  const text = editing ? correction : draft;

  const [lastMode, setLastMode] = useState<ComposerMode>(mode);
  if (lastMode !== mode) {
    setLastMode(mode);
    setCorrection(corrected(mode));
  }
  useFocus(input, mode);

  const write = (next: string): void => {
    typing(next !== "");
    if (editing) {
      setCorrection(next);
    } else {
      setDraft(next);
      drafts.write(roomId, next);
    }
  };
  const told = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => toastFailed(errorText(error)));
  };
  const send = (): void => {
    const said = text.trim();
    if (mode.kind === "edit") {
      const { eventId } = mode.item;
      if (said === "" || eventId === undefined) return;
      told(conversation.edit(eventId, said));
      typing(false);
      onDone();
      return;
    }
    const replyTo = mode.kind === "reply" ? mode.item.eventId : undefined;
    const speak = async (): Promise<void> => {
      if (attachments.staged.length > 0) await attachments.sendAll();
      if (said !== "") await conversation.sendText(said, replyTo === undefined ? {} : { replyTo });
    };
    told(speak());
    write("");
    if (mode.kind === "reply") onDone();
    input.current?.focus();
  };
  const insert = (inserted: string): void => {
    const area = input.current;
    const end = text.length;
    const place = { start: area?.selectionStart ?? end, end: area?.selectionEnd ?? end };
    const next = insertAt(text, place, inserted);
    write(next.text);
    requestAnimationFrame(() => {
      area?.focus();
      area?.setSelectionRange(next.caret, next.caret);
    });
  };
  return { text, write, insert, send, pause: () => typing(false) };
}

/** What a correction begins with. */
function corrected(mode: ComposerMode): string {
  return mode.kind === "edit" && mode.item.body.kind === "text" ? mode.item.body.text : "";
}

/** A reply or a correction is begun with the caret in the box, at the end. */
function useFocus(input: RefObject<HTMLTextAreaElement | null>, mode: ComposerMode): void {
  const first = useRef(true);
  useEffect(() => {
    const opening = first.current;
    first.current = false;
    const area = input.current;
    if (area === null || (opening && !focusAtOnce())) return;
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }, [input, mode]);
}
