/** Pictures of every screen, light, dark and at the width of a phone, into `docs/screenshots/`. */
import { mkdir } from "node:fs/promises";
import { it } from "vitest";
import { LOOKS, SCREENS, stage } from "../harness/screens.ts";
import { Server } from "../harness/server.ts";

const FOLDER = new URL("../../docs/screenshots/", import.meta.url).pathname;

it("every screen in every look", async () => {
  await mkdir(FOLDER, { recursive: true });
  const server = await Server.start();
  const people = await stage(server);
  for (const screen of SCREENS) {
    const person = await screen.open(people);
    for (const look of LOOKS) {
      await look.apply(person.page);
      await screen.settle?.(person);
      const path = `${FOLDER}${screen.name}-${look.name}.png`;
      await person.page.screenshot({ path, animations: "disabled" });
    }
    await screen.close?.(person);
  }
  await server.stop();
  await server.forget();
});
