/** Finds people by name while one types; arrows move among them, Enter chooses. */
import { type ReactNode } from "react";
import { Search } from "lucide-react";
import { Avatar } from "../Avatar/Avatar.tsx";
import { useLanguage } from "../Language/Language.tsx";
import { TextField } from "../TextField/TextField.tsx";
import styles from "./PeopleSearch.module.css";
import { usePeopleSearch, type Found } from "./usePeopleSearch.ts";

interface PeopleSearchProps<P extends Found> {
  readonly search: (text: string) => Promise<readonly P[]>;
  readonly onChoose: (person: P) => void;
  readonly label?: string;
  readonly exclude?: readonly Found[];
  readonly autoFocus?: boolean;
}

export function PeopleSearch<P extends Found>(props: PeopleSearchProps<P>): ReactNode {
  const { t } = useLanguage();
  const { label = t("create.search"), autoFocus = false } = props;
  const list = usePeopleSearch(props);
  return (
    <div className={styles.search}>
      <TextField
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={list.people.length > 0}
        aria-controls={list.listId}
        aria-activedescendant={list.activeId}
        label={label}
        placeholder={t("create.searchHint")}
        value={list.query}
        onChange={list.setQuery}
        onKeyDown={list.onKeyDown}
        autoFocus={autoFocus}
        autoComplete="off"
        spellCheck={false}
        leading={<Search aria-hidden />}
      />
      <ul
        id={list.listId}
        role="listbox"
        className={styles.list}
        aria-label={t("create.results")}
        hidden={list.people.length === 0}
      >
        {list.people.map((person, index) => (
          <li
            key={person.userId}
            id={list.optionId(index)}
            role="option"
            className={styles.person}
            aria-selected={index === list.active}
            onPointerDown={(event) => event.preventDefault()}
            onPointerMove={() => list.setActive(index)}
            onClick={() => list.choose(person)}
          >
            <Avatar name={person.name} source={person.avatarMxc} />
            <span className={styles.text}>
              <span className={styles.name}>{person.name}</span>
              <span className={styles.id}>{person.userId}</span>
            </span>
          </li>
        ))}
      </ul>
      <p role="status" className={styles.status}>
        {list.status === "typing" && t("create.searching")}
        {list.status === "nobody" && t("create.noResult", { query: list.query.trim() })}
        {list.status === "failed" && t("errors.unknown")}
      </p>
    </div>
  );
}
