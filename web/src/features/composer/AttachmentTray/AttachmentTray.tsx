/** The files about to leave, and those leaving. */
import type { ReactNode } from "react";
import { File, X } from "lucide-react";
import { formatBytes } from "../../../lib/files.ts";
import { IconButton } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import type { Attachments } from "../useAttachments.ts";
import styles from "./AttachmentTray.module.css";

interface AttachmentTrayProps {
  readonly attachments: Pick<Attachments, "staged" | "leaving" | "remove">;
}

export function AttachmentTray({ attachments }: AttachmentTrayProps): ReactNode {
  const { t, locale } = useLanguage();
  const { staged, leaving, remove } = attachments;
  if (staged.length + leaving.length === 0) return null;
  return (
    <ul className={styles.tray}>
      {leaving.map(({ id, file, fraction, cancel }) => (
        <li key={id} className={styles.leaving}>
          <span className={styles.name}>{file.name}</span>
          <progress
            className={styles.progress}
            max={1}
            value={fraction}
            aria-label={t("composer.sendingFile", { name: file.name })}
          />
          <IconButton
            small
            label={t("composer.cancelFile", { name: file.name })}
            icon={<X />}
            onClick={cancel}
          />
        </li>
      ))}
      {staged.map(({ id, file, preview }) => (
        <li key={id} className={styles.staged}>
          {preview === undefined ? (
            <span className={styles.icon}>
              <File aria-hidden />
            </span>
          ) : (
            <img className={styles.preview} src={preview} alt="" />
          )}
          <span className={styles.text}>
            <span className={styles.name}>{file.name}</span>
            <span className={styles.size}>{formatBytes(file.size, locale)}</span>
          </span>
          <IconButton
            small
            label={t("composer.removeFile", { name: file.name })}
            icon={<X />}
            onClick={() => remove(id)}
          />
        </li>
      ))}
    </ul>
  );
}
