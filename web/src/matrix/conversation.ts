/** A room, opened: its timeline as it changes, and what a person can do there. */
import {
  EventStatus,
  EventTimeline,
  EventType,
  type MatrixClient,
  type MatrixEvent,
  RelationType,
  type Room,
} from "matrix-js-sdk";
import type { RoomMessageEventContent } from "matrix-js-sdk/lib/@types/events.js";
import { claimedMime, fileSource } from "./body.ts";
import type { Changes } from "./changes.ts";
import { done, told } from "./errors.ts";
import { openAttachment } from "./media.ts";
import {
  type Conversation,
  type ConversationSnapshot,
  type EventId,
  type RoomSummary,
  UserFacingError,
} from "./model.ts";
import { membersOf, stateOfRoom, typistsIn } from "./people.ts";
import { keepItems, keepSame } from "./same.ts";
import { editContent, fileContent, textContent } from "./send.ts";
import { eventByKey, sentId, timelineItems } from "./timeline.ts";

/** What an opened room needs of its session. */
export interface Surroundings {
  readonly client: MatrixClient;
  readonly changes: Changes;
  /** Whether the key backup is still being read. */
  readonly restoring: () => boolean;
  readonly summary: (room: Room) => RoomSummary | undefined;
}

/** Older history comes in pages of this many events. */
const PAGE = 40;
/** Where indexes start counting down from as older pages arrive. */
const FAR = 1_000_000;
/** How long the server shows somebody as typing unless told again. */
const TYPING_MS = 20_000;
/** Telling again is needed only this long before that runs out. */
const TYPING_AGAIN_MS = 8_000;

/** Opens a room. Nothing is listened to until somebody subscribes. */
export function openConversation(room: Room, around: Surroundings): Conversation {
  const timeline = new LiveTimeline(room, around);
  return {
    subscribe: (onChange) => timeline.subscribe(onChange),
    snapshot: () => timeline.snapshot(),
    loadOlder: () => told(() => timeline.loadOlder()),
    ...speech(room, around.client),
    ...reading(room, around.client),
    ...membership(room, around.client),
  };
}

/** Follows a room's timeline while somebody looks at it. */
class LiveTimeline {
  readonly #room: Room;
  readonly #around: Surroundings;
  readonly #listeners = new Set<() => void>();
  #stop: (() => void) | undefined;
  #current: ConversationSnapshot | undefined;
  #oldest: MatrixEvent | undefined;
  #loadingOlder = false;
  #readUpTo: EventId | undefined;

  public constructor(room: Room, around: Surroundings) {
    this.#room = room;
    this.#around = around;
  }

