import { useEffect, useState } from "react";
import type { Locale } from "../lib/preferences.ts";
import { loadAllMessages, type Words } from "./messages.ts";

/** The words in force: those of the entry at first, then all of the wanted language. */
export function useWords(first: Words, locale: Locale): Words & { readonly all: boolean } {
  const [words, setWords] = useState(first);
  useEffect(() => {
    let current = true;
    void loadAllMessages(locale).then((messages) => {
      if (current) setWords({ locale, messages });
    });
    return () => {
      current = false;
    };
  }, [locale]);
  return { ...words, all: words !== first };
}
