/** The conversations of the gallery. */
import type { MessageItem, NoticeItem, Person, TimelineItem } from "../../matrix/model.ts";
import {
  CAMILLE,
  DAY,
  eventId,
  file,
  LEA,
  ME,
  MINUTE,
  NADIA,
  NOW,
  PAUL,
  text,
  YVES,
} from "./people.ts";

let count = 0;

export function message(author: Person, ago: number, more: Partial<MessageItem>): MessageItem {
  count += 1;
  const own = author === ME;
  return {
    kind: "message",
    key: `m${count}`,
    eventId: eventId(`m${count}`),
    author,
    own,
    timestamp: NOW - ago,
    body: text(""),
    edited: false,
    quote: undefined,
    reactions: [],
    readBy: [],
    state: "sent",
    can: { edit: own, delete: own },
    ...more,
  };
}

function notice(author: Person, ago: number, change: NoticeItem["change"]): NoticeItem {
  count += 1;
  const id = `n${count}`;
  return { kind: "notice", key: id, eventId: eventId(id), timestamp: NOW - ago, author, change };
}

const question = message(NADIA, 62 * MINUTE, {
  body: text("Merci ! Peux-tu préciser l’enveloppe du programme 129 ?"),
});

/** An ordinary working day. */
export const WORKDAY: readonly TimelineItem[] = [
  notice(ME, DAY + 300 * MINUTE, { kind: "created" }),
  notice(ME, DAY + 300 * MINUTE, { kind: "encrypted" }),
  notice(ME, DAY + 299 * MINUTE, { kind: "invited", target: CAMILLE }),
  notice(CAMILLE, DAY + 280 * MINUTE, { kind: "joined", target: CAMILLE }),
  message(CAMILLE, DAY + 120 * MINUTE, {
    body: text("Bonjour à toutes et à tous, voici la note de cadrage pour la réunion de jeudi."),
  }),
  message(CAMILLE, DAY + 119 * MINUTE, {
    body: { kind: "file", file: file("note-cadrage-v3.pdf", 412_000) },
    reactions: [
      { key: "👍", people: [NADIA, ME, PAUL], ownEventId: eventId("r1") },
      { key: "🎉", people: [PAUL], ownEventId: undefined },
    ],
  }),
  question,
  message(PAUL, 61 * MINUTE, {
    body: text("42,6 M€ en AE et 39,1 M€ en CP."),
    quote: { eventId: eventId("m4"), author: NADIA, body: question.body },
  }),
  message(PAUL, 60 * MINUTE, {
    body: text(
      "Trois points à trancher :\n1. le calendrier\n2. la fongibilité\n3. les restes à payer",
      "<p>Trois points à <strong>trancher</strong> :</p><ol><li>le calendrier</li><li>la <em>fongibilité</em></li><li>les restes à payer, voir <code>CF-129</code></li></ol>",
    ),
    edited: true,
  }),
  message(ME, 48 * MINUTE, { body: text("Parfait, je valide de mon côté.") }),
  message(ME, 47 * MINUTE, {
    body: text(
      "J’ajoute le lien vers le tableau de suivi : https://suivi.interieur.example/budget/2027, il sera à jour ce soir.",
    ),
    readBy: [YVES],
  }),
  message(NADIA, 30 * MINUTE, {
    body: {
      kind: "image",
      file: {
        ...file("salle.jpg", 240_000, "image/jpeg"),
        width: 1280,
        height: 860,
        blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
        hasThumbnail: true,
      },
    },
  }),
  message(NADIA, 30 * MINUTE, { body: text("La salle est prête 👌") }),
  message(CAMILLE, 4 * MINUTE, { body: text("👏👏") }),
  message(CAMILLE, 3 * MINUTE, { body: text("La version 3 est jointe, dites-moi.") }),
  message(ME, 1 * MINUTE, {
    body: text("Reçu, merci à toutes et à tous !"),
    readBy: [CAMILLE, NADIA, PAUL, LEA, YVES],
  }),
];

/** Every state of a message. */
export const STATES: readonly TimelineItem[] = [
  message(CAMILLE, 50 * MINUTE, { body: { kind: "deleted" } }),
  message(NADIA, 44 * MINUTE, { body: { kind: "undecryptable", cause: "on-its-way" } }),
  message(NADIA, 43 * MINUTE, { body: { kind: "undecryptable", cause: "backup-lacks-it" } }),
  message(PAUL, 42 * MINUTE, { body: { kind: "undecryptable", cause: "before-you-joined" } }),
  message(PAUL, 41 * MINUTE, {
    body: { kind: "undecryptable", cause: "sender-device-unverified" },
  }),
  message(LEA, 40 * MINUTE, { body: { kind: "undecryptable", cause: "lost" } }),
  message(YVES, 30 * MINUTE, { body: { kind: "unsupported" } }),
  message(YVES, 29 * MINUTE, {
    body: { kind: "text", text: "applaudit", html: undefined, emote: true, notice: false },
  }),
  message(LEA, 28 * MINUTE, {
    body: {
      kind: "text",
      text: "Rappel automatique : réunion à 15 h.",
      html: undefined,
      emote: false,
      notice: true,
    },
  }),
  message(CAMILLE, 20 * MINUTE, {
    body: {
      kind: "file",
      file: file(
        "tableau-des-restes-à-payer-programme-129-exercice-2027-définitif.ods",
        14_200_000,
        "application/ods",
      ),
    },
    quote: { eventId: eventId("old"), author: undefined, body: undefined },
  }),
  message(ME, 10 * MINUTE, { body: { kind: "deleted" } }),
  message(ME, 3 * MINUTE, {
    body: text("Celui-ci n’est pas parti."),
    eventId: undefined,
    state: "failed",
  }),
  message(ME, 2 * MINUTE, { body: text("Celui-ci part."), eventId: undefined, state: "sending" }),
  message(ME, 1 * MINUTE, { body: text("Et celui-ci est arrivé.") }),
];
