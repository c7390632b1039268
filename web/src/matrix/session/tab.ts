/**
 * One tab at a time owns the keys of this browser: two would corrupt them.
 *
 * Ownership is a lock of the browser, which lets go by itself when a tab closes or crashes.
 */
const NAME = "chappe";

/** Ownership, once held. */
export interface Ownership {
  /** Lets another tab go on. */
  readonly release: () => void;
}

/** Takes ownership if no other tab has it. */
export function own(): Promise<Ownership | undefined> {
  return request({ ifAvailable: true });
}

/** Waits until no other tab has ownership. */
export async function waitToOwn(): Promise<Ownership> {
  const ownership = await request({});
  if (ownership === undefined) throw new Error("a lock that was waited for was not given");
  return ownership;
}

/** Asks the tab that owns the keys to let go. */
export function askToLetGo(): void {
  const channel = new BroadcastChannel(NAME);
  channel.postMessage("let-go");
  channel.close();
}

/** Calls back when another tab asks this one to let go. */
export function whenAskedToLetGo(letGo: () => void): void {
  new BroadcastChannel(NAME).addEventListener("message", letGo);
}

function request(options: LockOptions): Promise<Ownership | undefined> {
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(NAME, options, (lock) => {
      if (lock === null) {
        resolve(undefined);
        return;
      }
      return new Promise<void>((release) => resolve({ release }));
    });
    held.catch(reject);
  });
}
