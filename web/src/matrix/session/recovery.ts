/**
 * Recovery: keys that survive the loss of every device, opened by one code.
 *
 * Two rules, each learnt from a trap of the SDK:
 * - before cross-signing is bootstrapped on a new device, one's own public keys are fetched;
 *   without them the import of the private ones fails;
 * - a promise that resolved proves nothing: this device is verified when that is *observed*.
 */
import type { MatrixClient } from "matrix-js-sdk";
import type { CryptoApi, CryptoCallbacks } from "matrix-js-sdk/lib/crypto-api/index.js";
import { UserFacingError } from "../model.ts";
import { readRecoveryCode } from "./recoveryCode.ts";

/** How far recovery is, for this person on this device. */
export type Standing = "ready" | "setup" | "restore";

/** What secret storage holds once recovery is whole. */
const SECRETS = [
  "m.cross_signing.master",
  "m.cross_signing.self_signing",
  "m.cross_signing.user_signing",
  "m.megolm_backup.v1",
] as const;

/** How long to wait for what a promise already claimed. */
const PATIENCE_MS = 15_000;
const LOOK_AGAIN_MS = 100;

/** Holds the key of secret storage while it is needed, and not a moment longer. */
export class SecretKey {
  #held: { readonly id: string; readonly key: Uint8Array<ArrayBuffer> } | undefined;

  /** What the SDK calls when it needs the key, or has made one. */
  public readonly callbacks: CryptoCallbacks = {
    getSecretStorageKey: ({ keys }) => {
      const held = this.#held;
      const fits = held !== undefined && held.id in keys;
      return Promise.resolve(fits ? [held.id, held.key] : null);
    },
    cacheSecretStorageKey: (id, _, key) => {
      this.#held = { id, key: new Uint8Array(key) };
    },
  };

  /** Lends the key to one action. */
  public async during<T>(
    action: (hold: (id: string, key: Uint8Array<ArrayBuffer>) => void) => Promise<T>,
  ): Promise<T> {
    try {
      return await action((id, key) => (this.#held = { id, key }));
    } finally {
      this.#held?.key.fill(0);
      this.#held = undefined;
    }
  }
}

/** Recovery of one signed-in person. */
export class Recovery {
  readonly #client: MatrixClient;
  readonly #crypto: CryptoApi;
  readonly #secret: SecretKey;

  public constructor(client: MatrixClient, secret: SecretKey) {
    const crypto = client.getCrypto();
    if (crypto === undefined) throw new Error("recovery without cryptography");
    this.#client = client;
    this.#crypto = crypto;
    this.#secret = secret;
  }

  /** Whether this device may open the conversations, and if not, what it takes. */
  public async standing(): Promise<Standing> {
    const verified = await this.#verified();
    const backedUp = (await this.#crypto.getSessionBackupPrivateKey()) !== null;
    const stored = await this.#secretsStored();
    if (verified && backedUp && stored) return "ready";
    return stored && (await this.#published()) ? "restore" : "setup";
  }

  /** First device: puts keys, secret storage and backup under a code. */
  public async setUp(key: Uint8Array<ArrayBuffer>, password: string | undefined): Promise<void> {
    // Keys of one's own that this device cannot use are of no use to anybody: they are replaced.
    const usable = (await this.#published()) && (await this.#verified());
    await this.#secret.during(async () => {
      await this.#crypto.bootstrapSecretStorage(newStorage(key));
      await this.#crypto.bootstrapCrossSigning({
        setupNewCrossSigning: !usable,
        authUploadDeviceSigningKeys: (upload) => this.#authorised(upload, password),
      });
      const backedUp = (await this.#crypto.checkKeyBackupAndEnable())?.trustInfo;
      if (backedUp?.matchesDecryptionKey !== true) await this.#crypto.resetKeyBackup();
    });
    await this.#observeVerified();
  }

  /** A further device: opens secret storage with the code, verifies itself, joins the backup. */
  public async restore(typed: string): Promise<void> {
    const key = readRecoveryCode(typed);
    if (key === undefined) throw new UserFacingError("recovery-code-malformed");
    const storage = this.#client.secretStorage;
    const [id, description] = (await storage.getKey()) ?? [];
    if (id === undefined || description === undefined) throw new UserFacingError("recovery-failed");
    if (!(await storage.checkKey(key, description))) {
      throw new UserFacingError("recovery-code-wrong");
    }
    await this.#secret.during(async (hold) => {
      hold(id, key);
      await this.#published();
      await this.#crypto.bootstrapCrossSigning({});
      await this.#crypto.loadSessionBackupPrivateKeyFromSecretStorage();
      await this.#crypto.checkKeyBackupAndEnable();
    });
    await this.#observeVerified();
  }

