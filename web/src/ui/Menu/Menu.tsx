/** A menu hung on its button, or on a place. */
import type { ReactNode, RefObject } from "react";
import { Menu as AriaMenu, MenuItem as AriaMenuItem, Popover } from "react-aria-components";
import styles from "./Menu.module.css";

export interface MenuChoice {
  readonly id: string;
  readonly label: string;
  readonly icon: ReactNode;
  readonly danger?: boolean;
  readonly onChoose: () => void;
}

interface MenuProps {
  readonly label: string;
  readonly anchor: RefObject<Element | null>;
  readonly choices: readonly MenuChoice[];
  readonly onClose: () => void;
}

/** An open menu; the owner shows it while it is wanted. */
export function Menu({ label, anchor, choices, onClose }: MenuProps): ReactNode {
  return (
    <Popover
      className={styles.popover ?? ""}
      aria-label={label}
      triggerRef={anchor}
      isOpen
      placement="bottom end"
      offset={4}
      onOpenChange={(open) => !open && onClose()}
    >
      <AriaMenu
        className={styles.menu ?? ""}
        aria-label={label}
        autoFocus="first"
        onClose={onClose}
      >
        {choices.map((choice) => (
          <AriaMenuItem
            key={choice.id}
            className={styles.item ?? ""}
            data-danger={choice.danger}
            textValue={choice.label}
            onAction={choice.onChoose}
          >
            {choice.icon}
            {choice.label}
          </AriaMenuItem>
        ))}
      </AriaMenu>
    </Popover>
  );
}
