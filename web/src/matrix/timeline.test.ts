import { createClient, EventStatus, MatrixEvent, PendingEventOrdering, Room } from "matrix-js-sdk";
import { beforeEach, describe, expect, it } from "vitest";
import type { MessageItem, TimelineItem } from "./model.ts";
import { lastMessage, timelineItems } from "./timeline.ts";

const ALICE = "@alice:chappe.example";
const BOB = "@bob:chappe.example";
const CHLOE = "@chloe:chappe.example";
const VIEW = { restoring: false, oldest: undefined };

let room: Room;
let count: number;

beforeEach(() => {
  count = 0;
  const client = createClient({ baseUrl: "https://chappe.example", userId: ALICE });
  room = new Room("!room:chappe.example", client, ALICE, {
    pendingEventOrdering: PendingEventOrdering.Detached,
  });
});

describe("what was said", () => {
  it("is shown oldest first, each with its author", async () => {
    await receive(joins(ALICE, "Alice Martin"), joins(BOB, "Bob Lefèvre"));
    await receive(says(ALICE, "bonjour"), says(BOB, "salut"));
    expect(messages().map(({ author, own, body }) => [author.name, own, body])).toMatchObject([
      ["Alice Martin", true, { kind: "text", text: "bonjour" }],
      ["Bob Lefèvre", false, { kind: "text", text: "salut" }],
    ]);
  });

  it("carries sanitised formatting, and none where there was none", async () => {
    const formatted = { format: "org.matrix.custom.html", formatted_body: "<b onclick=x>a</b>" };
    await receive(says(BOB, "a", formatted), says(BOB, "b"));
    expect(messages().map(({ body }) => body.kind === "text" && body.html)).toEqual([
      "<b>a</b>",
      undefined,
    ]);
  });

  it("loses the copy of what it answers, and quotes the message itself", async () => {
    const first = says(ALICE, "à quelle heure ?");
    const answer = says(BOB, "> <@alice:chappe.example> à quelle heure ?\n\nà huit heures", {
      "m.relates_to": { "m.in_reply_to": { event_id: first.event_id } },
    });
    await receive(first, answer);
    expect(messages()[1]).toMatchObject({
      body: { text: "à huit heures" },
      quote: {
        eventId: first.event_id,
        author: { userId: ALICE },
        body: { text: "à quelle heure ?" },
      },
    });
  });

  it("quotes what is not loaded by its identifier alone", async () => {
    await receive(says(BOB, "oui", { "m.relates_to": { "m.in_reply_to": { event_id: "$old" } } }));
    expect(messages()[0]?.quote).toEqual({ eventId: "$old", author: undefined, body: undefined });
  });

  it("is replaced by an edit of its author", async () => {
    const first = says(BOB, "huit heures");
    await receive(first, edits(BOB, first, "neuf heures"));
    expect(messages()).toMatchObject([{ edited: true, body: { text: "neuf heures" } }]);
  });

  it("is not replaced by anybody else's", async () => {
    const first = says(BOB, "huit heures");
    await receive(first, edits(CHLOE, first, "jamais"));
    expect(messages()).toMatchObject([{ edited: false, body: { text: "huit heures" } }]);
  });

  it("says nothing once it was deleted", async () => {
    const first = says(BOB, "trop");
    await receive(first, deletes(BOB, first));
    expect(messages()).toMatchObject([
      { body: { kind: "deleted" }, reactions: [], can: { edit: false, delete: false } },
    ]);
  });

  it("is called unsupported when nothing of it can be shown", async () => {
    await receive(says(BOB, "", { msgtype: "m.image", url: "https://elsewhere.example/x.png" }));
    expect(messages()).toMatchObject([{ body: { kind: "unsupported" } }]);
  });
});

describe("reactions", () => {
  it("are counted by key, a person once, one's own known", async () => {
    const first = says(BOB, "bravo");
    const own = reacts(ALICE, first, "👍");
    await receive(first, own, reacts(CHLOE, first, "👍"), reacts(CHLOE, first, "🎉"));
    expect(messages()[0]?.reactions).toMatchObject([
      { key: "👍", people: [{ userId: ALICE }, { userId: CHLOE }], ownEventId: own.event_id },
      { key: "🎉", people: [{ userId: CHLOE }], ownEventId: undefined },
    ]);
  });

  it("go when they are taken back", async () => {
    const first = says(BOB, "bravo");
    const own = reacts(ALICE, first, "👍");
    await receive(first, own, deletes(ALICE, own));
    expect(messages()[0]?.reactions).toEqual([]);
  });
});

describe("sending", () => {
  it("keeps its key from the local echo to the arrival", async () => {
    const { local, txnId } = send("j'arrive");
    const [before] = messages();
    expect(before).toMatchObject({ state: "sending", eventId: undefined });
    await receive({ ...says(ALICE, "j'arrive"), unsigned: { transaction_id: txnId } });
    const [after] = messages();
    expect(after).toMatchObject({ key: before?.key, state: "sent" });
    expect(local.getId()).toBe(after?.eventId);
  });

  it("stands below what arrived meanwhile", async () => {
    send("la mienne");
    await receive(says(BOB, "la sienne"));
    expect(messages().map(({ body }) => body)).toMatchObject([
      { text: "la sienne" },
      { text: "la mienne" },
    ]);
  });

  it("says that it failed", () => {
    const { local } = send("perdue");
    room.updatePendingEvent(local, EventStatus.NOT_SENT);
    expect(messages()).toMatchObject([{ state: "failed", can: { edit: false, delete: false } }]);
  });
});

