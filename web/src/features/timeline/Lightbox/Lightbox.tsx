/** A picture, alone and whole. */
import type { ReactNode } from "react";
import { Dialog, Modal, ModalOverlay } from "react-aria-components";
import { Download, X } from "lucide-react";
import type { FileCache } from "../../../lib/fileCache.ts";
import { formatFull } from "../../../lib/dates.ts";
import type { EventId, FileBody, MessageItem } from "../../../matrix/model.ts";
import { IconButton } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Spinner } from "../../../ui/Spinner/Spinner.tsx";
import { useFileUrl } from "../ImageBody/useFileUrl.ts";
import styles from "./Lightbox.module.css";

interface LightboxProps {
  readonly item: MessageItem;
  readonly file: FileBody;
  readonly files: FileCache<EventId>;
  readonly onDownload: () => void;
  readonly onClose: () => void;
}

export function Lightbox({ item, file, files, onDownload, onClose }: LightboxProps): ReactNode {
  const { t, locale } = useLanguage();
  const picture = useFileUrl(files, item.eventId, "file");
  return (
    <ModalOverlay
      className={styles.scrim ?? ""}
      isOpen
      isDismissable
      onOpenChange={(open) => !open && onClose()}
    >
      <Modal className={styles.modal ?? ""}>
        <Dialog className={styles.dialog ?? ""} aria-label={t("file.image", { name: file.name })}>
          <header className={styles.bar}>
            <p className={styles.caption}>
              <span className={styles.name}>{file.name}</span>
              <span className={styles.when}>
                {item.author.name} · {formatFull(item.timestamp, locale)}
              </span>
            </p>
            <IconButton label={t("file.save")} icon={<Download />} onClick={onDownload} />
            <IconButton label={t("app.close")} icon={<X />} onClick={onClose} />
          </header>
          <div className={styles.stage}>
            {picture.kind === "waiting" && <Spinner size={32} />}
            {picture.kind === "ready" && (
              <img src={picture.url} alt={t("file.image", { name: file.name })} />
            )}
            {picture.kind === "failed" && <p role="alert">{t("file.failed")}</p>}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
