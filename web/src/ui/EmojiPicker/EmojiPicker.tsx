/** Chooses an emoji; names and pictures come from our own origin. Loaded when first opened. */
import type { ReactNode } from "react";
import {
  EmojiPicker as Picker,
  type EmojiPickerListCategoryHeaderProps,
  type EmojiPickerListEmojiProps,
  type EmojiPickerListRowProps,
} from "frimousse";
import { useLanguage } from "../Language/Language.tsx";
import styles from "./EmojiPicker.module.css";
import { focusAtOnce } from "../hooks/focusAtOnce.ts";

/** Those used most, one press away. */
const QUICK = ["👍", "❤️", "😂", "🎉", "👀", "🙏"] as const;

interface EmojiPickerProps {
  readonly onChoose: (emoji: string) => void;
}

export function EmojiPicker({ onChoose }: EmojiPickerProps): ReactNode {
  const { t, locale } = useLanguage();
  return (
    <Picker.Root
      className={styles.root}
      locale={locale}
      emojibaseUrl={`${location.origin}/emoji`}
      columns={8}
      onEmojiSelect={({ emoji }) => onChoose(emoji)}
    >
      <div className={styles.quick}>
        {QUICK.map((emoji) => (
          <button
            key={emoji}
            type="button"
            className={styles.quickEmoji}
            onClick={() => onChoose(emoji)}
          >
            {emoji}
          </button>
        ))}
      </div>
      <Picker.Search
        className={styles.search}
        aria-label={t("emoji.search")}
        placeholder={t("emoji.search")}
        autoFocus={focusAtOnce()}
      />
      <Picker.Viewport className={styles.viewport} tabIndex={0}>
        <Picker.Loading className={styles.note}>{t("emoji.loading")}</Picker.Loading>
        <Picker.Empty className={styles.note}>{t("emoji.empty")}</Picker.Empty>
        <Picker.List className={styles.list} components={{ CategoryHeader, Row, Emoji }} />
      </Picker.Viewport>
    </Picker.Root>
  );
}

function CategoryHeader({ category, ...props }: EmojiPickerListCategoryHeaderProps): ReactNode {
  return (
    <div {...props} className={styles.category}>
      {category.label}
    </div>
  );
}

function Row({ children, ...props }: EmojiPickerListRowProps): ReactNode {
  return (
    <div {...props} aria-rowindex={fromOne(props["aria-rowindex"])} className={styles.row}>
      {children}
    </div>
  );
}

function Emoji({ emoji, ...props }: EmojiPickerListEmojiProps): ReactNode {
  return (
    <button
      {...props}
      type="button"
      aria-colindex={fromOne(props["aria-colindex"])}
      className={styles.emoji}
      title={emoji.label}
    >
      {emoji.emoji}
    </button>
  );
}

/** ARIA counts rows and columns from one; the picker counts from zero. */
function fromOne(index: number | undefined): number | undefined {
  return index === undefined ? undefined : index + 1;
}
