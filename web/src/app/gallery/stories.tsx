/** Every screen, from story data. */
import type { ReactNode } from "react";
import { RecoveryRestore } from "../../features/recovery/RecoveryRestore/RecoveryRestore.tsx";
import { RecoverySetup } from "../../features/recovery/RecoverySetup/RecoverySetup.tsx";
import { SignIn } from "../../features/auth/SignIn/SignIn.tsx";
import { Starting } from "../../features/auth/Starting/Starting.tsx";
import type { PreferenceStore } from "../../lib/preferences.ts";
import { type Session, type SignedOut, UserFacingError } from "../../matrix/model.ts";
import { LanguageChoice, ThemeChoice } from "../../ui/Preferences/Preferences.tsx";
import { Elsewhere } from "../Elsewhere/Elsewhere.tsx";
import { Failed } from "../ErrorBoundary/ErrorBoundary.tsx";
import { Shell } from "../Shell/Shell.tsx";
import { BUDGET, MEMBERS, NADIA, PAUL, room, ROOMS, text } from "./people.ts";
import { CODE, roomHash, storySession } from "./session.ts";
import { message, STATES, WORKDAY } from "./timelines.ts";

export interface Story {
  readonly hash?: string;
  readonly draw: (preferences: PreferenceStore) => ReactNode;
}

const nothing = (): Promise<void> => Promise.resolve();
const budget = roomHash(BUDGET.roomId);
const empty = room("vide", "Nadia Benali", { kind: "direct", memberCount: 2 });

function shell(session: Session, hash = "#/"): Story {
  return { hash, draw: (preferences) => <Shell session={session} preferences={preferences} /> };
}

function signIn(gate: Partial<SignedOut>): Story {
  const whole: SignedOut = {
    kind: "signed-out",
    reason: undefined,
    serverName: "interieur.example",
    signIn: () => Promise.reject(new UserFacingError("wrong-password")),
    ...gate,
  };
  return {
    draw: (preferences) => (
      <SignIn
        gate={whole}
        preferences={
          <>
            <LanguageChoice locale={preferences.snapshot().locale} onChange={preferences.change} />
            <ThemeChoice
              compact
              theme={preferences.snapshot().theme}
              onChange={preferences.change}
            />
          </>
        }
      />
    ),
  };
}

/** Two months of talk, to scroll in. */
const LONG = Array.from({ length: 900 }, (_, index) =>
  message(index % 7 < 4 ? NADIA : PAUL, (900 - index) * 5_400_000, {
    body: text(`${"Message ".repeat(1 + ((index * 7) % 23))}${index}`),
    reactions: index % 9 === 0 ? [{ key: "👍", people: [PAUL], ownEventId: undefined }] : [],
  }),
);

export const STORIES = {
  starting: { draw: () => <Starting /> },
  "sign-in": signIn({}),
  "sign-in-reason": signIn({ reason: "storage-lost" }),
  "recovery-setup": {
    draw: () => (
      <RecoverySetup
        gate={{
          kind: "recovery-setup",
          code: CODE,
          asked: [2, 7],
          confirm: nothing,
          signOut: nothing,
        }}
      />
    ),
  },
  "recovery-restore": {
    draw: () => (
      <RecoveryRestore
        gate={{
          kind: "recovery-restore",
          restore: () => Promise.reject(new UserFacingError("recovery-code-wrong")),
          signOut: nothing,
        }}
      />
    ),
  },
  elsewhere: { draw: () => <Elsewhere gate={{ kind: "elsewhere", takeOver: nothing }} /> },
  failed: { draw: () => <Failed /> },
  home: shell(storySession()),
  "home-empty": shell(storySession({ rooms: [] })),
  "home-loading": shell(storySession({ rooms: [], connection: "connecting" })),
  conversation: shell(storySession({ snapshot: { typing: [NADIA] } }), budget),
  "conversation-new": shell(
    storySession({
      items: WORKDAY.slice(0, -1),
      snapshot: { readUpTo: WORKDAY[10]?.eventId, hasOlder: true },
    }),
    budget,
  ),
  "conversation-details": shell(storySession(), `${budget}/details`),
  "conversation-states": shell(
    storySession({ items: STATES, snapshot: { typing: [NADIA, PAUL] } }),
    budget,
  ),
  "conversation-empty": shell(
    storySession({ rooms: [empty, ...ROOMS], items: [] }),
    roomHash(empty.roomId),
  ),
  "conversation-offline": shell(
    storySession({ connection: "offline", policy: "optional" }),
    budget,
  ),
  "conversation-missing": shell(storySession(), "#/room/!elsewhere"),
  "conversation-cannot-send": shell(
    storySession({
      snapshot: { can: { send: false, invite: false, rename: false }, members: MEMBERS },
    }),
    budget,
  ),
  "conversation-long": shell(
    storySession({
      items: LONG.slice(-30),
      older: LONG.slice(0, -30),
      snapshot: { hasOlder: true },
    }),
    budget,
  ),
  settings: shell(storySession(), "#/settings"),
  "new-recovery-code": shell(storySession(), "#/settings/recovery-code"),
} satisfies Record<string, Story>;
