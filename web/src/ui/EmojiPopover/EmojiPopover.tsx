/** The emoji picker, hung on whatever asked for it. */
import { lazy, Suspense, type ReactNode, type RefObject } from "react";
import { Dialog, Popover } from "react-aria-components";
import { useLanguage } from "../Language/Language.tsx";
import { Spinner } from "../Spinner/Spinner.tsx";
import styles from "./EmojiPopover.module.css";

const EmojiPicker = lazy(async () => {
  const { EmojiPicker } = await import("../EmojiPicker/EmojiPicker.tsx");
  return { default: EmojiPicker };
});

interface EmojiPopoverProps {
  readonly anchor: RefObject<Element | null>;
  readonly onChoose: (emoji: string) => void;
  readonly onClose: () => void;
}

export function EmojiPopover({ anchor, onChoose, onClose }: EmojiPopoverProps): ReactNode {
  const { t } = useLanguage();
  return (
    <Popover
      className={styles.popover ?? ""}
      triggerRef={anchor}
      isOpen
      placement="top end"
      onOpenChange={(open) => !open && onClose()}
    >
      <Dialog className={styles.dialog ?? ""} aria-label={t("emoji.label")}>
        <Suspense
          fallback={
            <div className={styles.waiting}>
              <Spinner size={24} />
            </div>
          }
        >
          <EmojiPicker onChoose={onChoose} />
        </Suspense>
      </Dialog>
    </Popover>
  );
}
