/** Who are you? The door of the client. */
import { lazy, Suspense, useRef, type ReactNode } from "react";
import type { SignedOut } from "../../../matrix/model.ts";
import { Button } from "../../../ui/Button/Button.tsx";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Sign } from "../../../ui/Sign/Sign.tsx";
import { Problem } from "../../../ui/Problem/Problem.tsx";
import { TextField } from "../../../ui/TextField/TextField.tsx";
import { PasswordField } from "../../../ui/PasswordField/PasswordField.tsx";
import styles from "./SignIn.module.css";
import { useSignIn } from "./useSignIn.ts";

/** Only decoration: it may come after the form. */
const Landscape = lazy(async () => ({
  default: (await import("../Landscape/Landscape.tsx")).Landscape,
}));

interface SignInProps {
  readonly gate: SignedOut;
  /** Language and theme, before anybody is known. */
  readonly preferences: ReactNode;
}

export function SignIn({ gate, preferences }: SignInProps): ReactNode {
  const { t, errorText } = useLanguage();
  const identifier = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const form = useSignIn(gate.signIn, { identifier, password });
  const intro =
    gate.serverName === undefined
      ? t("signIn.intro")
      : t("signIn.introServer", { server: gate.serverName });
  return (
    <div className={styles.page}>
      <aside className={styles.side} aria-hidden="true">
        <Suspense>
          <Landscape />
        </Suspense>
        <p className={styles.tagline}>{t("app.tagline")}</p>
      </aside>
      <main className={styles.main}>
        <div className={styles.preferences}>{preferences}</div>
        <form className={styles.form} onSubmit={form.submit} noValidate>
          <p className={styles.brand}>
            <Sign size={36} moving={form.running} />
            Chappe
          </p>
          <h1 className={styles.title}>{t("signIn.title")}</h1>
          <p className={styles.intro}>{intro}</p>
          {gate.reason && <p className={styles.reason}>{t(`signIn.reason.${gate.reason}`)}</p>}
          <TextField
            ref={identifier}
            label={t("signIn.identifier")}
            hint={t("signIn.identifierHint")}
            value={form.identifier}
            onChange={form.setIdentifier}
            error={form.missing === "identifier" ? t("signIn.missingIdentifier") : undefined}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            required
          />
          <PasswordField
            ref={password}
            label={t("signIn.password")}
            value={form.password}
            onChange={form.setPassword}
            error={form.missing === "password" ? t("signIn.missingPassword") : undefined}
          />
          <Problem text={form.error === undefined ? undefined : errorText(form.error)} />
          <Button type="submit" look="solid" wide busy={form.running}>
            {form.running ? t("signIn.submitting") : t("signIn.submit")}
          </Button>
        </form>
        <p className={styles.footer}>{t("signIn.footer")}</p>
      </main>
    </div>
  );
}
