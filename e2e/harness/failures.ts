/** When a test fails, what every open page showed goes to `failures/`. */
import { mkdir } from "node:fs/promises";
import { afterEach } from "vitest";
import { Browsers } from "./browser.ts";

const FOLDER = new URL("../failures/", import.meta.url).pathname;

afterEach(async ({ task }) => {
  if (task.result?.state !== "fail") return;
  await mkdir(FOLDER, { recursive: true });
  const name = task.name.replace(/\W+/g, "-");
  for (const [index, page] of Browsers.pages().entries()) {
    await page.screenshot({ path: `${FOLDER}${name}-${index}.png` });
  }
});
