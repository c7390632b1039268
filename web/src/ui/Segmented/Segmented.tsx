/** A few choices side by side, one of them in force: native radio buttons. */
import { useId, type ReactNode } from "react";
import { classes } from "../../lib/classes.ts";
import styles from "./Segmented.module.css";

interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly options: readonly {
    readonly value: T;
    readonly label: string;
    readonly icon?: ReactNode;
  }[];
  readonly value: T;
  readonly onChange: (value: T) => void;
  /** Icons alone are shown; labels are still their names. */
  readonly compact?: boolean;
}

export function Segmented<T extends string>(props: SegmentedProps<T>): ReactNode {
  const { label, options, value, onChange, compact = false } = props;
  const name = useId();
  return (
    <fieldset className={styles.segmented} data-compact={compact}>
      <legend className={styles.hidden}>{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className={styles.option}
          title={compact ? option.label : undefined}
        >
          <input
            type="radio"
            className={styles.hidden}
            name={name}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.icon}
          <span className={classes(compact && option.icon !== undefined && styles.hidden)}>
            {option.label}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
