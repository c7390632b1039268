/** The emoji picker, hung on whatever asked for it. */
import type { ReactNode, RefObject } from "react";
import { Dialog, Popover } from "react-aria-components";
import { useLanguage } from "../Language/Language.tsx";
import { Spinner } from "../Spinner/Spinner.tsx";
import { useModule } from "../hooks/useModule.ts";
import styles from "./EmojiPopover.module.css";

const load = () => import("../EmojiPicker/EmojiPicker.tsx");

interface EmojiPopoverProps {
  readonly anchor: RefObject<Element | null>;
  readonly onChoose: (emoji: string) => void;
  readonly onClose: () => void;
}

export function EmojiPopover({ anchor, onChoose, onClose }: EmojiPopoverProps): ReactNode {
  const { t } = useLanguage();
  const picker = useModule(load);
  return (
    <Popover
      className={styles.popover ?? ""}
      triggerRef={anchor}
      isOpen
      placement="top end"
      onOpenChange={(open) => !open && onClose()}
    >
      <Dialog className={styles.dialog ?? ""} aria-label={t("emoji.label")}>
        {picker.kind === "ready" ? (
          <picker.module.EmojiPicker onChoose={onChoose} />
        ) : (
          <div className={styles.waiting}>
            {picker.kind === "waiting" ? <Spinner size={24} /> : t("errors.offline")}
          </div>
        )}
      </Dialog>
    </Popover>
  );
}
