import { render } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { openPreferences } from "../../lib/preferences.ts";
import { Language } from "../../ui/Language/Language.tsx";
import "../../ui/Language/testing.tsx";
import { loadAllMessages } from "../messages.ts";
import { STORIES, type Story } from "./stories.tsx";

describe.each(["fr", "en"] as const)("every screen in %s", (locale) => {
  it.each(Object.keys(STORIES))("%s says everything in words", async (name) => {
    const stories: Readonly<Record<string, Story>> = STORIES;
    const story = stories[name];
    location.hash = story?.hash ?? "";
    const messages = await loadAllMessages(locale);
    const preferences = openPreferences(localStorage, [locale]);
    const { container } = render(
      <Language locale={locale} messages={messages}>
        {story?.draw(preferences)}
      </Language>,
    );
    const words = container.textContent;
    expect(words).not.toBe("");
    expect(words).not.toMatch(
      /\{\{|\b(?:app|list|create|message|details|settings|recovery)\.[a-z]/iu,
    );
    for (const control of container.querySelectorAll("button, input, textarea")) {
      if (control instanceof HTMLElement && control.hidden) continue;
      const named = control.getAttribute("aria-label") ?? control.textContent;
      const labelled =
        control.getAttribute("aria-labelledby") ?? control.closest("label")?.textContent;
      const labels = (control as HTMLInputElement).labels?.length ?? 0;
      expect(named + (labelled ?? "") + (labels > 0 ? "label" : "")).not.toBe("");
    }
  });
});
