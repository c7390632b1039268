/** What people felt, counted; one's own is pressed. */
import type { ReactNode } from "react";
import { SmilePlus } from "lucide-react";
import type { Reaction } from "../../../matrix/model.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import styles from "./Reactions.module.css";

interface ReactionsProps {
  readonly reactions: readonly Reaction[];
  readonly onToggle: (key: string) => void;
  readonly onAdd: (anchor: Element) => void;
}

export function Reactions({ reactions, onToggle, onAdd }: ReactionsProps): ReactNode {
  const { t } = useLanguage();
  if (reactions.length === 0) return null;
  return (
    <ul className={styles.reactions} aria-label={t("message.reactionsLabel")}>
      {reactions.map(({ key, people, ownEventId }) => {
        const names = people.map((person) => person.name).join(", ");
        return (
          <li key={key}>
            <button
              type="button"
              className={styles.chip}
              aria-pressed={ownEventId !== undefined}
              aria-label={t("message.reaction", { key, names, count: people.length })}
              title={names}
              onClick={() => onToggle(key)}
            >
              <span className={styles.key}>{key}</span>
              <span>{people.length}</span>
            </button>
          </li>
        );
      })}
      <li>
        <button
          type="button"
          className={styles.add}
          aria-label={t("message.addReaction")}
          title={t("message.addReaction")}
          onClick={(event) => onAdd(event.currentTarget)}
        >
          <SmilePlus aria-hidden />
        </button>
      </li>
    </ul>
  );
}
