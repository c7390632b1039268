/** When the client itself fails: said plainly, with the way on. */
import { Component, type ReactNode } from "react";
import { Button } from "../../ui/Button/Button.tsx";
import { EmptyState } from "../../ui/EmptyState/EmptyState.tsx";
import { useLanguage } from "../../ui/Language/Language.tsx";
import { Sign } from "../../ui/Sign/Sign.tsx";
import styles from "./ErrorBoundary.module.css";

interface ErrorBoundaryProps {
  readonly children: ReactNode;
  /** A failure outside of drawing. */
  readonly failure: unknown;
}

interface ErrorBoundaryState {
  readonly failed: boolean;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  public override readonly state: ErrorBoundaryState = { failed: false };

  public static getDerivedStateFromError(): ErrorBoundaryState {
    return { failed: true };
  }

  public override render(): ReactNode {
    return this.state.failed || this.props.failure !== undefined ? <Failed /> : this.props.children;
  }
}

/** The page that is left when nothing else can be drawn. */
export function Failed(): ReactNode {
  const { t } = useLanguage();
  return (
    <main className={styles.page}>
      <div className={styles.alert} role="alert">
        <EmptyState
          page
          picture={<Sign size={64} />}
          title={t("app.failed")}
          hint={t("app.failedDetail")}
          action={
            <Button look="solid" onClick={() => location.reload()}>
              {t("app.reload")}
            </Button>
          }
        />
      </div>
    </main>
  );
}
