/** What a message holds, in the shape that suits it. */
import type { ReactNode } from "react";
import { Ban, Trash2 } from "lucide-react";
import { isOnlyEmoji } from "../../../lib/text.ts";
import type { MessageBody, MessageItem } from "../../../matrix/model.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { FileCard } from "../FileCard/FileCard.tsx";
import { ImageBody } from "../ImageBody/ImageBody.tsx";
import { Quote } from "../Quote/Quote.tsx";
import { RichText } from "../RichText/RichText.tsx";
import { Undecryptable } from "../Undecryptable/Undecryptable.tsx";
import type { MessageHandlers } from "../actions.ts";
import styles from "./Bubble.module.css";

interface BubbleProps {
  readonly item: MessageItem;
  readonly handlers: MessageHandlers;
}

export function Bubble({ item, handlers }: BubbleProps): ReactNode {
  return (
    <div className={styles.bubble} data-shape={shapeOf(item)} data-state={item.state}>
      {item.quote && <Quote quote={item.quote} onGoTo={handlers.goTo} />}
      <Body item={item} handlers={handlers} />
    </div>
  );
}

function Body({ item, handlers }: BubbleProps): ReactNode {
  const { t } = useLanguage();
  const { body } = item;
  switch (body.kind) {
    case "text":
      return <Text item={item} body={body} />;
    case "image":
      return <ImageBody item={item} file={body.file} handlers={handlers} />;
    case "file":
      return <FileCard file={body.file} onDownload={() => handlers.download(item)} />;
    case "deleted":
      return <Quiet icon={<Trash2 aria-hidden />}>{t("message.deleted")}</Quiet>;
    case "undecryptable":
      return <Undecryptable cause={body.cause} />;
    case "unsupported":
      return <Quiet icon={<Ban aria-hidden />}>{t("message.unsupported")}</Quiet>;
  }
}

interface TextProps {
  readonly item: MessageItem;
  readonly body: Extract<MessageBody, { kind: "text" }>;
}

function Text({ item, body }: TextProps): ReactNode {
  const { t } = useLanguage();
  const edited = item.edited && <span className={styles.edited}>({t("message.edited")})</span>;
  if (!body.emote) return <RichText text={body.text} html={body.html} trailing={edited} />;
  return (
    <div className={styles.emote}>
      {item.author.name} <RichText text={body.text} html={body.html} trailing={edited} />
    </div>
  );
}

function Quiet({
  icon,
  children,
}: {
  readonly icon: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <p className={styles.quiet}>
      {icon}
      {children}
    </p>
  );
}

type Shape = "text" | "notice" | "bare" | "picture" | "card" | "hollow";

function shapeOf({ body, quote, edited }: MessageItem): Shape {
  switch (body.kind) {
    case "text":
      if (body.notice) return "notice";
      return isOnlyEmoji(body.text) && quote === undefined && !edited ? "bare" : "text";
    case "image":
      return quote === undefined ? "picture" : "text";
    case "file":
      return "card";
    case "deleted":
    case "undecryptable":
    case "unsupported":
      return "hollow";
  }
}
