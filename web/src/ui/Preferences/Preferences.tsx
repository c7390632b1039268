/** The choices of language and theme, for the sign-in page and the settings alike. */
import type { ReactNode } from "react";
import { MonitorIcon, MoonIcon, SunIcon } from "../FirstIcons/FirstIcons.tsx";
import type { Locale, Preferences, Theme } from "../../lib/preferences.ts";
import { useLanguage } from "../Language/Language.tsx";
import { Segmented } from "../Segmented/Segmented.tsx";

type Change = (change: Partial<Preferences>) => void;

interface LanguageChoiceProps {
  readonly locale: Locale;
  readonly onChange: Change;
}

export function LanguageChoice({ locale, onChange }: LanguageChoiceProps): ReactNode {
  const { t } = useLanguage();
  return (
    <Segmented
      label={t("language.label")}
      value={locale}
      onChange={(next) => onChange({ locale: next })}
      options={[
        { value: "fr", label: t("language.fr") },
        { value: "en", label: t("language.en") },
      ]}
    />
  );
}

interface ThemeChoiceProps {
  readonly theme: Theme;
  readonly onChange: Change;
  readonly compact?: boolean;
}

export function ThemeChoice({ theme, onChange, compact = false }: ThemeChoiceProps): ReactNode {
  const { t } = useLanguage();
  return (
    <Segmented
      compact={compact}
      label={t("theme.label")}
      value={theme}
      onChange={(next) => onChange({ theme: next })}
      options={[
        { value: "system", label: t("theme.system"), icon: <MonitorIcon /> },
        { value: "light", label: t("theme.light"), icon: <SunIcon /> },
        { value: "dark", label: t("theme.dark"), icon: <MoonIcon /> },
      ]}
    />
  );
}
