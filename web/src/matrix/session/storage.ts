/**
 * What this browser keeps of a session: who is signed in, and the key of the crypto store.
 *
 * Both are sealed under a key that scripts can use and not read, so a copied profile gives them
 * away only together with the browser's own key storage. Everything goes at sign-out.
 */

/** Who is signed in here. */
export interface Credentials {
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
  /** Opens the crypto store: 32 bytes, made on this device. */
  readonly storageKey: Uint8Array<ArrayBuffer>;
}

/** Prefixes of every database of ours. */
export const CRYPTO_DATABASE = "chappe-crypto";
export const SYNC_DATABASE = "chappe-sync";
const SESSION_DATABASE = "chappe-session";
const TABLE = "session";

/** Survives the eviction of databases in some browsers, and tells us that one happened. */
const MARK = "chappe.signed-in";

/** What was found at start. */
export type Found =
  | { readonly kind: "nobody" }
  | { readonly kind: "signed-in"; readonly credentials: Credentials }
  /** Somebody was signed in, and the browser threw away what that needs. */
  | { readonly kind: "lost"; readonly credentials: Credentials | undefined };

/** Who is signed in on this browser. */
export async function findSession(): Promise<Found> {
  const credentials = await load();
  if (credentials === undefined) {
    return localStorage.getItem(MARK) === null
      ? { kind: "nobody" }
      : { kind: "lost", credentials: undefined };
  }
  const databases = await indexedDB.databases();
  const whole = databases.some(({ name }) => name?.startsWith(CRYPTO_DATABASE) === true);
  return whole ? { kind: "signed-in", credentials } : { kind: "lost", credentials };
}

/** Keeps a session that was just opened. */
export async function keepSession(credentials: Credentials): Promise<void> {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const { storageKey, ...rest } = credentials;
  const plain = new TextEncoder().encode(
    JSON.stringify({ ...rest, storageKey: Array.from(storageKey) }),
  );
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain);
  await withTable("readwrite", (table) => table.put({ key, iv, sealed }, "credentials"));
  localStorage.setItem(MARK, "1");
}

/** Removes everything of ours from this browser, but for preferences of display. */
export async function forgetSession(): Promise<void> {
  localStorage.removeItem(MARK);
  const databases = await indexedDB.databases();
  const ours = databases.flatMap(({ name }) => (name !== undefined && isOurs(name) ? [name] : []));
  await Promise.all(ours.map(deleteDatabase));
}

interface Record {
  readonly key: CryptoKey;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly sealed: ArrayBuffer;
}

async function load(): Promise<Credentials | undefined> {
  const record = await withTable<Record | undefined>("readonly", (table) =>
    table.get("credentials"),
  );
  if (record === undefined) return undefined;
  const { key, iv, sealed } = record;
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed);
  const { storageKey, ...rest } = JSON.parse(new TextDecoder().decode(plain)) as Omit<
    Credentials,
    "storageKey"
  > & { storageKey: number[] };
  return { ...rest, storageKey: Uint8Array.from(storageKey) };
}

function isOurs(name: string): boolean {
  return [CRYPTO_DATABASE, SESSION_DATABASE, `matrix-js-sdk:${SYNC_DATABASE}`].some((prefix) =>
    name.startsWith(prefix),
  );
}

async function withTable<T>(
  mode: IDBTransactionMode,
  action: (table: IDBObjectStore) => IDBRequest,
): Promise<T> {
  const opening = indexedDB.open(SESSION_DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE);
  const database = await settled<IDBDatabase>(opening);
  try {
    return await settled<T>(action(database.transaction(TABLE, mode).objectStore(TABLE)));
  } finally {
    database.close();
  }
}

function settled<T>(request: IDBRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T);
    request.onerror = () => reject(request.error ?? new Error("the browser's storage failed"));
  });
}

/** Deletes a database; one that something still holds goes when it lets go. */
function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = request.onblocked = () => resolve();
  });
}
