/** Above the box: what is being answered or corrected. */
import type { ReactNode } from "react";
import { Pencil, Reply, X } from "lucide-react";
import { previewText } from "../../../lib/preview.ts";
import { IconButton } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import type { ComposerMode } from "../useComposer.ts";
import styles from "./ComposerBanner.module.css";

interface ComposerBannerProps {
  readonly mode: ComposerMode;
  readonly onCancel: () => void;
}

export function ComposerBanner({ mode, onCancel }: ComposerBannerProps): ReactNode {
  const { t } = useLanguage();
  if (mode.kind === "write") return null;
  const { item } = mode;
  const replying = mode.kind === "reply";
  const name = item.own ? t("message.own") : item.author.name;
  return (
    <div className={styles.banner}>
      {replying ? <Reply aria-hidden /> : <Pencil aria-hidden />}
      <p className={styles.text}>
        <span className={styles.title}>
          {replying ? t("composer.replying", { name }) : t("composer.editing")}
        </span>
        <span className={styles.preview}>{previewText(item.body, t)}</span>
      </p>
      <IconButton
        small
        label={t(replying ? "composer.cancelReply" : "composer.cancelEdit")}
        icon={<X />}
        onClick={onCancel}
      />
    </div>
  );
}
