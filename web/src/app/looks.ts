/** Puts the chosen theme, contrast and language on the page itself. */
import type { PreferenceStore } from "../lib/preferences.ts";

/** Follows the preferences, and the system where they say so. */
export function applyLooks(preferences: PreferenceStore, page: HTMLElement): void {
  const moreContrast = matchMedia("(prefers-contrast: more)");
  const apply = (): void => {
    const { locale, theme, contrast } = preferences.snapshot();
    page.lang = locale;
    if (theme === "system") delete page.dataset.theme;
    else page.dataset.theme = theme;
    if (contrast === "more" || moreContrast.matches) page.dataset.contrast = "more";
    else delete page.dataset.contrast;
  };
  apply();
  preferences.subscribe(apply);
  moreContrast.addEventListener("change", apply);
}
