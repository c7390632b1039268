/** A button: native, so that the sign-in page carries no library for it. */
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { classes } from "../../lib/classes.ts";
import { Spinner } from "../Spinner/Spinner.tsx";
import styles from "./Button.module.css";

export type ButtonLook = "solid" | "quiet" | "outline" | "danger" | "link";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: ButtonLook;
  readonly icon?: ReactNode;
  readonly wide?: boolean;
  /** Work is under way: the button stays in place, and focusable, but does nothing. */
  readonly busy?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button(props: ButtonProps): ReactNode {
  const {
    look = "outline",
    icon,
    wide = false,
    busy = false,
    children,
    className,
    onClick,
    ...rest
  } = props;
  return (
    <button
      type="button"
      {...rest}
      className={classes(styles.button, className)}
      data-look={look}
      data-wide={wide}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
  readonly label: string;
  readonly icon: ReactNode;
  readonly small?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button that is only an icon; its label is its name and its tooltip. */
export function IconButton({
  label,
  icon,
  small = false,
  className,
  ...rest
}: IconButtonProps): ReactNode {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={classes(styles.icon, className)}
      data-small={small}
    >
      {icon}
    </button>
  );
}
