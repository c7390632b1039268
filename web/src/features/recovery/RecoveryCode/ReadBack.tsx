/** Two groups of the code, typed back: proof that it was kept. */
import { useState, type SubmitEvent, type ReactNode } from "react";
import { ArrowLeft } from "lucide-react";
import { cleanGroup, readsBack } from "../../../lib/recovery.ts";
import { Button } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Problem } from "../../../ui/Problem/Problem.tsx";
import { TextField } from "../../../ui/TextField/TextField.tsx";
import { useTask } from "../../../ui/hooks/useTask.ts";
import styles from "./ReadBack.module.css";

interface ReadBackProps {
  readonly code: readonly string[];
  readonly asked: readonly [number, number];
  readonly onConfirm: (typed: readonly [string, string]) => Promise<void>;
  readonly onShowAgain: () => void;
  readonly finish: string;
  readonly finishing: string;
}

export function ReadBack(props: ReadBackProps): ReactNode {
  const { code, asked, onConfirm, onShowAgain, finish, finishing } = props;
  const { t, errorText } = useLanguage();
  const [typed, setTyped] = useState<readonly [string, string]>(["", ""]);
  const [wrong, setWrong] = useState(false);
  const task = useTask(onConfirm);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const right = readsBack(code, asked, typed);
    setWrong(!right);
    if (right) void task.run([cleanGroup(typed[0]), cleanGroup(typed[1])]);
  };
  const problem = wrong
    ? t("recovery.setup.wrong")
    : task.error === undefined
      ? undefined
      : errorText(task.error);
  return (
    <form className={styles.form} onSubmit={submit}>
      <div className={styles.groups}>
        {asked.map((index, place) => (
          <TextField
            key={index}
            code
            label={t("recovery.setup.group", { number: index + 1 })}
            value={typed[place] ?? ""}
            onChange={(text) => setTyped(place === 0 ? [text, typed[1]] : [typed[0], text])}
            autoFocus={place === 0}
            autoComplete="off"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            maxLength={12}
          />
        ))}
      </div>
      <Problem text={problem} />
      <Button type="submit" look="solid" wide busy={task.running}>
        {task.running ? finishing : finish}
      </Button>
      <Button look="quiet" wide icon={<ArrowLeft />} onClick={onShowAgain} disabled={task.running}>
        {t("recovery.setup.showAgain")}
      </Button>
    </form>
  );
}
