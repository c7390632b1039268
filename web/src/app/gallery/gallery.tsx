/**
 * The gallery: each screen drawn from story data, for looking at and for accessibility checks.
 * `?story=NAME&theme=dark&contrast=more&locale=en`; without a story, a list of them. Not built.
 */
import { createRoot } from "react-dom/client";
import "../../ui/base.css";
import { openPreferences, parsePreferences } from "../../lib/preferences.ts";
import { Language } from "../../ui/Language/Language.tsx";
import { applyLooks } from "../looks.ts";
import { loadAllMessages } from "../messages.ts";
import { NOW } from "./people.ts";
import { STORIES, type Story } from "./stories.tsx";

const query = new URLSearchParams(location.search);
const wanted = parsePreferences(JSON.stringify(Object.fromEntries(query)), ["fr"]);
const preferences = openPreferences(sessionStorage, []);
preferences.change(wanted);
applyLooks(preferences, document.documentElement);
Date.now = () => NOW;

const stories: Readonly<Record<string, Story>> = STORIES;
const story = stories[query.get("story") ?? ""];
if (story?.hash !== undefined) history.replaceState(null, "", story.hash);
const messages = await loadAllMessages(wanted.locale);
const root = createRoot(document.getElementById("root") ?? document.body);
root.render(
  <Language locale={wanted.locale} messages={messages}>
    {story === undefined ? <Contents /> : story.draw(preferences)}
  </Language>,
);

function Contents(): React.ReactNode {
  return (
    <ul>
      {Object.keys(stories).map((name) => (
        <li key={name}>
          <a href={`?story=${name}`}>{name}</a>
        </li>
      ))}
    </ul>
  );
}
