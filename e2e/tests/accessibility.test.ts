/** Every screen, in both themes and at the width of a phone: no violation that a machine can see. */
import { AxeBuilder } from "@axe-core/playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LOOKS, SCREENS, type Stage, stage } from "../harness/screens.ts";
import { Server } from "../harness/server.ts";

let server: Server;
let people: Stage;

beforeAll(async () => {
  server = await Server.start();
  people = await stage(server);
});

afterAll(async () => {
  await server.stop();
  await server.forget();
});

it.each(SCREENS.map((screen) => [screen.name, screen] as const))("%s", async (_, screen) => {
  const person = await screen.open(people);
  for (const look of LOOKS) {
    await look.apply(person.page);
    await screen.settle?.(person);
    const { violations } = await new AxeBuilder({ page: person.page })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
      .analyze();
    const said = violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`);
    expect(said, look.name).toEqual([]);
  }
  await screen.close?.(person);
});
