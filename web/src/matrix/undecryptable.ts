/**
 * Why a message cannot be read, in terms of what a person can do about it.
 *
 * The SDK's reasons are a closed set and so are ours: a reason that a new version of the SDK adds
 * does not compile here until somebody decided what to say.
 */
import { DecryptionFailureCode } from "matrix-js-sdk/lib/crypto-api/index.js";
import type { UndecryptableCause } from "./model.ts";

/** What is known besides the SDK's reason. */
export interface Circumstances {
  /** How long ago the message was sent, in milliseconds. */
  readonly age: number;
  /** Whether the backup is still being read on this device. */
  readonly restoring: boolean;
}

/** A key that has not come after this long is not on its way. */
const PATIENCE = 60 * 60 * 1000;

/** The cause to show. */
export function undecryptableCause(
  reason: DecryptionFailureCode,
  { age, restoring }: Circumstances,
): UndecryptableCause {
  switch (reason) {
    case DecryptionFailureCode.MEGOLM_UNKNOWN_INBOUND_SESSION_ID:
      return restoring || age < PATIENCE ? "on-its-way" : "lost";
    case DecryptionFailureCode.HISTORICAL_MESSAGE_WORKING_BACKUP:
      return restoring ? "on-its-way" : "backup-lacks-it";
    case DecryptionFailureCode.HISTORICAL_MESSAGE_NO_KEY_BACKUP:
    case DecryptionFailureCode.HISTORICAL_MESSAGE_BACKUP_UNCONFIGURED:
      return "backup-lacks-it";
    case DecryptionFailureCode.HISTORICAL_MESSAGE_USER_NOT_JOINED:
    case DecryptionFailureCode.OLM_UNKNOWN_MESSAGE_INDEX:
      return "before-you-joined";
    case DecryptionFailureCode.SENDER_IDENTITY_PREVIOUSLY_VERIFIED:
    case DecryptionFailureCode.UNSIGNED_SENDER_DEVICE:
    case DecryptionFailureCode.UNKNOWN_SENDER_DEVICE:
      return "sender-device-unverified";
    case DecryptionFailureCode.MEGOLM_KEY_WITHHELD:
    case DecryptionFailureCode.MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE:
    case DecryptionFailureCode.UNKNOWN_ERROR:
      return "lost";
    default:
      return unmapped(reason);
  }
}

function unmapped(reason: never): never {
  throw new Error(`undecryptable for an unmapped reason ${String(reason)}`);
}
