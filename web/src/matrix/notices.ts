/** What happened in a room besides messages, as lines between them. */
import type { MatrixEvent, Room } from "matrix-js-sdk";
import type { EventId, NoticeItem } from "./model.ts";
import { personIn } from "./people.ts";

type Change = NoticeItem["change"];

/** The notice that a state event is worth, if any. */
export function noticeOf(event: MatrixEvent, room: Room): NoticeItem | undefined {
  const change = changeOf(event, room);
  const eventId = event.getId();
  const sender = event.getSender();
  if (change === undefined || eventId === undefined || sender === undefined) return undefined;
  return {
    kind: "notice",
    key: eventId,
    eventId: eventId as EventId,
    timestamp: event.getTs(),
    author: personIn(room, sender),
    change,
  };
}

function changeOf(event: MatrixEvent, room: Room): Change | undefined {
  if (!event.isState() || event.isRedacted()) return undefined;
  const content = event.getContent();
  switch (event.getType()) {
    case "m.room.create":
      return { kind: "created" };
    case "m.room.encryption":
      return { kind: "encrypted" };
    case "m.room.avatar":
      return { kind: "avatar" };
    case "m.room.power_levels":
      // The first ones belong to the making of the room.
      return event.getPrevContent().users === undefined ? undefined : { kind: "permissions" };
    case "m.room.name":
      return { kind: "named", value: String(content.name ?? "") };
    case "m.room.topic":
      return { kind: "topic", value: String(content.topic ?? "") };
    case "m.room.member":
      return membershipChange(event, room);
    default:
      return undefined;
  }
}

function membershipChange(event: MatrixEvent, room: Room): Change | undefined {
  const userId = event.getStateKey();
  if (userId === undefined) return undefined;
  const target = personIn(room, userId);
  const own = event.getSender() === userId;
  const [before, now] = [event.getPrevContent(), event.getContent()];
  switch (now.membership) {
    case "invite":
      return { kind: "invited", target };
    case "ban":
      return { kind: "banned", target };
    case "leave":
      return { kind: own ? "left" : "removed", target };
    case "join":
      if (before.membership !== "join") return { kind: "joined", target };
      return before.displayname === now.displayname ? undefined : { kind: "renamed-self", target };
    default:
      return undefined;
  }
}
