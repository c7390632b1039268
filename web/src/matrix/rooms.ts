/** The conversation list: one summary per room that one is in or invited to. */
import type { MatrixClient, Room } from "matrix-js-sdk";
import { EventType, NotificationCountType, RoomNameType, type RoomNameState } from "matrix-js-sdk";
import { cell, type Cell } from "../lib/observable.ts";
import { bodyOf } from "./body.ts";
import type { Changes } from "./changes.ts";
import type { Observable, Person, Preview, RoomId, RoomSummary, UserId } from "./model.ts";
import { mxcOf, personIn, typistsIn } from "./people.ts";
import { keepItems } from "./same.ts";
import { lastMessage } from "./timeline.ts";

/** Follows all rooms of a client; invitations first, then by last activity. */
export function followRooms(
  client: MatrixClient,
  changes: Changes,
  restoring: () => boolean,
): Observable<readonly RoomSummary[]> {
  const summaries = new Map<string, RoomSummary>();
  const list: Cell<readonly RoomSummary[]> = cell<readonly RoomSummary[]>([]);
  const update = (roomIds: Iterable<string>): void => {
    for (const roomId of roomIds) {
      const room = client.getRoom(roomId);
      const summary = room === null ? undefined : summaryOf(client, room, restoring());
      if (summary === undefined) summaries.delete(roomId);
      else summaries.set(roomId, summary);
    }
    list.set(keepItems(list.snapshot(), ordered(summaries.values()), ({ roomId }) => roomId));
  };
  changes.listen(update);
  update(client.getRooms().map(({ roomId }) => roomId));
  return list;
}

/** What the list shows of a room; nothing of one that was left. */
export function summaryOf(
  client: MatrixClient,
  room: Room,
  restoring: boolean,
): RoomSummary | undefined {
  const membership = room.getMyMembership();
  if (membership !== "join" && membership !== "invite") return undefined;
  const partner = directPartner(client, room);
  const preview = previewOf(client, room, restoring);
  return {
    roomId: room.roomId as RoomId,
    name: room.name,
    kind: partner === undefined ? "private" : "direct",
    membership,
    inviter: membership === "invite" ? inviterOf(room) : undefined,
    avatarMxc: avatarOf(room, partner),
    encrypted: room.hasEncryptionStateEvent(),
    memberCount: room.getInvitedAndJoinedMemberCount(),
    unread: room.getUnreadNotificationCount(NotificationCountType.Total),
    highlights: room.getUnreadNotificationCount(NotificationCountType.Highlight),
    preview: preview?.shown,
    lastActivity: preview?.at ?? Math.max(0, room.getLastActiveTimestamp()),
    typing: typistsIn(room),
  };
}

/** Whom a direct chat is with, by `m.direct` or by how the invitation was written. */
export function directPartner(client: MatrixClient, room: Room): UserId | undefined {
  const direct = directRooms(client);
  const [partner] = Object.entries(direct).find(([, roomIds]) => roomIds.includes(room.roomId)) ?? [
    room.getDMInviter(),
  ];
  return partner as UserId | undefined;
}

/** `m.direct`: rooms by the person that they are with. */
export function directRooms(client: MatrixClient): Readonly<Record<string, readonly string[]>> {
  const content: unknown = client.getAccountData(EventType.Direct)?.getContent();
  if (typeof content !== "object" || content === null) return {};
  return Object.fromEntries(
    Object.entries(content).filter((entry): entry is [string, string[]] => Array.isArray(entry[1])),
  );
}

/** How the SDK is to name a room without a name: in no language. */
export function nameOfUnnamed(roomId: string, state: RoomNameState): string {
  switch (state.type) {
    case RoomNameType.Actual:
      return state.name;
    case RoomNameType.EmptyRoom:
      return state.oldName ?? roomId;
    case RoomNameType.Generated: {
      const others = state.count - 1 - state.names.length;
      return state.names.join(", ") + (others > 0 ? ` +${others}` : "");
    }
  }
}

function previewOf(
  client: MatrixClient,
  room: Room,
  restoring: boolean,
): { readonly shown: Preview; readonly at: number } | undefined {
  const last = room.getLiveTimeline().getEvents().at(-1);
  // The list shows it; an older preview stands until it is known what it says.
  if (last?.shouldAttemptDecryption() === true) void client.decryptEventIfNeeded(last);
  const event = lastMessage(room);
  if (event === undefined) return undefined;
  const author = personIn(room, event.getSender() ?? "");
  const own = author.userId === room.myUserId;
  return { shown: { author, own, body: bodyOf(event, restoring) }, at: event.getTs() };
}

function inviterOf(room: Room): Person | undefined {
  const sender = room.getMember(room.myUserId)?.events.member?.getSender();
  return sender === undefined ? undefined : personIn(room, sender);
}

function avatarOf(room: Room, partner: UserId | undefined): string | undefined {
  const own = mxcOf(room.getMxcAvatarUrl());
  if (own !== undefined || partner === undefined) return own;
  return mxcOf(room.getMember(partner)?.getMxcAvatarUrl());
}

function ordered(summaries: Iterable<RoomSummary>): readonly RoomSummary[] {
  return [...summaries].sort(
    (a, b) =>
      Number(b.membership === "invite") - Number(a.membership === "invite") ||
      b.lastActivity - a.lastActivity,
  );
}
