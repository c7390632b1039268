/** Who is writing. Its place is always there, so that nothing moves. */
import type { ReactNode } from "react";
import type { Translate } from "../../../lib/translate.ts";
import type { Person } from "../../../matrix/model.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import styles from "./TypingLine.module.css";

export function TypingLine({ people }: { readonly people: readonly Person[] }): ReactNode {
  const { t } = useLanguage();
  return (
    <p className={styles.line}>
      {people.length > 0 && (
        <>
          <span className={styles.dots} aria-hidden="true">
            <span />
            <span />
            <span />
          </span>
          {typingText(people, t)}
        </>
      )}
    </p>
  );
}

function typingText([first, second, ...others]: readonly Person[], t: Translate): string {
  if (first === undefined) return "";
  if (second === undefined) return t("typing.one", { name: first.name });
  if (others.length === 0) return t("typing.two", { first: first.name, second: second.name });
  return t("typing.many");
}
