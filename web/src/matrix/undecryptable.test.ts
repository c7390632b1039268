import { DecryptionFailureCode } from "matrix-js-sdk/lib/crypto-api/index.js";
import { expect, it } from "vitest";
import type { UndecryptableCause } from "./model.ts";
import { undecryptableCause } from "./undecryptable.ts";

const MINUTE = 60_000;
const recent = { age: MINUTE, restoring: false };
const old = { age: 120 * MINUTE, restoring: false };
const restoring = { age: 120 * MINUTE, restoring: true };

it.each<[keyof typeof DecryptionFailureCode, typeof recent, UndecryptableCause]>([
  ["MEGOLM_UNKNOWN_INBOUND_SESSION_ID", recent, "on-its-way"],
  ["MEGOLM_UNKNOWN_INBOUND_SESSION_ID", restoring, "on-its-way"],
  ["MEGOLM_UNKNOWN_INBOUND_SESSION_ID", old, "lost"],
  ["HISTORICAL_MESSAGE_WORKING_BACKUP", restoring, "on-its-way"],
  ["HISTORICAL_MESSAGE_WORKING_BACKUP", recent, "backup-lacks-it"],
  ["HISTORICAL_MESSAGE_NO_KEY_BACKUP", old, "backup-lacks-it"],
  ["HISTORICAL_MESSAGE_BACKUP_UNCONFIGURED", old, "backup-lacks-it"],
  ["HISTORICAL_MESSAGE_USER_NOT_JOINED", old, "before-you-joined"],
  ["OLM_UNKNOWN_MESSAGE_INDEX", recent, "before-you-joined"],
  ["SENDER_IDENTITY_PREVIOUSLY_VERIFIED", recent, "sender-device-unverified"],
  ["UNSIGNED_SENDER_DEVICE", recent, "sender-device-unverified"],
  ["UNKNOWN_SENDER_DEVICE", recent, "sender-device-unverified"],
  ["MEGOLM_KEY_WITHHELD", recent, "lost"],
  ["MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE", recent, "lost"],
  ["UNKNOWN_ERROR", recent, "lost"],
])("%s in %o is said as %s", (reason, circumstances, cause) => {
  expect(undecryptableCause(DecryptionFailureCode[reason], circumstances)).toBe(cause);
});

it("every reason that the SDK knows is mapped", () => {
  for (const reason of Object.values(DecryptionFailureCode)) {
    expect(() => undecryptableCause(reason, recent)).not.toThrow();
  }
});
