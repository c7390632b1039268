/** The language of the screens, for every component below. */
import { createContext, use, type ReactNode } from "react";
import {
  isKnown,
  translator,
  type Messages,
  type MessageKey,
  type Translate,
} from "../../lib/translate.ts";
import type { Locale } from "../../lib/preferences.ts";

interface LanguageValue {
  readonly locale: Locale;
  readonly t: Translate;
  /** The sentence for an error code; the unknown one when the catalogue lacks it. */
  readonly errorText: (error: unknown) => string;
}

const LanguageContext = createContext<LanguageValue | undefined>(undefined);

interface LanguageProps {
  readonly locale: Locale;
  readonly messages: Messages;
  readonly children: ReactNode;
}

/** Gives `messages` to the components below. */
export function Language({ locale, messages, children }: LanguageProps): ReactNode {
  const t = translator(locale, messages);
  const errorText = (error: unknown): string => t(errorKey(error, messages));
  return <LanguageContext value={{ locale, t, errorText }}>{children}</LanguageContext>;
}

/** The language in force. */
export function useLanguage(): LanguageValue {
  const value = use(LanguageContext);
  if (value === undefined) throw new Error("a component stands outside <Language>");
  return value;
}

function errorKey(error: unknown, messages: Messages): MessageKey {
  if (typeof error !== "object" || error === null || !("code" in error)) return "errors.unknown";
  const key = `errors.${String(error.code)}`;
  return isKnown(messages, key) ? key : "errors.unknown";
}