  public subscribe(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    if (this.#stop === undefined) this.#start();
    return () => {
      this.#listeners.delete(onChange);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }

  public snapshot(): ConversationSnapshot {
    return (this.#current ??= this.#build());
  }

  public async loadOlder(): Promise<void> {
    if (this.#loadingOlder || !this.#hasOlder()) return;
    this.#loadingOlder = true;
    // What arrives stays out of sight until it is decrypted, so that nothing moves twice.
    this.#oldest = this.#room.getLiveTimeline().getEvents()[0];
    this.#rebuild();
    try {
      await this.#around.client.scrollback(this.#room, PAGE);
      await this.#decrypt();
    } finally {
      this.#loadingOlder = false;
      this.#oldest = undefined;
      this.#rebuild();
    }
  }

  #start(): void {
    this.#readUpTo = readUpTo(this.#room);
    this.#stop = this.#around.changes.listen((roomIds) => {
      if (roomIds.has(this.#room.roomId)) this.#rebuild();
    });
    this.#current = undefined;
    void this.#decrypt().then(() => this.#rebuild());
    // A failure shows as a list of the members known so far; the next opening asks again.
    void this.#room.loadMembersIfNeeded().then(
      () => this.#rebuild(),
      () => undefined,
    );
  }

  async #decrypt(): Promise<void> {
    const events = this.#room.getLiveTimeline().getEvents();
    await Promise.all(events.map((event) => this.#around.client.decryptEventIfNeeded(event)));
  }

  #hasOlder(): boolean {
    return this.#room.getLiveTimeline().getPaginationToken(EventTimeline.BACKWARDS) !== null;
  }

  #rebuild(): void {
    const next = this.#build();
    if (next === this.#current) return;
    this.#current = next;
    for (const listener of [...this.#listeners]) listener();
  }

  #build(): ConversationSnapshot {
    const previous = this.#current;
    const room = this.#room;
    const view = { restoring: this.#around.restoring(), oldest: this.#oldest };
    const items = keepItems(previous?.items ?? [], timelineItems(room, view), ({ key }) => key);
    const summary = this.#around.summary(room) ?? previous?.room;
    if (summary === undefined) throw new UserFacingError("not-found");
    const topic: unknown = stateOfRoom(room)
      ?.getStateEvents(EventType.RoomTopic, "")
      ?.getContent().topic;
    const next: ConversationSnapshot = {
      room: keepSame(previous?.room, summary),
      topic: typeof topic === "string" && topic !== "" ? topic : undefined,
      items,
      firstItemIndex: firstIndex(previous, items),
      hasOlder: this.#hasOlder(),
      loadingOlder: this.#loadingOlder,
      typing: keepSame(previous?.typing, typistsIn(room)),
      members: keepSame(previous?.members, membersOf(room)),
      readUpTo: this.#readUpTo,
      can: keepSame(previous?.can, permissions(room)),
    };
    return keepSame(previous, next);
  }
}

/** Where the first item stands in the whole history, so that the others keep their places. */
function firstIndex(
  previous: ConversationSnapshot | undefined,
  items: ConversationSnapshot["items"],
): number {
  const anchor = previous?.items[0];
  if (previous === undefined || anchor === undefined) return FAR;
  const found = items.findIndex((item) => item.key === anchor.key);
  return found < 0 ? previous.firstItemIndex : previous.firstItemIndex - found;
}

function permissions(room: Room): ConversationSnapshot["can"] {
  const joined = room.getMyMembership() === "join";
  const me = room.myUserId;
  return {
    send: joined && room.maySendMessage(),
    invite: joined && room.canInvite(me),
    rename: joined && stateOfRoom(room)?.maySendStateEvent(EventType.RoomName, me) === true,
  };
}

function readUpTo(room: Room): EventId | undefined {
  const marker: unknown = room.getAccountData(EventType.FullyRead)?.getContent().event_id;
  const id = typeof marker === "string" ? marker : room.getEventReadUpTo(room.myUserId);
  return (id ?? undefined) as EventId | undefined;
}

/** Writing: the message appears at once, and says itself whether it was sent. */
function speech(room: Room, client: MatrixClient) {
  const { roomId } = room;
  /** Gives a message to the SDK; whether it arrived is the message's own state. */
  const send = (content: RoomMessageEventContent): void =>
    void client.sendMessage(roomId, content).catch(() => undefined);
  /** Does what leaves no message behind: a failure is told, and nothing of it stays. */
  const attempt = (action: (txnId: string) => Promise<unknown>): Promise<void> =>
    done(async () => {
      const txnId = client.makeTxnId();
      try {
        await action(txnId);
      } catch (error) {
        const left = room.getEventForTxnId(txnId);
        if (left?.status === EventStatus.NOT_SENT) client.cancelPendingEvent(left);
        throw error;
      }
    });
  const redact = (eventId: EventId): Promise<void> =>
    attempt((txnId) => client.redactEvent(roomId, eventId, txnId));
  return {
    sendText: (text, options) =>
      told(async () => {
        const answered = options?.replyTo && room.findEventById(options.replyTo);
        send(await textContent(text, answered));
      }),
    sendFile: (file, onProgress, signal) =>
      told(async () => {
        send(await fileContent(client, room, file, { onProgress, signal }));
      }),
    edit: (eventId, text) =>
      told(async () => {
        send(await editContent(text, eventId));
      }),
    delete: redact,
    react: (eventId, key) =>
      attempt((txnId) => {
        const relation = { rel_type: RelationType.Annotation, event_id: eventId, key } as const;
        return client.sendEvent(roomId, EventType.Reaction, { "m.relates_to": relation }, txnId);
      }),
    unreact: redact,
    retry: (key) =>
      done(async () => {
        const event = failedPart(eventByKey(room, key));
        if (event !== undefined) await client.resendEvent(event, room);
      }),
    discard: (key) => {
      const event = failedPart(eventByKey(room, key));
      if (event !== undefined) client.cancelPendingEvent(event);
    },
  } satisfies Partial<Conversation>;
}

/** What of a message was not taken: itself, its edit or its deletion. */
function failedPart(event: MatrixEvent | undefined): MatrixEvent | undefined {
  const parts = [event, event?.replacingEvent(), event?.localRedactionEvent()];
  return parts.find((part) => part?.status === EventStatus.NOT_SENT) ?? undefined;
}

/** Reading: attachments, receipts, and being seen typing. */
function reading(room: Room, client: MatrixClient) {
  const { roomId } = room;
  let typingUntil = 0;
  return {
    openFile: (eventId, part) =>
      told(async () => {
        const content = room.findEventById(eventId)?.getContent() ?? {};
        const source = fileSource(content, part);
        if (source === undefined) throw new UserFacingError("not-found");
        return await openAttachment(client, source, claimedMime(content, part));
      }),
    markRead: () =>
      told(async () => {
        const last = room.getLiveTimeline().getEvents().findLast(sentId);
        const id = last === undefined ? undefined : sentId(last);
        if (last === undefined || id === undefined || id === readUpTo(room)) return;
        await client.setRoomReadMarkers(roomId, id, last);
      }),
    setTyping: (typing) => {
      const now = Date.now();
      if (typing ? typingUntil - now > TYPING_AGAIN_MS : typingUntil <= now) return;
      typingUntil = typing ? now + TYPING_MS : 0;
      // A courtesy: nobody needs to know when it is lost.
      void client.sendTyping(roomId, typing, TYPING_MS).catch(() => undefined);
    },
  } satisfies Partial<Conversation>;
}

/** Who is in the room, and its name. */
function membership(room: Room, client: MatrixClient) {
  const { roomId } = room;
  return {
    invite: (userId) => done(() => client.invite(roomId, userId)),
    remove: (userId) => done(() => client.kick(roomId, userId)),
    rename: (name) => done(() => client.setRoomName(roomId, name)),
    leave: () => done(() => client.leave(roomId)),
  } satisfies Partial<Conversation>;
}
