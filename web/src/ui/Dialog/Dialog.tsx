/** A question that must be answered before going on. Never one above another. */
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { X } from "lucide-react";
import { IconButton } from "../Button/Button.tsx";
import { useLanguage } from "../Language/Language.tsx";
import styles from "./Dialog.module.css";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** `alert` is for what cannot be undone. */
  readonly role?: "dialog" | "alertdialog";
  readonly size?: "small" | "medium";
}

export function Dialog({
  title,
  onClose,
  children,
  role = "dialog",
  size = "medium",
}: DialogProps): ReactNode {
  const { t } = useLanguage();
  return (
    <ModalOverlay
      className={styles.scrim ?? ""}
      isOpen
      isDismissable={role === "dialog"}
      onOpenChange={(open) => !open && onClose()}
    >
      <Modal className={styles.modal ?? ""} data-size={size}>
        <AriaDialog className={styles.dialog ?? ""} role={role}>
          <header className={styles.header}>
            <Heading slot="title" className={styles.title ?? ""}>
              {title}
            </Heading>
            {role === "dialog" && (
              <IconButton label={t("app.close")} icon={<X />} onClick={onClose} />
            )}
          </header>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** The buttons at the foot of a dialog. */
export function DialogActions({ children }: { readonly children: ReactNode }): ReactNode {
  return <footer className={styles.actions}>{children}</footer>;
}
