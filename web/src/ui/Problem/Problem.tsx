/** What went wrong with the form above, said at once to those who listen. */
import type { ReactNode } from "react";
import { AlertIcon } from "../FirstIcons/FirstIcons.tsx";
import styles from "./Problem.module.css";

export function Problem({ text }: { readonly text: string | undefined }): ReactNode {
  return (
    <div role="alert" className={styles.region}>
      {text !== undefined && (
        <p className={styles.problem}>
          <AlertIcon />
          {text}
        </p>
      )}
    </div>
  );
}
