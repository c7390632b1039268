/**
 * What the server keeps says nothing of what people said: every byte of it is searched.
 *
 * The search itself is proved on a server that encrypts and seals nothing.
 */
import { join } from "node:path";
import { expect, it } from "vitest";
import { findOnDisk, sizeOnDisk } from "../harness/disk.ts";
import { marker, picture, report } from "../harness/files.ts";
import { Server } from "../harness/server.ts";

const TEXTS = [
  "le mot de passe du coffre est sémaphore",
  "réponse confidentielle",
  "version corrigée du secret",
  "message à effacer",
];
const ROOM = "Cellule de crise Zéphyr";
const NAMES = ["Aliénor Dubreuil", "Barnabé Kowalczyk"] as const;
const CONTENTS = [marker(report), marker(picture)];

it("nothing of what people say, send or are called is found", async () => {
  const server = await Server.start();
  const alice = await server.person(NAMES[0]);
  const bob = await server.person(NAMES[1]);
  await alice.arrives();
  await bob.arrives();
  await alice.createsRoom(ROOM, bob);
  await bob.accepts(ROOM);
  const [first = "", answer = "", edited = "", doomed = ""] = TEXTS;
  await alice.says(first);
  await bob.sees(first);
  await bob.repliesTo(first, answer);
  await alice.sees(answer);
  await alice.edits(first, edited);
  await bob.sees(edited);
  await alice.says(doomed);
  await bob.sees(doomed);
  await alice.deletes(doomed);
  await bob.sees(bob.t("message.deleted"));
  await alice.sendsFile(picture);
  await bob.seesPicture(picture.name);
  await bob.sendsFile(report);
  expect(await alice.downloads(report.name)).toEqual(report.buffer);
  await server.stop();

  const wanted = [...TEXTS, report.name, picture.name, ROOM, ...NAMES, ...CONTENTS];
  const places = [server.directory, ...server.databasePlaces];
  expect(sizeOnDisk(places)).toBeGreaterThan(picture.buffer.length);
  expect(findOnDisk(places, wanted)).toEqual([]);
  await server.forget();
});

it("the same search finds all of it where nothing is encrypted or sealed", async () => {
  const server = await Server.start({ encryption: "optional", sealing: "off" });
  const { localpart } = await server.person(NAMES[0]);
  const token = await server.token(localpart);
  const { room_id } = await server.call("POST", "/_matrix/client/v3/createRoom", {
    token,
    body: { preset: "private_chat", name: ROOM },
  });
  const room = `/_matrix/client/v3/rooms/${encodeURIComponent(room_id as string)}`;
  for (const [index, body] of TEXTS.entries()) {
    await server.call("PUT", `${room}/send/m.room.message/${index}`, {
      token,
      body: { msgtype: "m.text", body },
    });
  }
  for (const file of [report, picture]) {
    const { content_uri } = await server.call("POST", "/_matrix/media/v3/upload", {
      token,
      body: new Blob([new Uint8Array(file.buffer)], { type: file.mimeType }),
    });
    await server.call("PUT", `${room}/send/m.room.message/${file.name}`, {
      token,
      body: { msgtype: "m.file", body: file.name, url: content_uri },
    });
  }
  await server.stop();

  const places = [join(server.directory, "data"), ...server.databasePlaces];
  for (const needle of [...TEXTS, report.name, picture.name, ROOM, NAMES[0], ...CONTENTS]) {
    expect(findOnDisk(places, [needle]), String(needle)).not.toEqual([]);
  }
  await server.forget();
});
