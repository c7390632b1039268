/**
 * From a room's events to the items of its timeline.
 *
 * Pure but for the SDK's own bookkeeping, which it reads: edits, reactions and redactions are
 * already attached to the events that they change.
 */
import { EventStatus, type MatrixEvent, type Room } from "matrix-js-sdk";
import { bodyOf, isMessage } from "./body.ts";
import type { EventId, MessageItem, Person, Quote, Reaction, TimelineItem } from "./model.ts";
import { noticeOf } from "./notices.ts";
import { personIn, stateOfRoom } from "./people.ts";

/** What the items depend on besides the room. */
export interface View {
  /** Whether the key backup is still being read. */
  readonly restoring: boolean;
  /** The oldest event that may be shown: history above it is still being decrypted. */
  readonly oldest: MatrixEvent | undefined;
}

/** The items of a room's live timeline and of what is still being sent, oldest first. */
export function timelineItems(room: Room, view: View): readonly TimelineItem[] {
  const items: TimelineItem[] = [];
  let readers: Person[] = [];
  // From the newest on: whoever read something hidden has read the item above it.
  for (const event of eventsOf(room, view.oldest).toReversed()) {
    readers.push(...readersOf(event, room));
    const item = itemOf(event, room, view, readers);
    if (item === undefined) continue;
    if (item.kind === "message") readers = [];
    items.push(item);
  }
  return items.reverse();
}

/** The last thing said in a room: the newest message that can be shown. */
export function lastMessage(room: Room): MatrixEvent | undefined {
  return eventsOf(room, undefined).findLast((event) => isMessage(event) && isSettled(event));
}

/** The event of an item's key. */
export function eventByKey(room: Room, key: string): MatrixEvent | undefined {
  return eventsOf(room, undefined).findLast((event) => keyOf(event) === key);
}

/** The identifier that the server gave; a message that is being sent has none. */
export function sentId(event: MatrixEvent): EventId | undefined {
  const id = event.getId();
  return id?.startsWith("$") === true ? (id as EventId) : undefined;
}

function eventsOf(room: Room, oldest: MatrixEvent | undefined): readonly MatrixEvent[] {
  const live = room.getLiveTimeline().getEvents();
  const start = oldest === undefined ? 0 : Math.max(0, live.indexOf(oldest));
  return [...live.slice(start), ...room.getPendingEvents()];
}

function itemOf(
  event: MatrixEvent,
  room: Room,
  view: View,
  readers: readonly Person[],
): TimelineItem | undefined {
  if (!isMessage(event)) return noticeOf(event, room);
  return isSettled(event) ? messageItem(event, room, view, readers) : undefined;
}

/** Whether it is known what an event says, or that it cannot be known. */
function isSettled(event: MatrixEvent): boolean {
  return !event.shouldAttemptDecryption() && !event.isBeingDecrypted();
}

function messageItem(
  event: MatrixEvent,
  room: Room,
  view: View,
  readers: readonly Person[],
): MessageItem {
  const author = personIn(room, event.getSender() ?? "");
  const own = author.userId === room.myUserId;
  const body = bodyOf(event, view.restoring);
  const sent = sentId(event) !== undefined;
  return {
    kind: "message",
    key: keyOf(event),
    eventId: sentId(event),
    author,
    own,
    timestamp: event.getTs(),
    body,
    edited: body.kind !== "deleted" && event.replacingEvent() !== null,
    quote: quoteOf(event, room, view),
    reactions: reactionsOf(event, room),
    readBy: readers.filter((reader) => reader.userId !== author.userId),
    state: stateOf(event),
    can: {
      edit: own && sent && body.kind === "text",
      delete:
        sent &&
        body.kind !== "deleted" &&
        stateOfRoom(room)?.maySendRedactionForEvent(event, room.myUserId) === true,
    },
  };
}

/** Stable from local to remote echo: the SDK keeps one object for both. */
const keys = new WeakMap<MatrixEvent, string>();

function keyOf(event: MatrixEvent): string {
  const known = keys.get(event);
  if (known !== undefined) return known;
  const key = event.getTxnId() ?? event.getUnsigned().transaction_id ?? event.getId() ?? "";
  keys.set(event, key);
  return key;
}

/** A message fails when it, its edit or its deletion was not taken. */
function stateOf(event: MatrixEvent): MessageItem["state"] {
  switch (event.getAssociatedStatus()) {
    case null:
    case EventStatus.SENT:
      return "sent";
    case EventStatus.NOT_SENT:
    case EventStatus.CANCELLED:
      return "failed";
    default:
      return "sending";
  }
}

function quoteOf(event: MatrixEvent, room: Room, view: View): Quote | undefined {
  const eventId = event.replyEventId;
  if (eventId === undefined || event.isRedacted()) return undefined;
  const answered = room.findEventById(eventId);
  const known = answered !== undefined && isSettled(answered);
  return {
    eventId: eventId as EventId,
    author: answered === undefined ? undefined : personIn(room, answered.getSender() ?? ""),
    body: known ? bodyOf(answered, view.restoring) : undefined,
  };
}

function reactionsOf(event: MatrixEvent, room: Room): readonly Reaction[] {
  const eventId = event.getId();
  if (eventId === undefined || event.isRedacted()) return [];
  const relations = room.relations.getChildEventsForEvent(eventId, "m.annotation", "m.reaction");
  const byKey = relations?.getSortedAnnotationsByKey() ?? [];
  return byKey.flatMap(([key, events]): readonly Reaction[] => {
    const live = [...events].filter((reaction) => !reaction.isRedacted());
    if (live.length === 0) return [];
    const own = live.find((reaction) => reaction.getSender() === room.myUserId);
    const senders = new Set(live.map((reaction) => reaction.getSender() ?? ""));
    return [
      {
        key,
        people: [...senders].map((sender) => personIn(room, sender)),
        ownEventId: own === undefined ? undefined : sentId(own),
      },
    ];
  });
}

function readersOf(event: MatrixEvent, room: Room): readonly Person[] {
  return room
    .getUsersReadUpTo(event)
    .filter((userId) => userId !== room.myUserId)
    .map((userId) => personIn(room, userId));
}
