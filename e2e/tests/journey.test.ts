/** What Chappe is for: two people talk, and nobody else reads; devices come and go. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Person } from "../harness/person.ts";
import { picture, report } from "../harness/files.ts";
import { Server } from "../harness/server.ts";

let server: Server;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  server = await Server.start();
  alice = await server.person("Alice Martin", "fr");
  bob = await server.person("Bob Lefèvre", "en");
});

afterAll(async () => {
  await server.stop();
  await server.forget();
});

const MESSAGES = Array.from({ length: 50 }, (_, index) => ({
  byAlice: index % 2 === 0,
  text: `dépêche ${index + 1} : ${["Lille", "Paris", "Lyon", "Toulon"][index % 4] ?? ""}`,
}));

it("Alice and Bob arrive, each with a recovery code read back", async () => {
  await alice.arrives();
  await bob.arrives();
  expect(alice.code).not.toBe(bob.code);
});

it("they meet in a direct chat", async () => {
  await alice.opensDirect(bob);
  await bob.accepts("Alice Martin");
});

it("they exchange 50 messages", async () => {
  for (const { byAlice, text } of MESSAGES) {
    const [from, to] = byAlice ? [alice, bob] : [bob, alice];
    await from.says(text);
    await to.sees(text);
  }
});

it("they exchange a picture and a file", async () => {
  await alice.sendsFile(picture);
  await bob.seesPicture(picture.name);
  await bob.sendsFile(report);
  expect(await alice.downloads(report.name)).toEqual(report.buffer);
});

it("they reply, react, edit and delete", async () => {
  await alice.says("le train part à huit heures");
  await bob.sees("le train part à huit heures");
  await bob.repliesTo("le train part à huit heures", "j'y serai");
  await alice.sees("j'y serai");
  await alice.reacts("j'y serai", "👍");
  await bob.seesReaction("j'y serai", "👍");
  await alice.edits("le train part à huit heures", "le train part à neuf heures");
  await bob.sees("le train part à neuf heures");
  await bob.says("ceci est de trop");
  await alice.sees("ceci est de trop");
  await bob.deletes("ceci est de trop");
  await alice.message("ceci est de trop").waitFor({ state: "detached" });
  await alice.sees(alice.t("message.deleted"));
});

it("they see who types and what was read", async () => {
  await bob.composer.pressSequentially("je ré");
  await alice.page
    .getByText(alice.t("typing.one", { name: "Bob Lefèvre" }))
    .first()
    .waitFor();
  await bob.composer.fill("");
  await alice.says("bien reçu ?");
  await bob.sees("bien reçu ?");
  const read = alice.t("message.readBy", { names: "Bob Lefèvre" });
  await alice.page.getByLabel(read).or(alice.page.getByTitle(read)).first().waitFor();
});

it("after a reload everything is there", async () => {
  await bob.page.reload();
  await bob.seesConversation("Alice Martin");
  await bob.sees("bien reçu ?");
  await readsEverything(bob);
});

it("at a second device the recovery code opens everything", async () => {
  const phone = bob.elsewhere();
  await phone.signsIn();
  await phone.restores(bob.code.toLowerCase());
  await phone.seesConversations();
  await phone.goesTo("Alice Martin");
  await phone.sees("bien reçu ?");
  await phone.seesPicture(picture.name);
  await readsEverything(phone);
  await phone.says("depuis mon téléphone");
  await alice.sees("depuis mon téléphone");
  await bob.sees("depuis mon téléphone");
});

it("in a private room a third person reads from the invitation on", async () => {
  const chloe = await (await server.person("Chloé Petit", "fr")).arrives();
  await alice.createsRoom("Budget 2027", bob, chloe);
  await alice.says("ordre du jour");
  await chloe.accepts("Budget 2027");
  await chloe.sees("ordre du jour");
  await chloe.says("présente");
  await alice.sees("présente");
  await bob.accepts("Budget 2027");
  await bob.sees("présente");
});

async function readsEverything(person: Person): Promise<void> {
  const read = await person.readsAll();
  const all = read.join("\n");
  for (const { text } of MESSAGES) expect(all).toContain(text);
  expect(all).toContain("le train part à neuf heures");
  expect(all).not.toContain("ceci est de trop");
  expect(read.filter((label) => person.isUndecryptable(label))).toEqual([]);
}
