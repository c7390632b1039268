/** A private room: its name and its first people. */
import { useState, type SubmitEvent, type ReactNode } from "react";
import { LockKeyhole, X } from "lucide-react";
import type { Person, Session, UserId } from "../../../matrix/model.ts";
import { Avatar } from "../../../ui/Avatar/Avatar.tsx";
import { Button } from "../../../ui/Button/Button.tsx";
import { DialogActions } from "../../../ui/Dialog/Dialog.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { PeopleSearch } from "../../../ui/PeopleSearch/PeopleSearch.tsx";
import { Problem } from "../../../ui/Problem/Problem.tsx";
import { TextField } from "../../../ui/TextField/TextField.tsx";
import { useTask } from "../../../ui/hooks/useTask.ts";
import styles from "./NewConversation.module.css";
import { focusAtOnce } from "../../../ui/hooks/focusAtOnce.ts";

interface NewRoomFormProps {
  readonly search: Session["searchPeople"];
  readonly create: (name: string, people: readonly UserId[]) => Promise<void>;
}

export function NewRoomForm({ search, create }: NewRoomFormProps): ReactNode {
  const { t, errorText } = useLanguage();
  const [name, setName] = useState("");
  const [missing, setMissing] = useState(false);
  const [people, setPeople] = useState<readonly Person[]>([]);
  const task = useTask(create);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const wanted = name.trim();
    setMissing(wanted === "");
    if (wanted !== "")
      void task.run(
        wanted,
        people.map((person) => person.userId),
      );
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <TextField
        label={t("create.name")}
        placeholder={t("create.nameHint")}
        value={name}
        onChange={setName}
        error={missing ? t("create.missingName") : undefined}
        autoFocus={focusAtOnce()}
        required
        maxLength={120}
      />
      {people.length > 0 && (
        <ul className={styles.chosen} aria-label={t("create.people")}>
          {people.map((person) => (
            <li key={person.userId}>
              <button
                type="button"
                className={styles.chip}
                aria-label={t("create.remove", { name: person.name })}
                onClick={() => setPeople(people.filter((other) => other !== person))}
              >
                <Avatar name={person.name} source={person.avatarMxc} size={20} />
                {person.name}
                <X aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
      <PeopleSearch
        search={search}
        label={t("create.people")}
        exclude={people}
        onChoose={(person) => setPeople([...people, person])}
      />
      <p className={styles.note}>
        <LockKeyhole aria-hidden />
        {t("create.private-note")}
      </p>
      <Problem text={task.error === undefined ? undefined : errorText(task.error)} />
      <DialogActions>
        <Button type="submit" look="solid" busy={task.running}>
          {task.running ? t("create.submitting") : t("create.submit")}
        </Button>
      </DialogActions>
    </form>
  );
}
