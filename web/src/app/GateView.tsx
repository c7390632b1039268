/** The screen for each state of the gate. */
import { lazy, type ReactNode } from "react";
import { SignIn } from "../features/auth/SignIn/SignIn.tsx";
import { Starting } from "../features/auth/Starting/Starting.tsx";
import type { PreferenceStore } from "../lib/preferences.ts";
import type { Chappe } from "../matrix/model.ts";
import { LanguageChoice, ThemeChoice } from "../ui/Preferences/Preferences.tsx";
import { useObservable } from "../ui/hooks/useObservable.ts";

const RecoverySetup = lazy(async () => ({
  default: (await import("../features/recovery/RecoverySetup/RecoverySetup.tsx")).RecoverySetup,
}));
const RecoveryRestore = lazy(async () => ({
  default: (await import("../features/recovery/RecoveryRestore/RecoveryRestore.tsx"))
    .RecoveryRestore,
}));
const Elsewhere = lazy(async () => ({
  default: (await import("./Elsewhere/Elsewhere.tsx")).Elsewhere,
}));
const Shell = lazy(async () => ({ default: (await import("./Shell/Shell.tsx")).Shell }));

interface GateViewProps {
  readonly chappe: Chappe;
  readonly preferences: PreferenceStore;
  /** All words are here, not only those of the entry. */
  readonly worded: boolean;
}

export function GateView({ chappe, preferences, worded }: GateViewProps): ReactNode {
  const gate = useObservable(chappe);
  const { locale, theme } = useObservable(preferences);
  if (!worded && gate.kind !== "signed-out") return <Starting />;
  switch (gate.kind) {
    case "starting":
      return <Starting />;
    case "signed-out":
      return (
        <SignIn
          gate={gate}
          preferences={
            <>
              <LanguageChoice locale={locale} onChange={preferences.change} />
              <ThemeChoice compact theme={theme} onChange={preferences.change} />
            </>
          }
        />
      );
    case "recovery-setup":
      return <RecoverySetup gate={gate} />;
    case "recovery-restore":
      return <RecoveryRestore gate={gate} />;
    case "elsewhere":
      return <Elsewhere gate={gate} />;
    case "ready":
      return <Shell session={gate.session} preferences={preferences} />;
  }
}
