/** What loads while somebody signs in: the SDK, its cryptography, and all that uses them. */
export { done } from "../errors.ts";
export { openAccount } from "./account.ts";
export { offerCode } from "./newCode.ts";
export { openSession } from "./session.ts";
