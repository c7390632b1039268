import { screen } from "@testing-library/react";
import type { UserEvent } from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { EventId, MessageItem, UndecryptableCause, UserId } from "../../../matrix/model.ts";
import { renderInFrench } from "../../../ui/Language/testing.tsx";
import type { MessageHandlers } from "../actions.ts";
import { MessageRow } from "./MessageRow.tsx";

const nadia = { userId: "@nadia:a.example" as UserId, name: "Nadia Benali", avatarMxc: undefined };

function message(more: Partial<MessageItem>): MessageItem {
  return {
    kind: "message",
    key: "k",
    eventId: "$said" as EventId,
    author: nadia,
    own: false,
    timestamp: new Date(2026, 10, 24, 14, 5).getTime(),
    body: { kind: "text", text: "Bonjour", html: undefined, emote: false, notice: false },
    edited: false,
    quote: undefined,
    reactions: [],
    readBy: [],
    state: "sent",
    can: { edit: false, delete: false },
    ...more,
  };
}

function row(more: Partial<MessageItem>): {
  readonly user: UserEvent;
  readonly asked: readonly string[];
} {
  const asked: string[] = [];
  const ask = (what: string) => () => void asked.push(what);
  const handlers: MessageHandlers = {
    reply: ask("reply"),
    edit: ask("edit"),
    openMenu: ask("menu"),
    chooseReaction: ask("choose"),
    toggleReaction: (_, key) => void asked.push(`toggle ${key}`),
    goTo: (eventId) => void asked.push(`go ${eventId}`),
    showImage: ask("image"),
    download: () => Promise.resolve(void asked.push("download")),
    retry: ask("retry"),
    discard: ask("discard"),
    files: { open: () => Promise.reject(new Error("none")), dispose: () => undefined },
  };
  const item = message(more);
  const { user } = renderInFrench(
    <MessageRow
      item={item}
      first
      last
      latest
      reachable
      handlers={handlers}
      onFocus={() => undefined}
    />,
  );
  return { user, asked };
}

it("is named by its author, its time and its words", () => {
  row({});
  expect(screen.getByRole("article", { name: "Nadia Benali, 14:05 : Bonjour" })).toBeDefined();
});

it("plain text keeps its links and its angle brackets", () => {
  row({
    body: {
      kind: "text",
      text: "<b>voir</b> https://a.example/x.",
      html: undefined,
      emote: false,
      notice: false,
    },
  });
  expect(screen.getByText(/<b>voir<\/b>/u)).toBeDefined();
  const link = screen.getByRole("link");
  expect(link.getAttribute("href")).toBe("https://a.example/x");
  expect(link.getAttribute("rel")).toContain("noopener");
});

it.each<UndecryptableCause>([
  "on-its-way",
  "backup-lacks-it",
  "before-you-joined",
  "sender-device-unverified",
  "lost",
])("an unreadable message says why and what to do: %s", (cause) => {
  row({ body: { kind: "undecryptable", cause } });
  const said = screen.getByRole("article").textContent;
  expect(said).not.toContain("undecryptable");
  expect(said.match(/\./gu)).toHaveLength(2);
});

it("a failed message can be sent again or given up", async () => {
  const { user, asked } = row({ own: true, state: "failed", eventId: undefined });
  await user.click(screen.getByRole("button", { name: "Réessayer" }));
  await user.click(screen.getByRole("button", { name: "Supprimer" }));
  expect(asked).toEqual(["retry", "discard"]);
});

it("reactions are counted, named, and one’s own is pressed", async () => {
  const { user, asked } = row({
    reactions: [{ key: "👍", people: [nadia], ownEventId: "$r" as EventId }],
  });
  const chip = screen.getByRole("button", { name: "👍, 1 personne : Nadia Benali" });
  expect(chip.getAttribute("aria-pressed")).toBe("true");
  await user.click(chip);
  expect(asked).toEqual(["toggle 👍"]);
});

it("a quote leads to what it quotes", async () => {
  const { user, asked } = row({
    quote: { eventId: "$old" as EventId, author: undefined, body: undefined },
  });
  await user.click(screen.getByRole("button", { name: /En réponse à un message/u }));
  expect(asked).toEqual(["go $old"]);
});

it("a deleted message offers nothing more", () => {
  row({ body: { kind: "deleted" } });
  expect(screen.getByText("Message supprimé")).toBeDefined();
  expect(screen.queryByRole("button")).toBeNull();
});
