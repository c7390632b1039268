/** A file: what it is, how heavy, and a way to have it. */
import type { ReactNode } from "react";
import {
  Archive,
  Download,
  File,
  FileSpreadsheet,
  FileText,
  Film,
  Image,
  Music,
  type LucideIcon,
} from "lucide-react";
import { fileKind, formatBytes, type FileKind } from "../../../lib/files.ts";
import type { FileBody } from "../../../matrix/model.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Spinner } from "../../../ui/Spinner/Spinner.tsx";
import { useTask } from "../../../ui/hooks/useTask.ts";
import styles from "./FileCard.module.css";

const ICONS = {
  image: Image,
  audio: Music,
  video: Film,
  archive: Archive,
  sheet: FileSpreadsheet,
  text: FileText,
  other: File,
} satisfies Record<FileKind, LucideIcon>;

interface FileCardProps {
  readonly file: FileBody;
  readonly onDownload: () => Promise<void>;
}

export function FileCard({ file, onDownload }: FileCardProps): ReactNode {
  const { t, locale } = useLanguage();
  const task = useTask(onDownload);
  const Icon = ICONS[fileKind(file.mime, file.name)];
  return (
    <button
      type="button"
      className={styles.card}
      aria-label={t(task.running ? "file.downloading" : "file.download", { name: file.name })}
      onClick={() => void task.run()}
    >
      <span className={styles.icon}>
        <Icon aria-hidden />
      </span>
      <span className={styles.text}>
        <span className={styles.name}>{file.name}</span>
        <span className={styles.size}>{formatBytes(file.size, locale)}</span>
      </span>
      <span className={styles.action}>{task.running ? <Spinner /> : <Download aria-hidden />}</span>
    </button>
  );
}
