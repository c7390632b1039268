/** The questions that the details panel asks, one at a time. */
import type { ReactNode } from "react";
import type { Conversation, ConversationSnapshot, Member, Session } from "../../../matrix/model.ts";
import { ConfirmDialog } from "../../../ui/ConfirmDialog/ConfirmDialog.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { InviteDialog } from "./InviteDialog.tsx";
import { RenameDialog } from "./RenameDialog.tsx";

export type DetailsQuestion =
  | { readonly kind: "invite" | "rename" | "leave" }
  | { readonly kind: "remove"; readonly member: Member };

interface DetailsDialogsProps {
  readonly question: DetailsQuestion;
  readonly conversation: Conversation;
  readonly snapshot: ConversationSnapshot;
  readonly searchPeople: Session["searchPeople"];
  readonly onAnswered: () => void;
  readonly onLeft: () => void;
}

export function DetailsDialogs(props: DetailsDialogsProps): ReactNode {
  const { question, conversation, snapshot, searchPeople, onAnswered, onLeft } = props;
  const { t } = useLanguage();
  const { name } = snapshot.room;
  switch (question.kind) {
    case "invite":
      return (
        <InviteDialog
          conversation={conversation}
          snapshot={snapshot}
          searchPeople={searchPeople}
          onClose={onAnswered}
        />
      );
    case "rename":
      return <RenameDialog name={name} onRename={conversation.rename} onClose={onAnswered} />;
    case "leave":
      return (
        <ConfirmDialog
          title={t("details.leaveTitle", { name })}
          detail={t("details.leaveDetail")}
          action={t("details.leaveSubmit")}
          onConfirm={() => conversation.leave().then(onLeft)}
          onClose={onAnswered}
        />
      );
    case "remove":
      return (
        <ConfirmDialog
          title={t("details.removeTitle", { name: question.member.name })}
          detail={t("details.removeDetail")}
          action={t("details.removeSubmit")}
          onConfirm={() => conversation.remove(question.member.userId)}
          onClose={onAnswered}
        />
      );
  }
}