  /** Puts everything under another code. Keys and backup stay what they are. */
  public async renew(key: Uint8Array<ArrayBuffer>): Promise<void> {
    // What this device does not hold would be lost with the old code: then that one stays.
    const { privateKeysCachedLocally } = await this.#crypto.getCrossSigningStatus();
    const backedUp = (await this.#crypto.getSessionBackupPrivateKey()) !== null;
    if (!backedUp || !Object.values(privateKeysCachedLocally).every(Boolean)) {
      throw new UserFacingError("recovery-failed");
    }
    await this.#secret.during(() => this.#crypto.bootstrapSecretStorage(newStorage(key)));
  }

  /** Reads the whole backup, so that what was said is at hand without asking the server again. */
  public async readBackup(): Promise<void> {
    await this.#crypto.restoreKeyBackup();
  }

  /** Connects the backup again after a start. */
  public async resumeBackup(): Promise<void> {
    await this.#crypto.checkKeyBackupAndEnable();
  }

  /** Fetches one's own public keys; whether there are any. */
  #published(): Promise<boolean> {
    return this.#crypto.userHasCrossSigningKeys(this.#client.getSafeUserId(), true);
  }

  async #secretsStored(): Promise<boolean> {
    const storage = this.#client.secretStorage;
    const keyId = await storage.getDefaultKeyId();
    if (keyId === null) return false;
    const places = await Promise.all(SECRETS.map((secret) => storage.isStored(secret)));
    return places.every((keys) => keys !== null && keyId in keys);
  }

  async #verified(): Promise<boolean> {
    const deviceId = this.#client.getDeviceId() ?? "";
    const me = this.#client.getSafeUserId();
    const status = await this.#crypto.getDeviceVerificationStatus(me, deviceId);
    return status?.crossSigningVerified === true;
  }

  async #observeVerified(): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    while (!(await this.#verified())) {
      if (Date.now() > until) throw new UserFacingError("recovery-failed");
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** Uploads keys; where the server asks who does so, by the password of this very sign-in. */
  async #authorised(upload: Upload, password: string | undefined): Promise<void> {
    try {
      await upload(null);
    } catch (error) {
      const session = interactiveSession(error);
      if (session === undefined || password === undefined) throw error;
      await upload(passwordProof(this.#client.getSafeUserId(), password, session));
    }
  }
}

type Upload = Parameters<
  NonNullable<Parameters<CryptoApi["bootstrapCrossSigning"]>[0]["authUploadDeviceSigningKeys"]>
>[0];

/** The session of an interactive authentication that the server opened by refusing. */
export function interactiveSession(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("data" in error)) return undefined;
  const { flows, session } = error.data as { flows?: unknown; session?: unknown };
  return flows !== undefined && typeof session === "string" ? session : undefined;
}

/** Proof by password of who asks. */
export function passwordProof(userId: string, password: string, session: string) {
  return {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: userId },
    password,
    session,
  } as const;
}

function newStorage(key: Uint8Array<ArrayBuffer>) {
  return {
    setupNewSecretStorage: true,
    createSecretStorageKey: () => Promise.resolve({ privateKey: new Uint8Array(key) }),
  };
}
