import { screen } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { openDrafts } from "../../../lib/drafts.ts";
import type { Conversation, EventId, MessageItem, RoomId, UserId } from "../../../matrix/model.ts";
import { renderInFrench } from "../../../ui/Language/testing.tsx";
import type { ComposerMode } from "../useComposer.ts";
import { Composer } from "./Composer.tsx";

const roomId = "!room" as RoomId;
const drafts = openDrafts(sessionStorage);

const item: MessageItem = {
  kind: "message",
  key: "k",
  eventId: "$said" as EventId,
  author: { userId: "@nadia:a.example" as UserId, name: "Nadia Benali", avatarMxc: undefined },
  own: false,
  timestamp: 0,
  body: { kind: "text", text: "Bonjour", html: undefined, emote: false, notice: false },
  edited: false,
  quote: undefined,
  reactions: [],
  readBy: [],
  state: "sent",
  can: { edit: true, delete: true },
};

/** What the composer asked for, in order. */
let asked: string[] = [];

const recorder: Pick<Conversation, "sendText" | "sendFile" | "edit" | "setTyping"> = {
  sendText: (text, options) =>
    done(`send ${text}${options?.replyTo ? ` to ${options.replyTo}` : ""}`),
  sendFile: (file) => done(`file ${file.name}`),
  edit: (eventId, text) => done(`edit ${eventId} ${text}`),
  setTyping: (typing) => void done(`typing ${typing ? "yes" : "no"}`),
};

function done(what: string): Promise<void> {
  asked.push(what);
  return Promise.resolve();
}

function compose(mode: ComposerMode = { kind: "write" }) {
  return renderInFrench(
    <Composer
      roomId={roomId}
      conversation={recorder}
      drafts={drafts}
      mode={mode}
      onDone={() => void done("done")}
      onEditLast={() => void done("edit last")}
    />,
  );
}

const box = (): HTMLTextAreaElement => screen.getByLabelText("Votre message");
const sent = (): string[] => asked.filter((what) => !what.startsWith("typing"));

beforeEach(() => {
  asked = [];
  sessionStorage.clear();
});

it("Enter sends and empties the box; Shift+Enter breaks the line", async () => {
  const { user } = compose();
  await user.type(box(), "un{Shift>}{Enter}{/Shift}deux{Enter}");
  expect(sent()).toEqual(["send un\ndeux"]);
  expect(box().value).toBe("");
});

it("blank text is not sent", async () => {
  const { user } = compose();
  await user.type(box(), "  {Enter}");
  expect(sent()).toEqual([]);
  expect(screen.getByRole("button", { name: "Envoyer" })).toHaveProperty("disabled", true);
});

it("arrow-up in an empty box edits the last message", async () => {
  const { user } = compose();
  await user.type(box(), "{ArrowUp}a{ArrowUp}");
  expect(sent()).toEqual(["edit last"]);
});

it("a reply is sent to its message, and Escape lets go of it", async () => {
  const { user } = compose({ kind: "reply", item });
  expect(screen.getByText("Réponse à Nadia Benali")).toBeDefined();
  await user.type(box(), "oui{Enter}");
  expect(sent()).toEqual(["send oui to $said", "done"]);
  await user.keyboard("{Escape}");
  expect(sent().at(-1)).toBe("done");
});

it("a correction begins with what was said and leaves the draft alone", async () => {
  drafts.write(roomId, "brouillon");
  const { user, unmount } = compose({ kind: "edit", item });
  expect(box().value).toBe("Bonjour");
  await user.type(box(), " à tous{Enter}");
  expect(sent()).toEqual(["edit $said Bonjour à tous", "done"]);
  unmount();
  compose();
  expect(box().value).toBe("brouillon");
});

it("files are shown first, then sent before the text", async () => {
  const { user } = compose();
  const picker = document.querySelector("input[type=file]");
  if (!(picker instanceof HTMLInputElement)) throw new Error("no picker");
  await user.upload(picker, [new File(["a"], "a.pdf"), new File(["b"], "b.pdf")]);
  await user.click(screen.getByRole("button", { name: "Retirer a.pdf" }));
  await user.type(box(), "voici{Enter}");
  expect(sent()).toEqual(["file b.pdf", "send voici"]);
});

it("tells that one writes, and at once that one stopped", async () => {
  const { user } = compose();
  await user.type(box(), "abc");
  expect(asked).toEqual(["typing yes"]);
  await user.clear(box());
  expect(asked).toEqual(["typing yes", "typing no"]);
});
