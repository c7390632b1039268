/** From what the server and the SDK throw to the closed set of errors that people are told. */
import { ConnectionError, HTTPError, MatrixError } from "matrix-js-sdk";
import { codeOfAnswer } from "./errorCodes.ts";
import { type ErrorCode, UserFacingError } from "./model.ts";

/** The error that a person is told, whatever was thrown. */
export function userFacing(error: unknown): UserFacingError {
  if (error instanceof UserFacingError) return error;
  return new UserFacingError(codeOf(error), { cause: error });
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
