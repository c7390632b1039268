/** For tests: components in French, with a person who uses them. */
import { cleanup, render } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import type { ReactNode } from "react";
import { afterEach } from "vitest";
import app from "../../../locales/fr/app.json";
import entry from "../../../locales/fr/entry.json";
import { flatten } from "../../lib/translate.ts";
import { Language } from "./Language.tsx";

const messages = flatten(entry, app);

/** jsdom draws nothing: what asks for sizes or for the screen gets an answer that never changes. */
class NoResizes implements ResizeObserver {
  public observe(): void {
    return;
  }
  public unobserve(): void {
    return;
  }
  public disconnect(): void {
    return;
  }
}
Object.assign(globalThis, {
  ResizeObserver: NoResizes,
  matchMedia: () => Object.assign(new EventTarget(), { matches: true }),
});

afterEach(cleanup);

interface Drawn {
  readonly user: UserEvent;
  readonly unmount: () => void;
}

/** Draws in French. */
export function renderInFrench(children: ReactNode): Drawn {
  const user = userEvent.setup();
  const { unmount } = render(
    <Language locale="fr" messages={messages}>
      {children}
    </Language>,
  );
  return { user, unmount };
}
