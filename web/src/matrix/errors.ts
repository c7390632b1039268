/** From what the server and the SDK throw to the closed set of errors that people are told. */
import { ConnectionError, HTTPError, MatrixError } from "matrix-js-sdk";
import { type ErrorCode, UserFacingError } from "./model.ts";

/** What a Matrix `errcode` means to a person. */
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

/** The error that a person is told, whatever was thrown. */
export function userFacing(error: unknown): UserFacingError {
  if (error instanceof UserFacingError) return error;
  return new UserFacingError(codeOf(error), { cause: error });
}

/** What a server's answer means. */
export function codeOfAnswer(errcode: string | undefined, status: number | undefined): ErrorCode {
  const known = errcode === undefined ? undefined : BY_ERRCODE[errcode];
  if (known !== undefined) return known;
  if (status === 413) return "file-too-large";
  if (status === 429) return "too-many-attempts";
  return status !== undefined && status >= 500 ? "server" : "unknown";
}

/** Runs an action of a person; whatever it throws comes out as a `UserFacingError`. */
export async function told<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw userFacing(error);
  }
}

/** Like `told`, for actions whose answer nobody needs. */
export async function done(action: () => Promise<unknown>): Promise<void> {
  await told(action);
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof ConnectionError) return "offline";
  if (error instanceof MatrixError) return codeOfAnswer(error.errcode, error.httpStatus);
  if (error instanceof HTTPError) return codeOfAnswer(undefined, error.httpStatus);
  // What `fetch` throws when nothing answers.
  if (error instanceof TypeError) return "offline";
  return "unknown";
}
