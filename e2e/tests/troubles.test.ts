/** When things go wrong, people are told what, and what to do. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Server } from "../harness/server.ts";

let server: Server;

beforeAll(async () => {
  server = await Server.start();
});

afterAll(async () => {
  await server.stop();
  await server.forget();
});

it("a wrong password is said so, and the right one then opens", async () => {
  const alice = await server.person("Alice Martin");
  await alice.signsIn("télégraphe électrique");
  await alice.page.getByText(alice.t("errors.wrong-password")).waitFor();
  await alice.signsIn();
  await alice.setsUpRecovery();
});

it("groups that do not match are refused when a code is read back", async () => {
  const bruno = await server.person("Bruno Keller");
  await bruno.signsIn();
  await bruno.button("recovery.setup.next").click();
  await bruno.button("recovery.setup.finish").waitFor();
  for (const field of await bruno.page.getByRole("textbox").all()) await field.fill("XXXX");
  await bruno.button("recovery.setup.finish").click();
  await bruno.page.getByText(bruno.t("recovery.setup.wrong")).waitFor();
  await bruno.button("recovery.setup.showAgain").click();
  await bruno.setsUpRecovery();
});

it("a recovery code that is mistyped, or somebody else's, opens nothing", async () => {
  const chloe = await (await server.person("Chloé Petit", "en")).arrives();
  const david = await (await server.person("David Roux", "en")).arrives();
  const laptop = chloe.elsewhere();
  await laptop.signsIn();
  await laptop.restores("abcd efgh");
  await laptop.page.getByText(laptop.t("errors.recovery-code-malformed")).waitFor();
  await laptop.restores(david.code);
  await laptop.page.getByText(laptop.t("errors.recovery-code-wrong")).waitFor();
  await laptop.restores();
  await laptop.seesConversations();
});

it("offline is said, and what was written leaves when the network is back", async () => {
  const emma = await (await server.person("Emma Faure")).arrives();
  const felix = await (await server.person("Félix Morel")).arrives();
  await emma.opensDirect(felix);
  await emma.says("première");
  await felix.accepts("Emma Faure");
  await felix.sees("première");
  await emma.context.setOffline(true);
  await emma.page.getByText(emma.t("shell.offline")).waitFor();
  await emma.says("écrite sans réseau");
  await emma.sees("écrite sans réseau");
  await emma.context.setOffline(false);
  await emma.page.getByText(emma.t("shell.offline")).waitFor({ state: "detached" });
  await felix.sees("écrite sans réseau");
});

it("a session ended from another device says so and keeps nothing", async () => {
  const gina = await (await server.person("Gina Blanc")).arrives();
  const phone = gina.elsewhere();
  await phone.signsIn();
  await phone.restores();
  await phone.seesConversations();
  await gina.button("list.profile").click();
  const end = gina.page.getByRole("button", { name: /^Fermer la session/ });
  await end.first().click();
  const dialog = gina.page.getByRole("alertdialog").or(gina.page.getByRole("dialog"));
  await dialog.getByLabel(gina.t("signIn.password"), { exact: true }).fill("faux");
  await dialog.getByRole("button", { name: gina.t("settings.endSubmit"), exact: true }).click();
  await dialog.getByText(gina.t("errors.wrong-password")).waitFor();
  await dialog.getByLabel(gina.t("signIn.password"), { exact: true }).fill("le télégraphe optique");
  await dialog.getByRole("button", { name: gina.t("settings.endSubmit"), exact: true }).click();
  await phone.page.getByText(phone.t("signIn.reason.session-ended")).waitFor();
  const kept = await phone.page.evaluate(async () => (await indexedDB.databases()).length);
  expect(kept).toBe(0);
});

it("a second tab leaves the keys alone until it is told to go on there", async () => {
  const hugo = await (await server.person("Hugo Lambert")).arrives();
  const tab = await hugo.context.newPage();
  await tab.goto("/");
  await tab.getByText(hugo.t("elsewhere.title")).waitFor();
  await tab.getByRole("button", { name: hugo.t("elsewhere.here") }).click();
  await tab.getByRole("button", { name: hugo.t("list.profile") }).waitFor();
  await hugo.page.getByText(hugo.t("elsewhere.title")).waitFor();
  await tab.close();
  await hugo.seesConversations();
});

it("when the browser threw the keys away, the code brings everything back", async () => {
  const ines = await (await server.person("Inès Garnier")).arrives();
  await ines.page.goto("about:blank");
  await ines.page.goto("/icon.svg");
  await ines.page.evaluate(async () => {
    for (const { name = "" } of await indexedDB.databases()) {
      await new Promise((resolve) => {
        indexedDB.deleteDatabase(name).onsuccess = resolve;
      });
    }
  });
  await ines.page.goto("/");
  await ines.page.getByText(ines.t("signIn.reason.storage-lost")).waitFor();
  await ines.signsIn();
  await ines.restores();
  await ines.seesConversations();
});
