/** One's own affairs: profile, security, appearance. */
import type { ReactNode } from "react";
import { ArrowLeft, LogOut } from "lucide-react";
import type { Session } from "../../../matrix/model.ts";
import { Button, IconButton } from "../../../ui/Button/Button.tsx";
import { ConfirmDialog } from "../../../ui/ConfirmDialog/ConfirmDialog.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { useState } from "react";
import { ProfileSection } from "../ProfileSection/ProfileSection.tsx";
import { SecuritySection } from "../SecuritySection/SecuritySection.tsx";
import styles from "./Settings.module.css";

interface SettingsProps {
  readonly session: Session;
  readonly now: number;
  readonly appearance: ReactNode;
  readonly onBack: () => void;
  readonly onNewCode: () => void;
  readonly onSignOut: () => Promise<void>;
}

export function Settings({
  session,
  now,
  appearance,
  onBack,
  onNewCode,
  onSignOut,
}: SettingsProps): ReactNode {
  const { t } = useLanguage();
  const [leaving, setLeaving] = useState(false);
  return (
    <div className={styles.settings}>
      <header className={styles.header}>
        <IconButton label={t("app.back")} icon={<ArrowLeft />} onClick={onBack} />
        <h1 className={styles.title}>{t("settings.title")}</h1>
      </header>
      <div className={styles.scroll} tabIndex={0} role="region" aria-label={t("settings.title")}>
        <div className={styles.column}>
          <ProfileSection session={session} />
          <SecuritySection session={session} now={now} onNewCode={onNewCode} />
          {appearance}
          <Button
            className={styles.signOut}
            look="outline"
            icon={<LogOut />}
            onClick={() => setLeaving(true)}
          >
            {t("settings.signOut")}
          </Button>
        </div>
      </div>
      {leaving && (
        <ConfirmDialog
          title={t("settings.signOutTitle")}
          detail={t("settings.signOutDetail")}
          action={t("settings.signOut")}
          onConfirm={onSignOut}
          onClose={() => setLeaving(false)}
        />
      )}
    </div>
  );
}
