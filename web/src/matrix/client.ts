/**
 * The client's front door: from an opened page to an opened conversation.
 *
 * Light by design: the SDK and its cryptography are loaded behind it, while somebody signs in.
 */
import { cell } from "../lib/observable.ts";
import { type Chappe, type Gate, UserFacingError } from "./model.ts";
import type { Account, Ending } from "./session/account.ts";
import { abandon, serverName, signIn } from "./session/signIn.ts";
import { type Credentials, findSession, forgetSession, keepSession } from "./session/storage.ts";
import { askToLetGo, own, type Ownership, waitToOwn, whenAskedToLetGo } from "./session/tab.ts";

/** How long to wait before a part of the page is asked for again. */
const RETRY_MS = 3_000;

/** What loads late. */
const heavy = () => import("./session/heavy.ts");

/** Opens the front door of this page. */
export function createChappe(): Chappe {
  const door = new FrontDoor();
  void door.open();
  return door.gate;
}

class FrontDoor {
  public readonly gate = cell<Gate>({ kind: "starting" });
  #ownership: Ownership | undefined;
  #account: Account | undefined;
  /** Counts the starts of a session; what an ended one still does is ignored. */
  #turn = 0;

  /** Waits until this tab owns the keys of this browser, then goes on from what is kept there. */
  public async open(): Promise<void> {
    whenAskedToLetGo(() => void this.#letGo());
    this.#ownership = (await own()) ?? (await this.#waitForOtherTab());
    await this.#start();
  }

  async #start(): Promise<void> {
    this.gate.set({ kind: "starting" });
    const found = await findSession();
    switch (found.kind) {
      case "nobody": {
        this.#signedOut(undefined);
        return;
      }
      case "signed-in": {
        await this.#resume(found.credentials);
        return;
      }
      case "lost":
        if (found.credentials !== undefined) await abandon(found.credentials);
        {
          await this.#end("storage-lost");
          return;
        }
    }
  }

  #signedOut(reason: Ending | undefined): void {
    const gate = {
      kind: "signed-out",
      reason,
      serverName: undefined,
      signIn: async (identifier: string, password: string) => {
        const credentials = await signIn(identifier, password);
        await forgetSession();
        await keepSession(credentials);
        await this.#enter(credentials, password);
      },
    } as const;
    this.gate.set(gate);
    void serverName().then((name) => {
      if (this.gate.snapshot() === gate) this.gate.set({ ...gate, serverName: name });
    });
    // Fetched while the person types; failing here only means that it is fetched later.
    void heavy()
      .then(({ prepare }) => prepare())
      .catch(() => undefined);
  }

  async #resume(credentials: Credentials): Promise<void> {
    try {
      await this.#enter(credentials, undefined);
    } catch (error) {
      // What this browser kept does not open any more.
      if (!(error instanceof UserFacingError)) {
        await this.#end("storage-lost");
        return;
      }
      // A part of the page could not be fetched: there is nothing to do but to try again.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      await this.#resume(credentials);
    }
  }

  async #enter(credentials: Credentials, password: string | undefined): Promise<void> {
    const turn = ++this.#turn;
    const { openAccount } = await heavy().catch((error: unknown) => {
      throw new UserFacingError("offline", { cause: error });
    });
    const account = await openAccount(credentials, (why) => {
      if (turn === this.#turn) void this.#end(why);
    });
    if (turn !== this.#turn) {
      account.client.stopClient();
      return;
    }
    this.#account = account;
    await this.#pass(account, password);
  }

  /** Lets the person through, or asks for what is missing. */
  async #pass(account: Account, password: string | undefined): Promise<void> {
    const { recovery } = account;
    const signOut = (): Promise<void> => this.#signOut();
    const { offerCode, openSession, done } = await heavy();
    const ready = async (): Promise<void> => {
      this.gate.set({ kind: "ready", session: await openSession(account, signOut) });
      // So that the next start finds recovery in place without asking.
      void account.client.store.save(true);
    };
    let standing = await recovery.standing();
    if (standing !== "ready") {
      // What this browser kept may be older than what the person did since.
      await account.caughtUp;
      standing = await recovery.standing();
    }
    switch (standing) {
      case "ready": {
        await ready();
        return;
      }
      case "setup": {
        const offered = offerCode(async (key) => {
          await recovery.setUp(key, password);
          await ready();
        });
        this.gate.set({ kind: "recovery-setup", ...offered, signOut });
        return;
      }
      case "restore": {
        const restore = (code: string): Promise<void> =>
          done(async () => {
            await recovery.restore(code);
            await ready();
          });
        this.gate.set({ kind: "recovery-restore", restore, signOut });
        return;
      }
    }
  }

  async #signOut(): Promise<void> {
    const account = this.#account;
    this.#turn++;
    // A server that cannot be reached does not keep anybody signed in here.
    await account?.client.logout().catch(() => undefined);
    await this.#end(undefined);
  }

  /** Ends the session on this browser and removes everything that it kept. */
  async #end(why: Ending | undefined): Promise<void> {
    this.#stop();
    await forgetSession();
    this.#signedOut(why);
  }

  #stop(): void {
    this.#turn++;
    this.#account?.client.stopClient();
    this.#account = undefined;
  }

  /** Another tab wants to go on: this one stops, and waits until that one closes. */
  async #letGo(): Promise<void> {
    const ownership = this.#ownership;
    if (ownership === undefined) return;
    this.#ownership = undefined;
    await this.#account?.client.store.save(true);
    this.#stop();
    ownership.release();
    this.#ownership = await this.#waitForOtherTab();
    await this.#start();
  }

  async #waitForOtherTab(): Promise<Ownership> {
    this.gate.set({
      kind: "elsewhere",
      takeOver: () => {
        askToLetGo();
        return Promise.resolve();
      },
    });
    return await waitToOwn();
  }
}
