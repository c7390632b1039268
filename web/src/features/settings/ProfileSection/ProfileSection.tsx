/** How others see one: name and picture. */
import { useRef, useState, type SubmitEvent, type ReactNode } from "react";
import type { Session } from "../../../matrix/model.ts";
import { Avatar } from "../../../ui/Avatar/Avatar.tsx";
import { Button } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Problem } from "../../../ui/Problem/Problem.tsx";
import { TextField } from "../../../ui/TextField/TextField.tsx";
import { toastDone } from "../../../ui/Toasts/Toasts.tsx";
import { useObservable } from "../../../ui/hooks/useObservable.ts";
import { useTask } from "../../../ui/hooks/useTask.ts";
import { Section } from "../Section.tsx";
import styles from "./ProfileSection.module.css";

type ProfileSession = Pick<Session, "me" | "setName" | "setAvatar">;

export function ProfileSection({ session }: { readonly session: ProfileSession }): ReactNode {
  const { t } = useLanguage();
  return (
    <Section title={t("settings.profile")}>
      <div className={styles.profile}>
        <Picture session={session} />
        <Name session={session} />
      </div>
    </Section>
  );
}

function Picture({ session }: { readonly session: ProfileSession }): ReactNode {
  const { t, errorText } = useLanguage();
  const me = useObservable(session.me);
  const picker = useRef<HTMLInputElement>(null);
  const task = useTask(session.setAvatar);
  const change = async (file: File | undefined): Promise<void> => {
    if (await task.run(file)) toastDone(t("settings.pictureSaved"));
  };
  return (
    <div className={styles.picture}>
      <Avatar name={me.name} source={me.avatarMxc} size={72} />
      <div className={styles.buttons}>
        <Button busy={task.running} onClick={() => picker.current?.click()}>
          {t("settings.changePicture")}
        </Button>
        {me.avatarMxc !== undefined && (
          <Button look="quiet" disabled={task.running} onClick={() => void change(undefined)}>
            {t("settings.removePicture")}
          </Button>
        )}
      </div>
      <input
        ref={picker}
        type="file"
        accept="image/*"
        hidden
        aria-label={t("settings.picture")}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file) void change(file);
        }}
      />
      <Problem text={task.error === undefined ? undefined : errorText(task.error)} />
    </div>
  );
}

function Name({ session }: { readonly session: ProfileSession }): ReactNode {
  const { t, errorText } = useLanguage();
  const me = useObservable(session.me);
  const [name, setName] = useState(me.name);
  const [missing, setMissing] = useState(false);
  const task = useTask(session.setName);
  const submit = async (): Promise<void> => {
    const wanted = name.trim();
    setMissing(wanted === "");
    if (wanted !== "" && (await task.run(wanted))) toastDone(t("settings.nameSaved"));
  };
  return (
    <form
      className={styles.name}
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        void submit();
      }}
    >
      <TextField
        label={t("settings.name")}
        hint={t("settings.nameHint")}
        value={name}
        onChange={setName}
        error={missing ? t("settings.missingName") : undefined}
        autoComplete="name"
        maxLength={100}
      />
      <p className={styles.identifier}>
        {t("settings.identifier")} <code>{me.userId}</code>
      </p>
      <Problem text={task.error === undefined ? undefined : errorText(task.error)} />
      <Button type="submit" look="solid" busy={task.running} disabled={name.trim() === me.name}>
        {t("settings.saveName")}
      </Button>
    </form>
  );
}
