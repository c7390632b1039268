/**
 * Encrypted attachments, as the specification defines them (client-server API, "Sending encrypted
 * attachments", version v2): AES-256-CTR under a key that only the message carries, and a SHA-256
 * of the ciphertext.
 *
 * The attacker is the server that keeps the file: whatever it returns, either the sender's bytes
 * come out or nothing does.
 */
import { UserFacingError } from "./model.ts";

/** The `file` of a message: where the ciphertext is and what opens it. */
export interface EncryptedFile {
  readonly url: string;
  readonly key: JsonWebKey;
  readonly iv: string;
  readonly hashes: Readonly<Record<string, string>>;
  readonly v: string;
}

/** What encrypting gives: the bytes to upload, and all of the `file` but its address. */
export interface Sealed {
  readonly ciphertext: ArrayBuffer;
  readonly file: Omit<EncryptedFile, "url">;
}

/** Half of the counter block is the nonce, half counts: no file is long enough to wrap it. */
const COUNTER_BITS = 64;

/** Encrypts a file under a fresh key. */
export async function encryptAttachment(plaintext: BufferSource): Promise<Sealed> {
  const counter = new Uint8Array(16);
  crypto.getRandomValues(counter.subarray(0, 8));
  const key = await crypto.subtle.generateKey({ name: "AES-CTR", length: 256 }, true, [
    "encrypt",
    "decrypt",
  ]);
  const ciphertext = await crypto.subtle.encrypt(aesCtr(counter), key, plaintext);
  const hash = await crypto.subtle.digest("SHA-256", ciphertext);
  return {
    ciphertext,
    file: {
      v: "v2",
      key: { ...(await crypto.subtle.exportKey("jwk", key)), alg: "A256CTR", ext: true },
      iv: toBase64(counter),
      hashes: { sha256: toBase64(new Uint8Array(hash)) },
    },
  };
}

/** Decrypts a file; one whose hash is wrong is refused before any byte of it is used. */
export async function decryptAttachment(
  ciphertext: ArrayBuffer,
  file: Omit<EncryptedFile, "url">,
): Promise<ArrayBuffer> {
  const hash = await crypto.subtle.digest("SHA-256", ciphertext);
  const expected = file.hashes.sha256?.replace(/=+$/, "");
  if (file.v !== "v2" || expected === undefined || toBase64(new Uint8Array(hash)) !== expected) {
    throw new UserFacingError("file-damaged");
  }
  try {
    const key = await crypto.subtle.importKey("jwk", file.key, "AES-CTR", false, ["decrypt"]);
    return await crypto.subtle.decrypt(aesCtr(fromBase64(file.iv)), key, ciphertext);
  } catch (error) {
    throw new UserFacingError("file-damaged", { cause: error });
  }
}

/** The `file` of a message's content, if it has the form of one. */
export function readEncryptedFile(value: unknown): EncryptedFile | undefined {
  if (!isRecord(value)) return undefined;
  const { url, key, iv, hashes, v } = value;
  const whole =
    typeof url === "string" &&
    url.startsWith("mxc://") &&
    isRecord(key) &&
    typeof iv === "string" &&
    typeof v === "string" &&
    isRecord(hashes) &&
    typeof hashes.sha256 === "string";
  return whole ? { url, key, iv, v, hashes: { sha256: hashes.sha256 as string } } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function aesCtr(counter: Uint8Array<ArrayBuffer>): AesCtrParams {
  return { name: "AES-CTR", counter, length: COUNTER_BITS };
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replace(/=+$/, "");
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
