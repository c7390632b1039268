/** What loads while somebody signs in: the SDK, its cryptography, and all that uses them. */
export { done } from "../errors.ts";
export { openAccount } from "./account.ts";
export { offerCode } from "./newCode.ts";
export { openSession } from "./session.ts";

/** Fetches and compiles the cryptography ahead of need. */
export async function prepare(): Promise<void> {
  const { initAsync } = await import("@matrix-org/matrix-sdk-crypto-wasm");
  await initAsync();
}
