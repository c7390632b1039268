/** Asks somebody in. */
import type { ReactNode } from "react";
import type { Conversation, ConversationSnapshot, Person, Session } from "../../../matrix/model.ts";
import { Dialog } from "../../../ui/Dialog/Dialog.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { PeopleSearch } from "../../../ui/PeopleSearch/PeopleSearch.tsx";
import { Problem } from "../../../ui/Problem/Problem.tsx";
import { toastDone } from "../../../ui/Toasts/Toasts.tsx";
import { useTask } from "../../../ui/hooks/useTask.ts";
import { focusAtOnce } from "../../../ui/hooks/focusAtOnce.ts";

interface InviteDialogProps {
  readonly conversation: Conversation;
  readonly snapshot: ConversationSnapshot;
  readonly searchPeople: Session["searchPeople"];
  readonly onClose: () => void;
}

export function InviteDialog({
  conversation,
  snapshot,
  searchPeople,
  onClose,
}: InviteDialogProps): ReactNode {
  const { t, errorText } = useLanguage();
  const task = useTask((person: Person) => conversation.invite(person.userId));
  const invite = async (person: Person): Promise<void> => {
    if (!(await task.run(person))) return;
    toastDone(t("details.invitedToast", { name: person.name }));
    onClose();
  };
  return (
    <Dialog title={t("details.inviteTitle", { room: snapshot.room.name })} onClose={onClose}>
      <PeopleSearch
        search={searchPeople}
        exclude={snapshot.members}
        onChoose={(person) => void invite(person)}
        autoFocus={focusAtOnce()}
      />
      <Problem text={task.error === undefined ? undefined : errorText(task.error)} />
    </Dialog>
  );
}
