/** What guards one's messages: devices, recovery code, storage. */
import type { ReactNode } from "react";
import { DatabaseZap, ShieldCheck } from "lucide-react";
import type { Session } from "../../../matrix/model.ts";
import { Button } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { useObservable } from "../../../ui/hooks/useObservable.ts";
import { DeviceList } from "../DeviceList/DeviceList.tsx";
import { Block, Section } from "../Section.tsx";
import styles from "./SecuritySection.module.css";

interface SecuritySectionProps {
  readonly session: Pick<Session, "devices" | "endDevice" | "storagePersisted">;
  readonly now: number;
  readonly onNewCode: () => void;
}

export function SecuritySection({ session, now, onNewCode }: SecuritySectionProps): ReactNode {
  const { t } = useLanguage();
  return (
    <Section title={t("settings.security")}>
      <Block title={t("settings.devices")} hint={t("settings.devicesHint")}>
        <DeviceList devices={session.devices} endDevice={session.endDevice} now={now} />
      </Block>
      <Block title={t("settings.recovery")} hint={t("settings.recoveryHint")}>
        <Button onClick={onNewCode}>{t("settings.newCode")}</Button>
      </Block>
      <Block title={t("settings.storage")}>
        <Storage persisted={useObservable(session.storagePersisted)} />
      </Block>
    </Section>
  );
}

function Storage({ persisted }: { readonly persisted: boolean | undefined }): ReactNode {
  const { t } = useLanguage();
  if (persisted === undefined)
    return <p className={styles.answer}>{t("settings.storageUnknown")}</p>;
  return (
    <p className={styles.answer} data-kept={persisted}>
      {persisted ? <ShieldCheck aria-hidden /> : <DatabaseZap aria-hidden />}
      {t(persisted ? "settings.storageYes" : "settings.storageNo")}
    </p>
  );
}
