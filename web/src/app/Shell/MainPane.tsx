/** What the address asks for, beside the list. */
import type { ReactNode } from "react";
import { RenewRecoveryCode } from "../../features/recovery/RenewRecoveryCode/RenewRecoveryCode.tsx";
import { AppearanceSection } from "../../features/settings/AppearanceSection/AppearanceSection.tsx";
import { Settings } from "../../features/settings/Settings/Settings.tsx";
import type { Drafts } from "../../lib/drafts.ts";
import type { PreferenceStore } from "../../lib/preferences.ts";
import type { RoomSummary, Session, UserId } from "../../matrix/model.ts";
import { EmptyState } from "../../ui/EmptyState/EmptyState.tsx";
import { useLanguage } from "../../ui/Language/Language.tsx";
import { Sign } from "../../ui/Sign/Sign.tsx";
import { useObservable } from "../../ui/hooks/useObservable.ts";
import { RoomPane } from "../ConversationView/RoomPane.tsx";
import type { Navigation } from "../useRoute.ts";
import styles from "./Shell.module.css";

export interface MainPaneProps {
  readonly session: Session;
  readonly preferences: PreferenceStore;
  readonly navigation: Navigation;
  readonly drafts: Drafts;
  readonly now: number;
  readonly me: UserId;
  readonly rooms: readonly RoomSummary[];
}

export function MainPane(props: MainPaneProps): ReactNode {
  const { session, preferences, navigation, drafts, now } = props;
  const { route, go, back } = navigation;
  const chosen = useObservable(preferences);
  switch (route.kind) {
    case "home":
      return <NothingOpen any={props.rooms.length > 0} />;
    case "room":
      return <RoomPane {...props} wanted={route.roomId} details={route.details} />;
    case "settings":
      return (
        <Settings
          session={session}
          now={now}
          appearance={<AppearanceSection preferences={chosen} onChange={preferences.change} />}
          onBack={() => back({ kind: "home" })}
          onNewCode={() => go({ kind: "new-recovery-code" })}
          onSignOut={async () => {
            await session.signOut();
            drafts.clear();
          }}
        />
      );
    case "new-recovery-code":
      return (
        <RenewRecoveryCode
          newRecoveryCode={session.newRecoveryCode}
          onClose={() => back({ kind: "settings" })}
        />
      );
  }
}

function NothingOpen({ any }: { readonly any: boolean }): ReactNode {
  const { t } = useLanguage();
  return (
    <div className={styles.nothing}>
      {any ? (
        <EmptyState
          page
          picture={<Sign size={88} />}
          title={t("shell.nothingOpen")}
          hint={t("shell.nothingOpenHint")}
        />
      ) : (
        <Sign size={120} />
      )}
    </div>
  );
}
