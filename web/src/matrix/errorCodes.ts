/** What a server's refusal means to a person. Light: the sign-in page needs it before the SDK. */
import type { ErrorCode } from "./model.ts";

const BY_ERRCODE: Readonly<Record<string, ErrorCode>> = {
  M_FORBIDDEN: "not-allowed",
  M_GUEST_ACCESS_FORBIDDEN: "not-allowed",
  M_LIMIT_EXCEEDED: "too-many-attempts",
  M_NOT_FOUND: "not-found",
  M_TOO_LARGE: "file-too-large",
  M_UNKNOWN_TOKEN: "session-ended",
  M_MISSING_TOKEN: "session-ended",
  M_USER_DEACTIVATED: "account-closed",
  M_USER_SUSPENDED: "account-closed",
  M_USER_LOCKED: "account-closed",
};

/** The meaning of a Matrix `errcode` and an HTTP status. */
export function codeOfAnswer(errcode: string | undefined, status: number | undefined): ErrorCode {
  const known = errcode === undefined ? undefined : BY_ERRCODE[errcode];
  if (known !== undefined) return known;
  if (status === 413) return "file-too-large";
  if (status === 429) return "too-many-attempts";
  return status !== undefined && status >= 500 ? "server" : "unknown";
}
