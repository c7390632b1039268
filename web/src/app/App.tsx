/** The whole client: whatever stands between a person and their conversations, then these. */
import { Suspense, useEffect, useState, type ReactNode } from "react";
import { Starting } from "../features/auth/Starting/Starting.tsx";
import type { PreferenceStore } from "../lib/preferences.ts";
import type { Chappe } from "../matrix/model.ts";
import { Language } from "../ui/Language/Language.tsx";
import { useObservable } from "../ui/hooks/useObservable.ts";
import { ErrorBoundary } from "./ErrorBoundary/ErrorBoundary.tsx";
import { GateView } from "./GateView.tsx";
import type { Words } from "./messages.ts";
import { useWords } from "./useWords.ts";

interface AppProps {
  readonly preferences: PreferenceStore;
  readonly words: Words;
  /** Opens Matrix: called once something is drawn. */
  readonly connect: () => Promise<Chappe>;
}

export function App({ preferences, words, connect }: AppProps): ReactNode {
  const [chappe, setChappe] = useState<Chappe>();
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    connect().then((opened) => setChappe(() => opened), setFailure);
  }, [connect]);
  const { locale } = useObservable(preferences);
  const current = useWords(words, locale);
  return (
    <Language locale={current.locale} messages={current.messages}>
      <ErrorBoundary failure={failure}>
        <Suspense fallback={<Starting />}>
          {chappe === undefined ? (
            <Starting />
          ) : (
            <GateView chappe={chappe} preferences={preferences} worded={current.all} />
          )}
        </Suspense>
      </ErrorBoundary>
    </Language>
  );
}
