/** While files are dragged over the page: where to let go. */
import { useEffect, useState, type ReactNode } from "react";
import { Upload } from "lucide-react";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import styles from "./DropZone.module.css";

export function DropZone({
  onFiles,
}: {
  readonly onFiles: (files: readonly File[]) => void;
}): ReactNode {
  const { t } = useLanguage();
  const over = useFileDrag(onFiles);
  if (!over) return null;
  return (
    <div className={styles.zone}>
      <Upload aria-hidden />
      {t("composer.drop")}
    </div>
  );
}

/** Whether files are over the page; those dropped are handed on. */
function useFileDrag(onFiles: (files: readonly File[]) => void): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean =>
      event.dataTransfer?.types.includes("Files") ?? false;
    const drag = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      onFiles([...(event.dataTransfer?.files ?? [])]);
    };
    window.addEventListener("dragover", drag);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", drag);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, [onFiles]);
  return over;
}
