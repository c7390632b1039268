/** Every screen of the client, as people come to it, on a server with people who have talked. */
import type { Page } from "playwright-core";
import { picture, report } from "./files.ts";
import type { Person } from "./person.ts";
import type { Server } from "./server.ts";

/** Who is there, each where a screen needs them. */
export interface Stage {
  /** Has talked: conversations of every kind. */
  readonly alice: Person;
  /** Signed out. */
  readonly stranger: Person;
  /** Is shown a recovery code. */
  readonly newcomer: Person;
  /** Is asked for their recovery code. */
  readonly laptop: Person;
  /** Has no conversation yet. */
  readonly lonely: Person;
}

/** A screen, and how it is reached. */
export interface Screen {
  readonly name: string;
  readonly open: (stage: Stage) => Promise<Person>;
  /** Waits for what is drawn late, after a change of look. */
  readonly settle?: (person: Person) => Promise<void>;
  /** Leaves what would cover the next screen. */
  readonly close?: (person: Person) => Promise<void>;
}

/** A way to look at a screen. */
export interface Look {
  readonly name: string;
  readonly apply: (page: Page) => Promise<void>;
}

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

export const LOOKS: readonly Look[] = [
  { name: "light", apply: (page) => look(page, "light", DESKTOP) },
  { name: "dark", apply: (page) => look(page, "dark", DESKTOP) },
  { name: "phone", apply: (page) => look(page, "light", PHONE) },
];

/** Prepares everybody. */
export async function stage(server: Server): Promise<Stage> {
  const alice = await (await server.person("Alice Martin")).arrives();
  const bob = await (await server.person("Bob Lefèvre")).arrives();
  const chloe = await (await server.person("Chloé Petit")).arrives();
  await talk(alice, bob, chloe);
  const stranger = await server.person("Denis Roy");
  await stranger.opens();
  const newcomer = await server.person("Émile Caron");
  await newcomer.signsIn();
  await newcomer.button("recovery.setup.next").waitFor();
  const laptop = bob.elsewhere();
  await laptop.signsIn();
  await laptop.button("recovery.restore.submit").waitFor();
  const lonely = await (await server.person("Fanny Duval")).arrives();
  return { alice, stranger, newcomer, laptop, lonely };
}

export const SCREENS: readonly Screen[] = [
  { name: "sign-in", open: ({ stranger }) => Promise.resolve(stranger) },
  {
    name: "sign-in-refused",
    open: async ({ stranger }) => {
      await stranger.signsIn("pas le bon");
      await stranger.page.getByText(stranger.t("errors.wrong-password")).waitFor();
      return stranger;
    },
  },
  { name: "recovery-code", open: ({ newcomer }) => Promise.resolve(newcomer) },
  {
    name: "recovery-read-back",
    open: async ({ newcomer }) => {
      await newcomer.button("recovery.setup.next").click();
      await newcomer.button("recovery.setup.finish").waitFor();
      return newcomer;
    },
  },
  { name: "recovery-restore", open: ({ laptop }) => Promise.resolve(laptop) },
  { name: "no-conversation-yet", open: ({ lonely }) => Promise.resolve(lonely) },
  { name: "conversations", open: ({ alice }) => at(alice, "#/") },
  {
    name: "direct-chat",
    open: async ({ alice }) => {
      await at(alice, "#/");
      await alice.goesTo("Bob Lefèvre");
      return alice;
    },
    settle: (alice) => alice.seesPicture(picture.name),
  },
  {
    name: "private-room",
    open: async ({ alice }) => {
      await at(alice, "#/");
      await alice.goesTo("Budget 2027");
      return alice;
    },
    settle: (alice) => alice.sees("Je les relis ce soir."),
  },
  {
    name: "room-details",
    open: async ({ alice }) => {
      await alice.button("header.openDetails").click();
      await alice.page.getByRole("heading", { name: alice.t("details.members") }).waitFor();
      return alice;
    },
  },
  {
    name: "message-actions",
    open: async ({ alice }) => {
      await at(alice, "#/");
      await alice.goesTo("Bob Lefèvre");
      const message = alice.message("Parfait, à demain.");
      await message.hover();
      await message.getByRole("button", { name: alice.t("message.more") }).click();
      await alice.page.getByRole("menu").waitFor();
      return alice;
    },
    close: escape,
  },
  {
    name: "emoji",
    open: async ({ alice }) => {
      await alice.button("composer.emoji").click();
      await alice.page.getByRole("dialog").waitFor();
      await alice.page.getByText(alice.t("emoji.loading")).waitFor({ state: "detached" });
      return alice;
    },
    close: escape,
  },
  {
    name: "new-conversation",
    open: async ({ alice }) => {
      await at(alice, "#/");
      await alice.button("list.new").click();
      await alice.page.getByRole("combobox").fill("chloe");
      await alice.page.getByRole("option").first().waitFor();
      return alice;
    },
    close: escape,
  },
  {
    name: "new-room",
    open: async ({ alice }) => {
      await at(alice, "#/");
      await alice.button("list.new").click();
      await alice.page.getByText(alice.t("create.private"), { exact: true }).click();
      await alice.page.getByLabel(alice.t("create.name")).fill("Audit 2027");
      return alice;
    },
    close: escape,
  },
  {
    name: "settings",
    open: async ({ alice }) => {
      await at(alice, "#/settings");
      await alice.page.getByText(alice.t("settings.currentDevice"), { exact: true }).waitFor();
      return alice;
    },
  },
  {
    name: "new-recovery-code",
    open: async ({ alice }) => {
      await at(alice, "#/settings/recovery-code");
      await alice.button("recovery.setup.next").waitFor();
      return alice;
    },
  },
];

