/** What a message answers, in two lines that lead to it. */
import type { ReactNode } from "react";
import { hue } from "../../../lib/names.ts";
import { previewText } from "../../../lib/preview.ts";
import type { EventId, Quote as QuoteModel } from "../../../matrix/model.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import styles from "./Quote.module.css";

interface QuoteProps {
  readonly quote: QuoteModel;
  readonly onGoTo: (eventId: EventId) => void;
}

export function Quote({ quote, onGoTo }: QuoteProps): ReactNode {
  const { t } = useLanguage();
  const { author, body, eventId } = quote;
  return (
    <button
      type="button"
      className={styles.quote}
      data-hue={hue(author?.name ?? "")}
      title={t("message.goToQuote")}
      onClick={() => onGoTo(eventId)}
    >
      <span className={styles.name}>{author?.name ?? t("message.quoteUnknown")}</span>
      <span className={styles.text}>
        {body === undefined ? t("message.quoteMissing") : previewText(body, t)}
      </span>
    </button>
  );
}
