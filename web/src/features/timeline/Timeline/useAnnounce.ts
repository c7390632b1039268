import { useEffect, useRef } from "react";
import { previewText } from "../../../lib/preview.ts";
import type { ConversationSnapshot } from "../../../matrix/model.ts";
import { announce } from "../../../ui/Announcer/Announcer.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";

/** Reads out the messages that arrive while a conversation is open. */
export function useAnnounce({ items, firstItemIndex }: ConversationSnapshot): void {
  const { t } = useLanguage();
  const heard = useRef<number>(undefined);
  const end = firstItemIndex + items.length;
  const last = items.at(-1);
  useEffect(() => {
    const before = heard.current;
    heard.current = end;
    if (before === undefined || end <= before) return;
    if (last?.kind !== "message" || last.own) return;
    announce(t("timeline.announce", { name: last.author.name, text: previewText(last.body, t) }));
  }, [end, last, t]);
}
