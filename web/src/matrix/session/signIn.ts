/** Signing in by password, without the SDK: the first page stays light. */
import { codeOfAnswer } from "../errorCodes.ts";
import { UserFacingError } from "../model.ts";
import type { Credentials } from "./storage.ts";

/** Opens a session for this device. */
export async function signIn(identifier: string, password: string): Promise<Credentials> {
  const answer = await post("/_matrix/client/v3/login", {
    type: "m.login.password",
    identifier: identifierOf(identifier),
    password,
    initial_device_display_name: deviceName(navigator.userAgent),
  });
  const { user_id, device_id, access_token } = answer;
  if (![user_id, device_id, access_token].every((value) => typeof value === "string")) {
    throw new UserFacingError("server");
  }
  return {
    userId: user_id as string,
    deviceId: device_id as string,
    accessToken: access_token as string,
    storageKey: crypto.getRandomValues(new Uint8Array(32)),
  };
}

/** Ends a session whose keys are gone; that it may fail changes nothing here. */
export async function abandon({ accessToken }: Credentials): Promise<void> {
  const headers = { Authorization: `Bearer ${accessToken}` };
  await fetch("/_matrix/client/v3/logout", { method: "POST", headers }).catch(() => undefined);
}

/** Where people reach this server, for the sign-in page: the host that it gives itself. */
export async function serverName(): Promise<string | undefined> {
  try {
    const response = await fetch("/.well-known/matrix/client");
    const found = (await response.json()) as { "m.homeserver"?: { base_url?: unknown } };
    const url = found["m.homeserver"]?.base_url;
    return typeof url === "string" ? new URL(url).hostname : undefined;
  } catch {
    return undefined;
  }
}

/** How the server is told who signs in: an e-mail address, or a name or whole identifier. */
export function identifierOf(typed: string): Readonly<Record<string, string>> {
  const text = typed.trim();
  return /^[^@\s]+@[^@\s]+$/.test(text)
    ? { type: "m.id.thirdparty", medium: "email", address: text.toLowerCase() }
    : { type: "m.id.user", user: text.toLowerCase() };
}

/** What the person will recognise this browser by in the list of devices. */
export function deviceName(userAgent: string): string {
  const find = (table: readonly (readonly [RegExp, string])[]): string | undefined =>
    table.find(([pattern]) => pattern.test(userAgent))?.[1];
  const browser = find([
    [/Edg\//, "Edge"],
    [/Firefox\/|FxiOS\//, "Firefox"],
    [/Chrom(e|ium)\/|CriOS\//, "Chrome"],
    [/Safari\//, "Safari"],
  ]);
  const system = find([
    [/Android/, "Android"],
    [/iPhone|iPad/, "iOS"],
    [/Windows/, "Windows"],
    [/Mac OS X/, "macOS"],
    [/Linux|X11/, "Linux"],
  ]);
  return ["Chappe", [browser, system].filter(Boolean).join(", ")].filter(Boolean).join(" · ");
}

async function post(path: string, body: unknown): Promise<Readonly<Record<string, unknown>>> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch (error) {
    throw new UserFacingError("offline", { cause: error });
  }
  const answer = (await response.json().catch(() => ({}))) as Readonly<Record<string, unknown>>;
  if (response.ok) return answer;
  const code = codeOfAnswer(answer.errcode as string | undefined, response.status);
  // At this door "forbidden" means one thing.
  throw new UserFacingError(code === "not-allowed" ? "wrong-password" : code);
}
