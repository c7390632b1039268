/** A new conversation: one person, or a private room. */
import { useState, type ReactNode } from "react";
import { UserRound, UsersRound } from "lucide-react";
import type { Person, RoomId, Session, UserId } from "../../../matrix/model.ts";
import { Dialog } from "../../../ui/Dialog/Dialog.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Problem } from "../../../ui/Problem/Problem.tsx";
import { Segmented } from "../../../ui/Segmented/Segmented.tsx";
import { useTask } from "../../../ui/hooks/useTask.ts";
import { PeopleSearch } from "../../../ui/PeopleSearch/PeopleSearch.tsx";
import { NewRoomForm } from "./NewRoomForm.tsx";
import styles from "./NewConversation.module.css";
import { focusAtOnce } from "../../../ui/hooks/focusAtOnce.ts";

type Door = "direct" | "private";

interface NewConversationProps {
  readonly session: Pick<Session, "searchPeople" | "createDirect" | "createPrivate">;
  readonly onCreated: (roomId: RoomId) => void;
  readonly onClose: () => void;
  readonly door?: Door;
}

export function NewConversation(props: NewConversationProps): ReactNode {
  const { session, onCreated, onClose } = props;
  const { t, errorText } = useLanguage();
  const [door, setDoor] = useState<Door>(props.door ?? "direct");
  const direct = useTask(async (person: Person) =>
    onCreated(await session.createDirect(person.userId)),
  );
  const createRoom = async (name: string, people: readonly UserId[]): Promise<void> =>
    onCreated(await session.createPrivate(name, people));
  return (
    <Dialog title={t("create.title")} onClose={onClose}>
      <div className={styles.content}>
        <Segmented
          label={t("create.title")}
          value={door}
          onChange={setDoor}
          options={[
            { value: "direct", label: t("create.direct"), icon: <UserRound aria-hidden /> },
            { value: "private", label: t("create.private"), icon: <UsersRound aria-hidden /> },
          ]}
        />
        {door === "direct" ? (
          <>
            <PeopleSearch
              search={session.searchPeople}
              onChoose={(person) => void direct.run(person)}
              autoFocus={focusAtOnce()}
            />
            <p role="status" className={styles.status}>
              {direct.running && t("create.opening")}
            </p>
            <Problem text={direct.error === undefined ? undefined : errorText(direct.error)} />
          </>
        ) : (
          <NewRoomForm search={session.searchPeople} create={createRoom} />
        )}
      </div>
    </Dialog>
  );
}
