/** People as rooms know them. */
import {
  EventTimeline,
  type MatrixClient,
  type Room,
  type RoomMember,
  type RoomState,
} from "matrix-js-sdk";
import type { Member, Person, UserId } from "./model.ts";

/** A person as `room` shows them; known by their identifier alone if they never were in it. */
export function personIn(room: Room, userId: string): Person {
  const member = room.getMember(userId);
  return member === null ? stranger(userId) : personOf(member);
}

/** A member of a room as a person. */
export function personOf(member: RoomMember): Person {
  return {
    userId: member.userId as UserId,
    name:
      member.rawDisplayName === member.userId ? localpart(member.userId) : member.rawDisplayName,
    avatarMxc: mxcOf(member.getMxcAvatarUrl()),
  };
}

/** Somebody of whom only the identifier is known. */
export function stranger(userId: string): Person {
  return { userId: userId as UserId, name: localpart(userId), avatarMxc: undefined };
}

/** An address of the server's media, from what somebody wrote in its place. */
export function mxcOf(value: unknown): string | undefined {
  return typeof value === "string" && value.startsWith("mxc://") ? value : undefined;
}

/** Everybody in a room or invited to it: the powerful first, then by name. */
export function membersOf(room: Room): readonly Member[] {
  return room
    .getMembers()
    .flatMap((member): readonly Member[] => {
      const { membership } = member;
      if (membership !== "join" && membership !== "invite") return [];
      return [{ ...personOf(member), membership, role: roleOf(member.powerLevel) }];
    })
    .sort((a, b) => RANK[a.role] - RANK[b.role] || a.name.localeCompare(b.name));
}

/** Who is typing in a room, but for oneself. */
export function typistsIn(room: Room): readonly Person[] {
  return room
    .getMembers()
    .filter((member) => member.typing && member.userId !== room.myUserId)
    .map(personOf);
}

/** The state of a room as it is now. */
export function stateOfRoom(room: Room): RoomState | undefined {
  return room.getLiveTimeline().getState(EventTimeline.FORWARDS);
}

/** A person outside of any room, from their profile. */
export async function profileOf(client: MatrixClient, userId: string): Promise<Person> {
  const { displayname, avatar_url } = await client.getProfileInfo(userId);
  return {
    userId: userId as UserId,
    name: displayname ?? localpart(userId),
    avatarMxc: mxcOf(avatar_url),
  };
}

const RANK = { admin: 0, moderator: 1, member: 2 } as const;

function roleOf(powerLevel: number): Member["role"] {
  if (powerLevel >= 100) return "admin";
  return powerLevel >= 50 ? "moderator" : "member";
}

function localpart(userId: string): string {
  return userId.replace(/^@/, "").split(":")[0] ?? userId;
}