/** A morning's talk, with something of everything in it. */
async function talk(alice: Person, bob: Person, chloe: Person): Promise<void> {
  await alice.opensDirect(bob);
  await alice.says("Bonjour Bob ! As-tu reçu la **carte** des lignes du nord ?");
  await bob.accepts("Alice Martin");
  await bob.says("Pas encore. Tu peux me l'envoyer ?");
  await alice.sees("Pas encore. Tu peux me l'envoyer ?");
  await alice.sendsFile(picture);
  await bob.seesPicture(picture.name);
  await bob.reacts("Pas encore. Tu peux me l'envoyer ?", "🙏");
  await bob.sendsFile(report);
  await alice.page.getByText(report.name).first().waitFor();
  await alice.says("Merci. On se retrouve à la station de Montlhéry pour les essais ?");
  await bob.sees("Merci. On se retrouve à la station de Montlhéry pour les essais ?");
  await bob.repliesTo(
    "Merci. On se retrouve à la station de Montlhéry pour les essais ?",
    "Oui, neuf heures. Le temps sera clair, on verra jusqu'à Malvoisine.",
  );
  await alice.sees("Oui, neuf heures. Le temps sera clair, on verra jusqu'à Malvoisine.");
  await alice.reacts("Oui, neuf heures. Le temps sera clair, on verra jusqu'à Malvoisine.", "👍");
  await alice.says("Parfait, à demain.");
  await bob.sees("Parfait, à demain.");
  await alice.createsRoom("Budget 2027", bob, chloe);
  await alice.says("Voici l'ordre du jour :\n\n- dépenses\n- recettes\n- questions diverses");
  await chloe.accepts("Budget 2027");
  await chloe.says("Les chiffres du troisième trimestre sont prêts.");
  await bob.accepts("Budget 2027");
  await bob.says("Je les relis ce soir.");
  await alice.sees("Je les relis ce soir.");
  await chloe.createsRoom("Lignes du sud", alice);
  await alice.page.getByText(alice.t("list.invites")).first().waitFor();
}

async function at(person: Person, hash: string): Promise<Person> {
  await person.page.setViewportSize(DESKTOP);
  await person.page.evaluate((next) => {
    location.hash = next;
  }, hash);
  return person;
}

async function escape(person: Person): Promise<void> {
  await person.page.keyboard.press("Escape");
}

async function look(page: Page, theme: "light" | "dark", viewport: typeof DESKTOP): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await page.setViewportSize(viewport);
}
