/** Starts the page: looks, words, the screens; then, once something is drawn, Matrix. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "../ui/base.css";
import { openPreferences } from "../lib/preferences.ts";
import type { Chappe } from "../matrix/model.ts";
import { App } from "./App.tsx";
import { applyLooks } from "./looks.ts";
import { loadEntryMessages } from "./messages.ts";

const preferences = openPreferences(localStorage, navigator.languages);
applyLooks(preferences, document.documentElement);
const { locale } = preferences.snapshot();
const root = document.getElementById("root");
if (root === null) throw new Error("the page lacks its root");
const words = { locale, messages: await loadEntryMessages(locale) };
createRoot(root).render(
  <StrictMode>
    <App preferences={preferences} words={words} connect={connect} />
  </StrictMode>,
);

async function connect(): Promise<Chappe> {
  const { createChappe } = await import("../matrix/client.ts");
  return createChappe();
}
