/** The people and rooms of the gallery. */
import type {
  EventId,
  Member,
  MessageBody,
  Person,
  RoomId,
  RoomSummary,
  UserId,
} from "../../matrix/model.ts";

/** The moment at which every picture is taken. */
export const NOW = new Date(2026, 10, 24, 14, 12).getTime();
export const MINUTE = 60_000;
export const DAY = 86_400_000;

export function person(localpart: string, name: string): Person {
  return { userId: `@${localpart}:interieur.example` as UserId, name, avatarMxc: undefined };
}

export const ME = person("alice.martin", "Alice Martin");
export const CAMILLE = person("camille.roche", "Camille Roche");
export const NADIA = person("nadia.benali", "Nadia Benali");
export const PAUL = person("paul.girard", "Paul Girard");
export const LEA = person("lea.morin", "Léa Morin");
export const YVES = person("yves.le-goff", "Yves Le Goff");

export const EVERYBODY = [CAMILLE, NADIA, PAUL, LEA, YVES];

export function text(words: string, html?: string): MessageBody {
  return { kind: "text", text: words, html, emote: false, notice: false };
}

export function eventId(id: string): EventId {
  return `$${id}` as EventId;
}

export function room(id: string, name: string, more: Partial<RoomSummary>): RoomSummary {
  return {
    roomId: `!${id}:interieur.example` as RoomId,
    name,
    kind: "private",
    membership: "join",
    inviter: undefined,
    avatarMxc: undefined,
    encrypted: true,
    memberCount: 14,
    unread: 0,
    highlights: 0,
    preview: undefined,
    lastActivity: NOW,
    typing: [],
    ...more,
  };
}

export const BUDGET = room("budget", "Budget 2027", {
  preview: { author: CAMILLE, own: false, body: text("La version 3 est jointe, dites-moi.") },
  lastActivity: NOW - 3 * MINUTE,
  unread: 3,
});

export const ROOMS: readonly RoomSummary[] = [
  room("ouverture", "Marché de maintenance", {
    membership: "invite",
    inviter: YVES,
    memberCount: 6,
    lastActivity: NOW - 20 * MINUTE,
  }),
  BUDGET,
  room("nadia", "Nadia Benali", {
    kind: "direct",
    memberCount: 2,
    typing: [NADIA],
    preview: { author: NADIA, own: false, body: text("On s’appelle demain ?") },
    lastActivity: NOW - 9 * MINUTE,
  }),
  room("numerique", "Direction du numérique", {
    preview: { author: ME, own: true, body: text("Merci, c’est noté pour jeudi.") },
    lastActivity: NOW - 2 * 60 * MINUTE,
  }),
  room("crise", "Cellule de crise – Aude", {
    preview: { author: LEA, own: false, body: text("Alice, point à la préfecture à 18 h") },
    lastActivity: NOW - 4 * 60 * MINUTE,
    unread: 128,
    highlights: 2,
  }),
  room("paul", "Paul Girard", {
    kind: "direct",
    memberCount: 2,
    preview: {
      author: PAUL,
      own: false,
      body: { kind: "file", file: file("note-cadrage-v3.pdf", 412_000) },
    },
    lastActivity: NOW - DAY,
  }),
  room("access", "Accessibilité", {
    preview: { author: YVES, own: false, body: { kind: "image", file: file("plan.png", 90_000) } },
    lastActivity: NOW - 3 * DAY,
  }),
  room("archives", "Groupe de travail archives et patrimoine", {
    preview: {
      author: CAMILLE,
      own: false,
      body: { kind: "undecryptable", cause: "before-you-joined" },
    },
    lastActivity: NOW - 12 * DAY,
  }),
  room("lea", "Léa Morin", { kind: "direct", memberCount: 2, lastActivity: NOW - 400 * DAY }),
];

export function file(
  name: string,
  size: number,
  mime = "application/pdf",
): Extract<MessageBody, { kind: "file" }>["file"] {
  return {
    name,
    size,
    mime,
    width: undefined,
    height: undefined,
    blurhash: undefined,
    hasThumbnail: false,
  };
}

export const MEMBERS: readonly Member[] = [
  { ...ME, role: "admin", membership: "join" },
  { ...CAMILLE, role: "moderator", membership: "join" },
  { ...NADIA, role: "member", membership: "join" },
  { ...PAUL, role: "member", membership: "join" },
  { ...YVES, role: "member", membership: "join" },
  { ...LEA, role: "member", membership: "invite" },
];
