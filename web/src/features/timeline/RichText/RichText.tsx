/** What a text message says: formatted, or plain with its links. */
import type { ReactNode } from "react";
import { isOnlyEmoji, splitLinks } from "../../../lib/text.ts";
import type { SafeHtml } from "../../../matrix/model.ts";
import styles from "./RichText.module.css";

interface RichTextProps {
  readonly text: string;
  readonly html: SafeHtml | undefined;
  /** Stands at the end of the text: the "edited" mark. */
  readonly trailing?: ReactNode;
}

export function RichText({ text, html, trailing }: RichTextProps): ReactNode {
  if (html !== undefined) {
    return (
      <>
        <div className={styles.rich} dangerouslySetInnerHTML={{ __html: html }} />
        {trailing}
      </>
    );
  }
  return (
    <p className={styles.plain} data-large={isOnlyEmoji(text)}>
      {splitLinks(text).map((piece, index) =>
        piece.kind === "text" ? (
          piece.text
        ) : (
          <a key={index} href={piece.text} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        ),
      )}
      {trailing && <> {trailing}</>}
    </p>
  );
}
