/** The recovery code, in groups, with the ways to keep it. */
import type { ReactNode } from "react";
import { Copy, Download, Printer } from "lucide-react";
import { formatCode } from "../../../lib/recovery.ts";
import { Button } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { toastDone } from "../../../ui/Toasts/Toasts.tsx";
import styles from "./RecoveryCode.module.css";

interface RecoveryCodeProps {
  readonly code: readonly string[];
}

export function RecoveryCode({ code }: RecoveryCodeProps): ReactNode {
  const { t } = useLanguage();
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(formatCode(code));
    toastDone(t("recovery.setup.copied"));
  };
  const download = (): void => {
    const lines = [
      t("recovery.setup.fileTitle"),
      "",
      formatCode(code),
      "",
      t("recovery.setup.fileNote"),
      "",
    ];
    saveText(lines.join("\n"), t("recovery.setup.fileName"));
  };
  return (
    <section className={styles.card} aria-label={t("recovery.setup.code")}>
      <p className={styles.printed}>{t("recovery.setup.fileTitle")}</p>
      <ol className={styles.code} data-testid="recovery-code">
        {code.map((group, index) => (
          <li key={index} className={styles.group}>
            <span className={styles.number} aria-hidden="true">
              {index + 1}
            </span>
            {group}
          </li>
        ))}
      </ol>
      <div className={styles.actions}>
        <Button look="quiet" icon={<Copy />} onClick={() => void copy()}>
          {t("recovery.setup.copy")}
        </Button>
        <Button look="quiet" icon={<Download />} onClick={download}>
          {t("recovery.setup.download")}
        </Button>
        <Button look="quiet" icon={<Printer />} onClick={() => window.print()}>
          {t("recovery.setup.print")}
        </Button>
      </div>
      <p className={styles.printed}>{t("recovery.setup.fileNote")}</p>
    </section>
  );
}

function saveText(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
