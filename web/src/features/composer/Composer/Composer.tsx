/** Where one writes: text, emoji, files; replies and corrections. */
import { useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { ArrowUp, Check, Paperclip, Smile } from "lucide-react";
import { composerAction } from "../../../lib/composer.ts";
import type { Drafts } from "../../../lib/drafts.ts";
import type { RoomId } from "../../../matrix/model.ts";
import { IconButton } from "../../../ui/Button/Button.tsx";
import { EmojiPopover } from "../../../ui/EmojiPopover/EmojiPopover.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { AttachmentTray } from "../AttachmentTray/AttachmentTray.tsx";
import { ComposerBanner } from "../ComposerBanner/ComposerBanner.tsx";
import { DropZone } from "../DropZone/DropZone.tsx";
import { useAttachments } from "../useAttachments.ts";
import { useAutoGrow } from "../useAutoGrow.ts";
import { useComposer, type ComposerMode, type Written } from "../useComposer.ts";
import styles from "./Composer.module.css";

interface ComposerProps {
  readonly roomId: RoomId;
  readonly conversation: Written;
  readonly drafts: Drafts;
  readonly mode: ComposerMode;
  readonly onDone: () => void;
  readonly onEditLast: () => void;
}

export function Composer({
  roomId,
  conversation,
  drafts,
  mode,
  onDone,
  onEditLast,
}: ComposerProps): ReactNode {
  const { t } = useLanguage();
  const input = useRef<HTMLTextAreaElement>(null);
  const attachments = useAttachments(conversation);
  const composer = useComposer({ roomId, conversation, drafts, mode, onDone, input, attachments });
  const { text } = composer;
  useAutoGrow(input, text);
  const editing = mode.kind === "edit";
  const canSend = text.trim() !== "" || (!editing && attachments.staged.length > 0);

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const { key, shiftKey: shift, altKey: alt, ctrlKey: control } = event;
    const action = composerAction({
      key,
      shift,
      alt,
      control,
      composing: event.nativeEvent.isComposing,
      text,
    });
    if (action === "write" || (action === "cancel" && mode.kind === "write")) return;
    event.preventDefault();
    if (action === "send") composer.send();
    else if (action === "edit-last") onEditLast();
    else onDone();
  };

  return (
    <form
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault();
        composer.send();
      }}
    >
      <ComposerBanner mode={mode} onCancel={onDone} />
      {!editing && <AttachmentTray attachments={attachments} />}
      <div className={styles.box}>
        {!editing && <AttachButton onFiles={attachments.add} />}
        <textarea
          ref={input}
          className={styles.input}
          rows={1}
          value={text}
          aria-label={t("composer.label")}
          placeholder={t(
            attachments.staged.length > 0 ? "composer.caption" : "composer.placeholder",
          )}
          onChange={(event) => composer.write(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            const files = [...event.clipboardData.files];
            if (files.length === 0 || editing) return;
            event.preventDefault();
            attachments.add(files);
          }}
          onBlur={composer.pause}
        />
        <EmojiButton onChoose={composer.insert} />
        <button
          type="submit"
          className={styles.send}
          disabled={!canSend}
          aria-label={t(editing ? "composer.save" : "composer.send")}
          title={t(editing ? "composer.save" : "composer.send")}
        >
          {editing ? <Check aria-hidden /> : <ArrowUp aria-hidden />}
        </button>
      </div>
      {!editing && <DropZone onFiles={attachments.add} />}
    </form>
  );
}

function AttachButton({
  onFiles,
}: {
  readonly onFiles: (files: readonly File[]) => void;
}): ReactNode {
  const { t } = useLanguage();
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        label={t("composer.attach")}
        icon={<Paperclip />}
        onClick={() => picker.current?.click()}
      />
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label={t("composer.attach")}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
    </>
  );
}

function EmojiButton({ onChoose }: { readonly onChoose: (emoji: string) => void }): ReactNode {
  const { t } = useLanguage();
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  return (
    <>
      <IconButton
        ref={anchor}
        label={t("composer.emoji")}
        icon={<Smile />}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(true)}
      />
      {open && (
        <EmojiPopover
          anchor={anchor}
          onClose={() => setOpen(false)}
          onChoose={(emoji) => {
            setOpen(false);
            onChoose(emoji);
          }}
        />
      )}
    </>
  );
}
