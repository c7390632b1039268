/** A line of text with its label, its hint and its error. */
import { useId, type InputHTMLAttributes, type ReactNode, type Ref } from "react";
import { AlertIcon } from "../FirstIcons/FirstIcons.tsx";
import styles from "./TextField.module.css";

interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value"> {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  /** Stands inside, at the end: a button. */
  readonly trailing?: ReactNode;
  /** Stands inside, at the start: an icon. */
  readonly leading?: ReactNode;
  readonly hideLabel?: boolean;
  readonly code?: boolean;
  readonly ref?: Ref<HTMLInputElement>;
}

export function TextField(props: TextFieldProps): ReactNode {
  const { label, value, onChange, hint, error, trailing, leading, hideLabel, code, ...rest } =
    props;
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label} data-hidden={hideLabel}>
        {label}
      </label>
      <div className={styles.box} data-invalid={error !== undefined} data-code={code}>
        {leading}
        <input
          {...rest}
          id={id}
          className={styles.input}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          aria-invalid={error !== undefined}
          aria-describedby={described === "" ? undefined : described}
        />
        {trailing}
      </div>
      {hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className={styles.error}>
          <AlertIcon />
          {error}
        </p>
      )}
    </div>
  );
}
