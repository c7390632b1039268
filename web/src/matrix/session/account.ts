/** A signed-in person's Matrix client, started: the part of the page that is heavy to load. */
import {
  ClientEvent,
  createClient,
  HttpApiEvent,
  IndexedDBStore,
  type MatrixClient,
  PendingEventOrdering,
  SyncState,
} from "matrix-js-sdk";
import type { Logger } from "matrix-js-sdk/lib/logger.js";
import loglevel from "loglevel";
import { nameOfUnnamed } from "../rooms.ts";
import { Recovery, SecretKey } from "./recovery.ts";
import { CRYPTO_DATABASE, type Credentials, SYNC_DATABASE } from "./storage.ts";

/** A person's client, and what stands between them and their messages. */
export interface Account {
  readonly client: MatrixClient;
  readonly recovery: Recovery;
  /** Resolves when the server has answered: until then, only what this browser kept is known. */
  readonly caughtUp: Promise<void>;
}

/** Why an account stopped by itself. */
export type Ending = "session-ended" | "storage-lost";

/** Starts a client on what this browser keeps; resolves once it has a first view of the rooms. */
export async function openAccount(
  credentials: Credentials,
  onEnd: (why: Ending) => void,
): Promise<Account> {
  const secret = new SecretKey();
  const store = new IndexedDBStore({ indexedDB, dbName: SYNC_DATABASE });
  const client = createClient({
    baseUrl: location.origin,
    userId: credentials.userId,
    deviceId: credentials.deviceId,
    accessToken: credentials.accessToken,
    store,
    cryptoCallbacks: secret.callbacks,
    roomNameGenerator: nameOfUnnamed,
    verificationMethods: [],
    disableVoip: true,
    logger: silent,
  });
  client.on(HttpApiEvent.SessionLoggedOut, () => onEnd("session-ended"));
  store.on("closed", () => onEnd("storage-lost"));
  await store.startup();
  await client.initRustCrypto({
    cryptoDatabasePrefix: CRYPTO_DATABASE,
    storageKey: credentials.storageKey,
  });
  const seen = reached(client, [SyncState.Prepared, SyncState.Syncing]);
  const caughtUp = reached(client, [SyncState.Syncing]);
  await client.startClient({
    initialSyncLimit: 20,
    lazyLoadMembers: true,
    pendingEventOrdering: PendingEventOrdering.Detached,
    disablePresence: true,
  });
  await seen;
  return { client, recovery: new Recovery(client, secret), caughtUp };
}

function reached(client: MatrixClient, states: readonly SyncState[]): Promise<void> {
  return new Promise((resolve) => {
    const onSync = (state: SyncState): void => {
      if (!states.includes(state)) return;
      client.off(ClientEvent.Sync, onSync);
      resolve();
    };
    client.on(ClientEvent.Sync, onSync);
  });
}

/** The SDK tells the console whom one writes to and when; the console is no place for that. */
const nothing = (): void => undefined;
const silent: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  getChild: () => silent,
};
// Parts of the SDK write to loggers of their own: those that exist, and those still to be made.
loglevel.methodFactory = () => nothing;
for (const logger of Object.values(loglevel.getLoggers())) {
  logger.methodFactory = loglevel.methodFactory;
  logger.rebuild();
}
