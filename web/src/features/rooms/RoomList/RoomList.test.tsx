import { screen, within } from "@testing-library/react";
import type { ComponentProps } from "react";
import { expect, it } from "vitest";
import type { Person, RoomId, RoomSummary, UserId } from "../../../matrix/model.ts";
import { renderInFrench } from "../../../ui/Language/testing.tsx";
import { RoomList } from "./RoomList.tsx";

const now = new Date(2026, 10, 24, 14).getTime();
const nadia: Person = {
  userId: "@nadia:a.example" as UserId,
  name: "Nadia Benali",
  avatarMxc: undefined,
};

function room(name: string, more: Partial<RoomSummary> = {}): RoomSummary {
  return {
    roomId: `!${name}` as RoomId,
    name,
    kind: "private",
    membership: "join",
    inviter: undefined,
    avatarMxc: undefined,
    encrypted: true,
    memberCount: 3,
    unread: 0,
    highlights: 0,
    preview: undefined,
    lastActivity: now,
    typing: [],
    ...more,
  };
}

function list(rooms: readonly RoomSummary[], more: Partial<ComponentProps<typeof RoomList>> = {}) {
  const done = (): Promise<void> => Promise.resolve();
  return renderInFrench(
    <RoomList
      me={nadia}
      rooms={rooms}
      loading={false}
      now={now}
      openRoom={undefined}
      onOpen={() => undefined}
      onNew={() => undefined}
      onSettings={() => undefined}
      onAccept={done}
      onDecline={done}
      {...more}
    />,
  );
}

const names = (): (string | null)[] =>
  within(screen.getByRole("navigation"))
    .getAllByRole("button")
    .map((row) => row.textContent);

it("says who wrote, how many are unread, and that one is mentioned", () => {
  const body = {
    kind: "text",
    text: "Bonjour\nAlice",
    html: undefined,
    emote: false,
    notice: false,
  } as const;
  list([
    room("Budget", { unread: 3, highlights: 1, preview: { author: nadia, own: false, body } }),
  ]);
  const row = screen.getByRole("button", { name: /Budget/u });
  expect(row.textContent).toContain("Nadia : Bonjour Alice");
  expect(row.textContent).toContain("3 messages non lus · Vous êtes mentionné");
});

it("is filtered while one types; Escape shows all again", async () => {
  const { user } = list([room("Budget"), room("Marché")]);
  const search = screen.getByRole("searchbox");
  await user.type(search, "marche");
  expect(names()).toHaveLength(1);
  await user.clear(search);
  await user.type(search, "zzz");
  expect(screen.getByText("Aucune conversation ne correspond à « zzz »")).toBeDefined();
  await user.keyboard("{Escape}");
  expect(names()).toHaveLength(2);
});

it("is walked with the arrow keys and opened with Enter", async () => {
  const opened: RoomId[] = [];
  const { user } = list(
    [
      room("A", { lastActivity: 3 }),
      room("B", { lastActivity: 2 }),
      room("C", { lastActivity: 1 }),
    ],
    { onOpen: (roomId) => opened.push(roomId) },
  );
  screen.getByRole("button", { name: /^A/u }).focus();
  await user.keyboard("{ArrowDown}{ArrowDown}{ArrowDown}{Enter}{Home}{Enter}");
  expect(opened).toEqual(["!C", "!A"]);
});

it("has invitations on top, answered on the spot", async () => {
  const accepted: RoomId[] = [];
  const { user } = list(
    [room("Budget"), room("Marché", { membership: "invite", inviter: nadia })],
    {
      onAccept: (roomId) => Promise.resolve(void accepted.push(roomId)),
    },
  );
  expect(screen.getByText("Nadia Benali vous invite")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Accepter l’invitation de Marché" }));
  expect(accepted).toEqual(["!Marché"]);
});

it("shows shapes while the first answer is awaited, and a way to begin when there is none", () => {
  const { unmount } = list([], { loading: true });
  expect(screen.getByText("Chargement des conversations")).toBeDefined();
  unmount();
  list([]);
  expect(screen.getByRole("button", { name: "Commencer une conversation" })).toBeDefined();
});
