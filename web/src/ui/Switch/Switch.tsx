/** On or off, at once. */
import { useId, type ReactNode } from "react";
import styles from "./Switch.module.css";

interface SwitchProps {
  readonly label: string;
  readonly hint: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}

export function Switch({ label, hint, on, onChange }: SwitchProps): ReactNode {
  const id = useId();
  return (
    <label className={styles.switch}>
      <span className={styles.text}>
        <span id={`${id}-label`}>{label}</span>
        <span id={`${id}-hint`} className={styles.hint}>
          {hint}
        </span>
      </span>
      <input
        type="checkbox"
        role="switch"
        className={styles.track}
        checked={on}
        aria-labelledby={`${id}-label`}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  );
}
