/** Somebody with an account, and what they do, in their own language. */
import { readFile } from "node:fs/promises";
import { type BrowserContext, type Locator, type Page } from "playwright-core";
import type { Look } from "./browser.ts";
import type { Server } from "./server.ts";
import { escaped, type Locale, pattern, words } from "./words.ts";

interface Identity {
  readonly name: string;
  readonly localpart: string;
  readonly locale: Locale;
  readonly password: string;
}

/** A file as a person chooses it. */
export interface Chosen {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** A person at one device. */
export class Person {
  readonly name: string;
  readonly localpart: string;
  readonly #server: Server;
  readonly #identity: Identity;
  #device: { readonly context: BrowserContext; readonly page: Page } | undefined;
  #code: string | undefined;

  constructor(server: Server, identity: Identity, code?: string) {
    this.#server = server;
    this.#identity = identity;
    this.#code = code;
    this.name = identity.name;
    this.localpart = identity.localpart;
  }

  /** The same person at another device. */
  elsewhere(): Person {
    return new Person(this.#server, this.#identity, this.#code);
  }

  /** The page in front of them. */
  get page(): Page {
    if (this.#device === undefined) throw new Error(`${this.name} has opened no page`);
    return this.#device.page;
  }

  get context(): BrowserContext {
    return this.page.context();
  }

  get code(): string {
    if (this.#code === undefined) throw new Error(`${this.name} has no recovery code`);
    return this.#code;
  }

  /** Opens the client in a fresh browser profile. */
  async opens(look: Partial<Look> = {}): Promise<void> {
    const context = await this.#server.browsers.device({ locale: this.#identity.locale, ...look });
    this.#device = { context, page: await context.newPage() };
    await this.page.goto("/");
  }

  async signsIn(password = this.#identity.password): Promise<void> {
    if (this.#device === undefined) await this.opens();
    await this.page.getByLabel(this.t("signIn.identifier")).fill(this.localpart);
    await this.page.getByLabel(this.t("signIn.password"), { exact: true }).fill(password);
    await this.button("signIn.submit").click();
  }

  /** Keeps the code that is shown, and types two groups of it back. */
  async setsUpRecovery(): Promise<void> {
    const groups = this.page.getByRole("region", { name: this.t("recovery.setup.code") });
    await groups.waitFor();
    const shown = await groups.getByRole("listitem").allInnerTexts();
    const code = shown.map((text) => text.trim().split(/\s+/).at(-1) ?? "");
    this.#code = code.join(" ");
    await this.button("recovery.setup.next").click();
    await this.button("recovery.setup.finish").waitFor();
    for (const [index, group] of code.entries()) {
      const field = this.page.getByLabel(
        this.t("recovery.setup.group", { number: String(index + 1) }),
        { exact: true },
      );
      if ((await field.count()) > 0) await field.fill(group);
    }
    await this.button("recovery.setup.finish").click();
    await this.seesConversations();
  }

  /** Signs in on a first device and passes the door. */
  async arrives(look: Partial<Look> = {}): Promise<this> {
    await this.opens(look);
    await this.signsIn();
    await this.setsUpRecovery();
    return this;
  }

  async restores(code = this.code): Promise<void> {
    await this.page.getByLabel(this.t("recovery.restore.code")).fill(code);
    await this.button("recovery.restore.submit").click();
  }

  async seesConversations(): Promise<void> {
    await this.button("list.profile").waitFor();
  }

  /** Starts a direct chat with somebody found by name. */
  async opensDirect(other: Person): Promise<void> {
    await this.button("list.new").click();
    await this.page.getByRole("combobox").fill(other.localpart);
    await this.page.getByRole("option").filter({ hasText: other.name }).click();
    await this.seesConversation(other.name);
  }

  /** Makes a private room. */
  async createsRoom(name: string, ...people: readonly Person[]): Promise<void> {
    await this.button("list.new").click();
    await this.page.getByText(this.t("create.private"), { exact: true }).click();
    await this.page.getByLabel(this.t("create.name")).fill(name);
    for (const person of people) {
      await this.page.getByRole("combobox").fill(person.localpart);
      await this.page.getByRole("option").filter({ hasText: person.name }).click();
    }
    await this.button("create.submit").click();
    await this.seesConversation(name);
  }

  async accepts(name: string): Promise<void> {
    await this.page
      .getByRole("button", { name: this.t("list.acceptNamed", { name }), exact: true })
      .click();
    await this.seesConversation(name);
  }

  /** Opens a conversation from the list. */
  async goesTo(name: string): Promise<void> {
    const list = this.page.getByRole("navigation", { name: this.t("list.all") });
    await list.getByRole("button").filter({ hasText: name }).click();
    await this.seesConversation(name);
  }

  async seesConversation(name: string): Promise<void> {
    await this.page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
    await this.composer.waitFor();
  }

  async says(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** Waits until a message of somebody's is read on this screen. */
  async sees(text: string): Promise<void> {
    await this.message(text).waitFor();
  }

  async repliesTo(text: string, answer: string): Promise<void> {
    await this.#act(text, "message.reply");
    await this.says(answer);
  }

  async reacts(text: string, emoji: string): Promise<void> {
    await this.#act(text, "message.react");
    await this.page.getByRole("button", { name: emoji, exact: true }).first().click();
  }

  async edits(text: string, next: string): Promise<void> {
    await this.#act(text, "message.edit");
    await this.says(next);
  }

  async deletes(text: string): Promise<void> {
    await this.#act(text, "message.delete");
    const dialog = this.page.getByRole("alertdialog").or(this.page.getByRole("dialog"));
    await dialog.getByRole("button", { name: this.t("message.delete"), exact: true }).click();
  }

  async sendsFile(file: Chosen): Promise<void> {
    await this.page.locator('input[type="file"]').setInputFiles(file);
    await this.button("composer.send").click();
  }

  /** The bytes of a file that somebody sent. */
  async downloads(name: string): Promise<Buffer> {
    const download = this.page.waitForEvent("download");
    await this.page
      .getByRole("button", { name: this.t("file.download", { name }), exact: true })
      .click();
    return await readFile(await (await download).path());
  }

  /** Waits until a picture is drawn: decrypted and decoded. */
  async seesPicture(name: string): Promise<void> {
    const picture = this.page.getByRole("img", { name: this.t("file.image", { name }) });
    await picture.waitFor();
    await this.page.waitForFunction(
      (alt) => [...document.images].some((image) => image.alt === alt && image.naturalWidth > 0),
      this.t("file.image", { name }),
    );
  }

  async seesReaction(text: string, emoji: string): Promise<void> {
    await this.message(text)
      .getByRole("button", { name: new RegExp(`^${escaped(emoji)}`) })
      .waitFor();
  }

  /** Reads a conversation from its end to its beginning: the labels of all its messages. */
  async readsAll(): Promise<string[]> {
    const seen = new Map<string, string>();
    const beginning = this.page.getByText(pattern(this.#identity.locale, "notice.created"));
    for (let turn = 0; turn < 400; turn++) {
      const atBeginning = await beginning.isVisible();
      for (const [key, text] of await this.#messagesDrawn()) seen.set(key, text);
      if (atBeginning) {
        await this.goesToLatest();
        return [...seen.values()];
      }
      await this.page.evaluate(async () => {
        let list = document.querySelector("article[data-key]")?.parentElement;
        while (list && !/auto|scroll/.test(getComputedStyle(list).overflowY)) {
          list = list.parentElement;
        }
        list?.scrollBy({ top: -list.clientHeight / 2, behavior: "instant" });
        await new Promise((resolve) => setTimeout(resolve, 80));
      });
    }
    throw new Error(`${this.name} never reached the beginning of the conversation`);
  }

  /** Goes back to the end of the conversation. */
  async goesToLatest(): Promise<void> {
    const label = this.t("timeline.jump");
    await this.page.evaluate((name) => {
      document.querySelector<HTMLElement>(`button[aria-label="${name}"]`)?.click();
    }, label);
    await this.button("timeline.jump").waitFor({ state: "detached" });
  }

  /** What a screen says of a message that cannot be read, in any of its forms. */
  isUndecryptable(label: string): boolean {
    const causes = [
      "on-its-way",
      "backup-lacks-it",
      "before-you-joined",
      "sender-device-unverified",
      "lost",
    ];
    const sentences = causes.map((cause) => this.t(`undecryptable.${cause}`));
    return [...sentences, this.t("preview.undecryptable")].some((text) => label.includes(text));
  }

  /** A message, found by what it says. */
  message(text: string): Locator {
    const said = new RegExp(`: ${escaped(text)}$`);
    return this.page.getByRole("article", { name: said }).last();
  }

  button(key: string): Locator {
    return this.page.getByRole("button", { name: this.t(key), exact: true }).first();
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: this.t("composer.label") });
  }

  t(key: string, values: Record<string, string> = {}): string {
    return words(this.#identity.locale, key, values);
  }

  /** The messages that are drawn now, each by its key. */
  async #messagesDrawn(): Promise<[string, string][]> {
    return await this.page
      .locator("article[data-key]")
      .evaluateAll((articles) =>
        articles.map((article): [string, string] => [
          article.getAttribute("data-key") ?? "",
          `${article.getAttribute("aria-label") ?? ""}\n${article.textContent}`,
        ]),
      );
  }

  /** Does something with a message through its menu. */
  async #act(text: string, key: string): Promise<void> {
    const message = this.message(text);
    await message.hover();
    await message.getByRole("button", { name: this.t("message.more"), exact: true }).click();
    await this.page.getByRole("menuitem", { name: this.t(key), exact: true }).click();
  }
}
