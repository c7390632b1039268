/**
 * Text does not move under somebody who reads, whatever others do and whatever history comes in
 * above.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { picture } from "../harness/files.ts";
import type { Person } from "../harness/person.ts";
import { Server } from "../harness/server.ts";

let server: Server;
let alice: Person;
let bob: Person;

/** Enough for several pages of history. */
const LINES = Array.from({ length: 90 }, (_, index) => `ligne ${index + 1}`);

beforeAll(async () => {
  server = await Server.start();
  alice = await (await server.person("Alice Martin")).arrives();
  bob = await (await server.person("Bob Lefèvre")).arrives();
  await alice.opensDirect(bob);
  await bob.accepts("Alice Martin");
  for (const line of LINES) await alice.says(line);
  await bob.sees(LINES.at(-1) ?? "");
  // What was read stays read: the conversation opens at its end.
  await bob.page.reload();
  await bob.sees(LINES.at(-1) ?? "");
}, 120_000);

afterAll(async () => {
  await server.stop();
  await server.forget();
});

it("while older history comes in above", async () => {
  let moved = 0;
  let rows = 0;
  for (let turn = 0; turn < 25; turn++) {
    moved = Math.max(moved, await movement(bob, { scrolledBy: -300, milliseconds: 400 }));
    rows = Math.max(rows, await bob.page.locator("article[data-key]").count());
  }
  await bob.sees(LINES[0] ?? "");
  expect(moved).toBe(0);
  expect(rows).toBeLessThan(60);
});

it("while others write, react and edit", async () => {
  const [above = "", inSight = ""] = [LINES[0], LINES[6]];
  await bob.message(inSight).scrollIntoViewIfNeeded();
  await bob.page.waitForTimeout(500);
  const watching = movement(bob, { scrolledBy: 0, milliseconds: 8_000 });
  await alice.says("une nouvelle en bas");
  await alice.sendsFile(picture);
  await alice.page.mouse.move(800, 400);
  for (let turn = 0; turn < 40 && !(await alice.message(above).isVisible()); turn++) {
    await alice.page.mouse.wheel(0, -600);
    await alice.page.waitForTimeout(60);
  }
  await alice.edits(above, "ligne 1, corrigée");
  expect(await watching).toBe(0);
});

interface Watch {
  /** By how much the person scrolls first, at once. */
  readonly scrolledBy: number;
  readonly milliseconds: number;
}

/** How far what somebody reads stands, after a time, from where they scrolled it to: in pixels. */
async function movement(person: Person, watch: Watch): Promise<number> {
  return await person.page.evaluate(async ({ scrolledBy, milliseconds }) => {
    let list = document.querySelector("article[data-key]")?.parentElement;
    while (list && !/auto|scroll/.test(getComputedStyle(list).overflowY)) list = list.parentElement;
    if (!list) throw new Error("nothing is read here");
    list.scrollTop += scrolledBy;
    const middle = innerHeight / 2;
    const articles = [...document.querySelectorAll<HTMLElement>("article[data-key]")];
    const read = articles.find((article) => article.getBoundingClientRect().bottom > middle);
    if (read === undefined) throw new Error("nothing is read here");
    const start = read.getBoundingClientRect().top;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    if (!read.isConnected) throw new Error("what was read is gone");
    return Math.round(Math.abs(read.getBoundingClientRect().top - start));
  }, watch);
}
