import { describe, expect, it } from "vitest";
import { arrangeRooms, totalUnread } from "./rooms.ts";

const rooms = [
  { name: "Budget 2027", membership: "join", lastActivity: 2 },
  { name: "Élodie Lefèvre", membership: "join", lastActivity: 3 },
  { name: "Cellule de crise – Aude", membership: "join", lastActivity: 1 },
  { name: "Marché", membership: "invite", lastActivity: 9 },
] as const;

const names = (query: string): readonly string[] => {
  const { invites, joined } = arrangeRooms(rooms, query);
  return [...invites, ...joined].map((room) => room.name);
};

describe("the list of conversations", () => {
  it("has invitations apart, then the most recently active first", () => {
    const { invites, joined } = arrangeRooms(rooms, "");
    expect(invites.map((room) => room.name)).toEqual(["Marché"]);
    expect(joined.map((room) => room.lastActivity)).toEqual([3, 2, 1]);
  });

  it.each([
    ["elodie", ["Élodie Lefèvre"]],
    ["LEFEVRE", ["Élodie Lefèvre"]],
    ["aude crise", ["Cellule de crise – Aude"]],
    ["é", ["Marché", "Élodie Lefèvre", "Budget 2027", "Cellule de crise – Aude"]],
    ["zzz", []],
  ])("is filtered without regard to accents, case or order: %s", (query, expected) => {
    expect(names(query)).toEqual(expected);
  });
});

it("unread counts are added up in one place", () => {
  expect(totalUnread([{ unread: 3 }, { unread: 0 }, { unread: 128 }])).toBe(131);
});
