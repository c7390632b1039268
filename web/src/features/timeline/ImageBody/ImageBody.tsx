/** A picture: its place is kept from the first moment, its blur shown until it is here. */
import { useState, type ReactNode } from "react";
import { ImageOff } from "lucide-react";
import { fitInside } from "../../../lib/files.ts";
import type { FileBody, MessageItem } from "../../../matrix/model.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import type { MessageHandlers } from "../actions.ts";
import { Blurhash } from "./Blurhash.tsx";
import styles from "./ImageBody.module.css";
import { useFileUrl } from "./useFileUrl.ts";

const BOX = { width: 360, height: 320 };

interface ImageBodyProps {
  readonly item: MessageItem;
  readonly file: FileBody;
  readonly handlers: MessageHandlers;
}

export function ImageBody({ item, file, handlers }: ImageBodyProps): ReactNode {
  const { t } = useLanguage();
  const picture = useFileUrl(
    handlers.files,
    item.eventId,
    file.hasThumbnail ? "thumbnail" : "file",
  );
  const [drawn, setDrawn] = useState(false);
  const { width, height } = fitInside(file, BOX);
  return (
    <button
      type="button"
      className={styles.picture}
      style={{ width, aspectRatio: `${width} / ${height}` }}
      aria-label={t("file.open", { name: file.name })}
      disabled={item.eventId === undefined}
      onClick={() => handlers.showImage(item)}
    >
      {file.blurhash !== undefined && !drawn && <Blurhash hash={file.blurhash} />}
      {picture.kind === "ready" && (
        <img
          className={styles.image}
          data-drawn={drawn}
          src={picture.url}
          alt={t("file.image", { name: file.name })}
          draggable={false}
          onLoad={() => setDrawn(true)}
        />
      )}
      {picture.kind === "failed" && (
        <span className={styles.failed}>
          <ImageOff aria-hidden />
          {t("file.failed")}
        </span>
      )}
    </button>
  );
}