describe("what was read", () => {
  it("stands at the last visible thing that each person has read or answered", async () => {
    await receive(joins(BOB, "Bob"));
    const [first, second] = [says(ALICE, "un"), says(ALICE, "deux")];
    const hidden = reacts(CHLOE, second, "👍");
    await receive(first, second, hidden, says(ALICE, "trois"));
    room.addReceipt(
      new MatrixEvent({
        type: "m.receipt",
        content: { [hidden.event_id]: { "m.read": { [BOB]: { ts: 1 } } } },
      }),
    );
    expect(messages().map(({ readBy }) => readBy.map(({ name }) => name))).toEqual([
      [],
      ["chloe", "Bob"],
      [],
    ]);
  });
});

describe("what happened", () => {
  it.each<[string, () => Recorded[], string[]]>([
    ["somebody joins", () => [joins(BOB, "Bob")], ["joined"]],
    [
      "somebody renames themselves",
      () => [joins(BOB, "B"), joins(BOB, "Bob", "B")],
      ["joined", "renamed-self"],
    ],
    ["somebody is invited", () => [member(ALICE, BOB, "invite")], ["invited"]],
    ["somebody leaves", () => [member(BOB, BOB, "leave")], ["left"]],
    ["somebody is removed", () => [member(ALICE, BOB, "leave")], ["removed"]],
    ["somebody is banned", () => [member(ALICE, BOB, "ban")], ["banned"]],
    ["the room is named", () => [state("m.room.name", { name: "Budget" })], ["named"]],
    ["the room is encrypted", () => [state("m.room.encryption", {})], ["encrypted"]],
    ["something is set that nobody reads", () => [state("m.room.join_rules", {})], []],
  ])("%s", async (_, events, kinds) => {
    await receive(...events());
    const notices = items().filter((item) => item.kind === "notice");
    expect(notices.map(({ change }) => change.kind)).toEqual(kinds);
  });
});

it("the last thing said passes over reactions, edits and state", async () => {
  const first = says(BOB, "la dernière");
  await receive(first, edits(BOB, first, "la toute dernière"), reacts(ALICE, first, "👍"));
  await receive(state("m.room.topic", { topic: "x" }));
  expect(lastMessage(room)?.getId()).toBe(first.event_id);
});

it("nothing above the oldest event that may be shown is shown", async () => {
  const second = says(BOB, "deux");
  await receive(says(BOB, "un"), second, says(BOB, "trois"));
  const oldest = room.findEventById(second.event_id);
  const shown = timelineItems(room, { restoring: false, oldest });
  expect(shown.map(({ eventId }) => eventId)).toHaveLength(2);
});

interface Recorded {
  readonly type: string;
  readonly event_id: string;
  readonly sender: string;
  readonly room_id: string;
  readonly origin_server_ts: number;
  readonly content: Record<string, unknown>;
  readonly state_key?: string;
  readonly redacts?: string;
  readonly unsigned?: Record<string, unknown>;
}

function recorded(type: string, sender: string, content: Record<string, unknown>): Recorded {
  const event_id = `$event${++count}`;
  const origin_server_ts = 1_700_000_000_000 + count;
  return { type, sender, content, event_id, origin_server_ts, room_id: "!room:chappe.example" };
}

function says(sender: string, body: string, more: Record<string, unknown> = {}): Recorded {
  return recorded("m.room.message", sender, { msgtype: "m.text", body, ...more });
}

function edits(sender: string, { event_id }: Recorded, body: string): Recorded {
  return says(sender, `* ${body}`, {
    "m.new_content": { msgtype: "m.text", body },
    "m.relates_to": { rel_type: "m.replace", event_id },
  });
}

function reacts(sender: string, { event_id }: Recorded, key: string): Recorded {
  const relation = { rel_type: "m.annotation", event_id, key };
  return recorded("m.reaction", sender, { "m.relates_to": relation });
}

function deletes(sender: string, { event_id }: Recorded): Recorded {
  return { ...recorded("m.room.redaction", sender, {}), redacts: event_id };
}

function state(type: string, content: Record<string, unknown>): Recorded {
  return { ...recorded(type, ALICE, content), state_key: "" };
}

function member(sender: string, target: string, membership: string): Recorded {
  return { ...recorded("m.room.member", sender, { membership }), state_key: target };
}

function joins(userId: string, displayname: string, before?: string): Recorded {
  const event = recorded("m.room.member", userId, { membership: "join", displayname });
  const prev_content = { membership: "join", displayname: before };
  return {
    ...event,
    state_key: userId,
    ...(before === undefined ? {} : { unsigned: { prev_content } }),
  };
}

/** What a sync brings, and the moment that the SDK takes to attach it. */
async function receive(...events: readonly Recorded[]): Promise<void> {
  await room.addLiveEvents(
    events.map((event) => new MatrixEvent(event)),
    { addToState: true },
  );
  await new Promise((resolve) => setTimeout(resolve));
}

function send(body: string): { readonly local: MatrixEvent; readonly txnId: string } {
  const txnId = `m${++count}`;
  const local = new MatrixEvent({
    ...says(ALICE, body),
    event_id: `~!room:chappe.example:${txnId}`,
  });
  local.setTxnId(txnId);
  local.setStatus(EventStatus.SENDING);
  room.addPendingEvent(local, txnId);
  return { local, txnId };
}

function items(): readonly TimelineItem[] {
  return timelineItems(room, VIEW);
}

function messages(): readonly MessageItem[] {
  return items().filter((item) => item.kind === "message");
}
