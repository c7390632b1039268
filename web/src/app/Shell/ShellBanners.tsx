/** What lasts and matters everywhere: no network, a policy that is not the strict one. */
import { useEffect, useState, type ReactNode } from "react";
import { LockKeyholeOpen, WifiOff } from "lucide-react";
import type { Connection, Session } from "../../matrix/model.ts";
import { Banner } from "../../ui/Banner/Banner.tsx";
import { useLanguage } from "../../ui/Language/Language.tsx";
import { Spinner } from "../../ui/Spinner/Spinner.tsx";
import styles from "./Shell.module.css";

interface ShellBannersProps {
  readonly connection: Connection;
  readonly policy: Session["encryptionPolicy"];
}

const PATIENCE = 1500;

export function ShellBanners({ connection, policy }: ShellBannersProps): ReactNode {
  const { t } = useLanguage();
  const slow = useLasting(connection.kind === "connecting", PATIENCE);
  return (
    <div className={styles.banners} role="status">
      {connection.kind === "offline" && (
        <Banner tone="warning" icon={<WifiOff aria-hidden />}>
          {t("shell.offline")}
        </Banner>
      )}
      {slow && (
        <Banner tone="plain" icon={<Spinner />}>
          {t("shell.connecting")}
        </Banner>
      )}
      {policy !== "required" && (
        <Banner tone="warning" icon={<LockKeyholeOpen aria-hidden />}>
          {t("shell.policy")}
        </Banner>
      )}
    </div>
  );
}

/** Whether `state` has lasted for `time`: a blink is not worth a banner. */
function useLasting(state: boolean, time: number): boolean {
  const [lasted, setLasted] = useState(false);
  useEffect(() => {
    if (!state) return;
    const timer = setTimeout(() => setLasted(true), time);
    return () => {
      clearTimeout(timer);
      setLasted(false);
    };
  }, [state, time]);
  return state && lasted;
}
