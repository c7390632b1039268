/** One's own devices; the session of another can be ended. */
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { Laptop, ShieldAlert, ShieldCheck } from "lucide-react";
import { formatMoment } from "../../../lib/dates.ts";
import type { Device, Session } from "../../../matrix/model.ts";
import { Button } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Skeleton } from "../../../ui/Skeleton/Skeleton.tsx";
import { useTask } from "../../../ui/hooks/useTask.ts";
import styles from "./DeviceList.module.css";
import { EndDeviceDialog } from "./EndDeviceDialog.tsx";

interface DeviceListProps {
  readonly devices: Session["devices"];
  readonly endDevice: Session["endDevice"];
  readonly now: number;
}

export function DeviceList({ devices, endDevice, now }: DeviceListProps): ReactNode {
  const { t } = useLanguage();
  const [list, setList] = useState<readonly Device[]>();
  const [ending, setEnding] = useState<Device>();
  const load = useCallback(async () => setList(await devices()), [devices]);
  const { run, error } = useTask(load);
  useEffect(() => void run(), [run]);
  if (error !== undefined && list === undefined)
    return <p role="alert">{t("settings.devicesFailed")}</p>;
  if (list === undefined) return <Skeleton shape="line" width="medium" />;
  return (
    <>
      <ul className={styles.list}>
        {list.map((device) => (
          <li key={device.deviceId}>
            <DeviceRow device={device} now={now} onEnd={() => setEnding(device)} />
          </li>
        ))}
      </ul>
      {ending && (
        <EndDeviceDialog
          device={ending}
          endDevice={endDevice}
          onClose={() => setEnding(undefined)}
          onEnded={() => {
            setEnding(undefined);
            void run();
          }}
        />
      )}
    </>
  );
}

interface DeviceRowProps {
  readonly device: Device;
  readonly now: number;
  readonly onEnd: () => void;
}

function DeviceRow({ device, now, onEnd }: DeviceRowProps): ReactNode {
  const { t, locale } = useLanguage();
  const { name, current, verified, lastSeen } = device;
  const seen =
    lastSeen === undefined
      ? t("settings.neverSeen")
      : t("settings.lastSeen", { when: formatMoment(lastSeen, now, locale) });
  return (
    <div className={styles.device}>
      <span className={styles.icon}>
        <Laptop aria-hidden />
      </span>
      <div className={styles.text}>
        <p className={styles.name}>{name}</p>
        <p className={styles.facts}>
          <span className={styles.trust} data-verified={verified}>
            {verified ? <ShieldCheck aria-hidden /> : <ShieldAlert aria-hidden />}
            {t(verified ? "settings.verified" : "settings.unverified")}
          </span>
          <span>{current ? t("settings.currentDevice") : seen}</span>
        </p>
      </div>
      {!current && (
        <Button aria-label={t("settings.endDeviceNamed", { name })} onClick={onEnd}>
          {t("settings.endDevice")}
        </Button>
      )}
    </div>
  );
}
