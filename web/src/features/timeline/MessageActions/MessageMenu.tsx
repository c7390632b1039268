/** All that can be done with a message. */
import type { ReactNode, RefObject } from "react";
import { Copy, Pencil, Reply, SmilePlus, Trash2 } from "lucide-react";
import type { MessageItem } from "../../../matrix/model.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Menu, type MenuChoice } from "../../../ui/Menu/Menu.tsx";

interface MessageMenuProps {
  readonly item: MessageItem;
  readonly anchor: RefObject<Element | null>;
  readonly onReply: () => void;
  readonly onReact: () => void;
  readonly onEdit: () => void;
  readonly onCopy: (text: string) => void;
  readonly onDelete: () => void;
  readonly onClose: () => void;
}

export function MessageMenu(props: MessageMenuProps): ReactNode {
  const { item, anchor, onClose } = props;
  const { t } = useLanguage();
  const choices: MenuChoice[] = [
    { id: "reply", label: t("message.reply"), icon: <Reply />, onChoose: props.onReply },
    { id: "react", label: t("message.react"), icon: <SmilePlus />, onChoose: props.onReact },
  ];
  const { body, can } = item;
  if (can.edit)
    choices.push({
      id: "edit",
      label: t("message.edit"),
      icon: <Pencil />,
      onChoose: props.onEdit,
    });
  if (body.kind === "text") {
    choices.push({
      id: "copy",
      label: t("message.copy"),
      icon: <Copy />,
      onChoose: () => props.onCopy(body.text),
    });
  }
  if (can.delete) {
    choices.push({
      id: "delete",
      label: t("message.delete"),
      icon: <Trash2 />,
      danger: true,
      onChoose: props.onDelete,
    });
  }
  return <Menu label={t("message.actions")} anchor={anchor} choices={choices} onClose={onClose} />;
}
