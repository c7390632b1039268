/** Short news at the foot of the page, announced politely, gone by themselves. */
import { useEffect, useSyncExternalStore, type ReactNode } from "react";
import { Check, CircleAlert, X } from "lucide-react";
import { cell } from "../../lib/observable.ts";
import { IconButton } from "../Button/Button.tsx";
import { useLanguage } from "../Language/Language.tsx";
import styles from "./Toasts.module.css";

interface Toast {
  readonly id: number;
  readonly tone: "done" | "failed";
  readonly text: string;
}

const SHOWN_FOR = 6000;
const MOST = 3;
const toasts = cell<readonly Toast[]>([]);
let lastId = 0;

/** Says that something was done. */
export function toastDone(text: string): void {
  add("done", text);
}

/** Says that something failed. */
export function toastFailed(text: string): void {
  add("failed", text);
}

function add(tone: Toast["tone"], text: string): void {
  lastId += 1;
  toasts.set([...toasts.snapshot(), { id: lastId, tone, text }].slice(-MOST));
}

function dismiss(id: number): void {
  toasts.set(toasts.snapshot().filter((toast) => toast.id !== id));
}

/** Where they appear: once, near the root. */
export function Toasts(): ReactNode {
  const { t } = useLanguage();
  const shown = useSyncExternalStore(toasts.subscribe, toasts.snapshot);
  return (
    <div className={styles.region} role="status" aria-label={t("feedback.notifications")}>
      {shown.map((toast) => (
        <ToastLine key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastLine({ toast }: { readonly toast: Toast }): ReactNode {
  const { t } = useLanguage();
  const { id, tone, text } = toast;
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [id]);
  return (
    <div className={styles.toast} data-tone={tone}>
      {tone === "done" ? <Check aria-hidden /> : <CircleAlert aria-hidden />}
      <span>{text}</span>
      <IconButton small label={t("feedback.dismiss")} icon={<X />} onClick={() => dismiss(id)} />
    </div>
  );
}
