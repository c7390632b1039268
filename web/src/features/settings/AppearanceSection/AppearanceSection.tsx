/** Language, theme, contrast. */
import type { ReactNode } from "react";
import type { Preferences, PreferenceStore } from "../../../lib/preferences.ts";
import { useLanguage } from "../../../ui/Language/Language.tsx";
import { Switch } from "../../../ui/Switch/Switch.tsx";
import { LanguageChoice, ThemeChoice } from "../../../ui/Preferences/Preferences.tsx";
import { Block, Section } from "../Section.tsx";

interface AppearanceSectionProps {
  readonly preferences: Preferences;
  readonly onChange: PreferenceStore["change"];
}

export function AppearanceSection({ preferences, onChange }: AppearanceSectionProps): ReactNode {
  const { t } = useLanguage();
  return (
    <Section title={t("settings.appearance")}>
      <Block title={t("language.label")}>
        <LanguageChoice locale={preferences.locale} onChange={onChange} />
      </Block>
      <Block title={t("theme.label")}>
        <ThemeChoice theme={preferences.theme} onChange={onChange} />
        <Switch
          label={t("settings.contrast")}
          hint={t("settings.contrastHint")}
          on={preferences.contrast === "more"}
          onChange={(on) => onChange({ contrast: on ? "more" : "system" })}
        />
      </Block>
    </Section>
  );
}
