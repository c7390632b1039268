/** The list of conversations: its order and its filter. */
import { matches } from "./text.ts";

/** What ordering and filtering need of a room. */
export interface Listed {
  readonly name: string;
  readonly membership: "join" | "invite";
  readonly lastActivity: number;
}

export interface ListedRooms<R extends Listed> {
  readonly invites: readonly R[];
  readonly joined: readonly R[];
}

/** Invitations apart, then conversations, the most recently active first; only those that match. */
export function arrangeRooms<R extends Listed>(rooms: readonly R[], query: string): ListedRooms<R> {
  const wanted =
    query.trim() === "" ? [...rooms] : rooms.filter((room) => matches(room.name, query));
  wanted.sort((a, b) => b.lastActivity - a.lastActivity);
  return {
    invites: wanted.filter((room) => room.membership === "invite"),
    joined: wanted.filter((room) => room.membership === "join"),
  };
}

/** Unread messages in all conversations: the one place where they are added up. */
export function totalUnread(rooms: readonly { readonly unread: number }[]): number {
  return rooms.reduce((total, room) => total + room.unread, 0);
}
