/**
 * The recovery code: 256 bits that open everything, in a form that people can copy by hand.
 *
 * It is a Matrix recovery key, so every other client takes it: base58 of a fixed prefix, the key
 * and a parity byte. Base58 tells capitals from small letters, which people do not. Codes made
 * here therefore use only the capitals and digits of that alphabet, but for the `s` that the prefix
 * forces: 45 free characters out of 33, less the parity byte, leave 218 bits for a guesser.
 */
import { decodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api/recovery-key.js";

const LENGTH = 48;
const GROUP = 4;
/** Base58 without its small letters. */
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/** What the key prefix `8b 01` looks like in base58. The third character may also be `U`. */
const PREFIX = "Es";
const THIRD = ["T", "U"] as const;

/** A code that was just made, and the key that it stands for. */
export interface RecoveryCode {
  readonly groups: readonly string[];
  readonly key: Uint8Array<ArrayBuffer>;
}

/** Makes a new code. Tries until the prefix and the parity byte hold: some 400 cheap trials. */
export function makeRecoveryCode(): RecoveryCode {
  for (;;) {
    const text = PREFIX + oneOf(THIRD) + randomText(LENGTH - PREFIX.length - 1);
    const key = decode(text);
    if (key !== undefined) return { groups: groupsOf(text), key };
  }
}

/** The key of a typed code, in any case and with any separators; `undefined` if it is not one. */
export function readRecoveryCode(typed: string): Uint8Array<ArrayBuffer> | undefined {
  const text = typed.replace(/[^0-9A-Za-z]/g, "");
  if (text.length !== LENGTH) return undefined;
  // As typed first: codes made by other clients need their small letters.
  return decode(text) ?? decode(PREFIX + text.slice(PREFIX.length).toUpperCase());
}

/** Whether two groups are the same to a person who copied one by hand. */
export function sameGroup(shown: string | undefined, typed: string): boolean {
  return shown?.toUpperCase() === typed.replace(/[^0-9A-Za-z]/g, "").toUpperCase();
}

/** Two groups to ask back: never the first, which is the same in every code. */
export function groupsToAsk(count: number): readonly [number, number] {
  const first = 1 + randomBelow(count - 1);
  const second = 1 + randomBelow(count - 2);
  const other = second >= first ? second + 1 : second;
  return first < other ? [first, other] : [other, first];
}

function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(decodeRecoveryKey(text));
  } catch {
    return undefined;
  }
}

function groupsOf(text: string): readonly string[] {
  return text.match(new RegExp(`.{1,${GROUP}}`, "g")) ?? [];
}

function randomText(length: number): string {
  return Array.from({ length }, () => oneOf(ALPHABET)).join("");
}

function oneOf(choices: string | readonly string[]): string {
  return choices[randomBelow(choices.length)] ?? "";
}

/** A uniform number below `limit` (at most 256). */
function randomBelow(limit: number): number {
  const fair = 256 - (256 % limit);
  const byte = new Uint8Array(1);
  do crypto.getRandomValues(byte);
  while ((byte[0] ?? 0) >= fair);
  return (byte[0] ?? 0) % limit;
}
